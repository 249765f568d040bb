//! The growing delay after failed sign-ins: a pure rule, without a clock and without a database.
//!
//! The surprising rule: an attempt made while one is blocked is refused unseen and counts as
//! nothing. If it counted, anybody could keep somebody else's account blocked by knocking on.
//! Two tallies are kept, per account and address and per account alone. The second has a low cap
//! and does not hold for addresses the account is at home at. So nobody can lock somebody else out
//! for good, not even with a thousand addresses: the owner waits at most 30 seconds at a time on
//! the train and not at all at home.

use chrono::{DateTime, TimeDelta, Utc};

/// Failures that cost nothing, because people mistype.
const FREE_FAILURES: u32 = 5;
/// Failures are forgotten when none was added for this long.
pub const FORGOTTEN_AFTER: TimeDelta = TimeDelta::hours(1);
/// The longest delay for one account from one address.
const LONGEST_FOR_PAIR: TimeDelta = TimeDelta::minutes(5);
/// The longest delay for one account from everywhere: 120 guesses an hour for all the world.
const LONGEST_FOR_ACCOUNT: TimeDelta = TimeDelta::seconds(30);

/// What is remembered of failed sign-ins, once per (account, address) and once per account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many, since the last time they were forgotten.
    pub count: u32,
    /// When the last one was.
    pub last_at: DateTime<Utc>,
}

/// The tally after one more failure at `now`; `None` means that there was none before.
///
/// Comparing a password takes a while, and whoever sends a hundred guesses at once would have them
/// all compared before the first is counted. So the caller counts before it compares, in one
/// statement that also finds out whether the attempt is blocked, and takes it back on success.
pub fn add_failure(before: Option<Failures>, now: DateTime<Utc>) -> Failures {
    let remembered = before.filter(|failures| !is_forgotten(*failures, now));
    Failures {
        count: remembered
            .map_or(0, |failures| failures.count)
            .saturating_add(1),
        last_at: now,
    }
}

/// Whether the tally means nothing any more and its row can be deleted.
pub fn is_forgotten(failures: Failures, now: DateTime<Utc>) -> bool {
    now.signed_duration_since(failures.last_at) >= FORGOTTEN_AFTER
}

/// What an account has seen of the address somebody signs in from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// The account has signed in from there not long ago (the caller says what long is).
    Familiar,
    /// Anything else, an unknown account included.
    Strange,
}

/// Until when a sign-in is refused; `None` when it may be tried at `now`.
///
/// After a success the caller deletes the tally of the pair, but of the account's takes back only
/// this one attempt: otherwise each sign-in of its owner would give everybody else five more free
/// guesses.
pub fn blocked_until(
    pair: Option<Failures>,
    account: Option<Failures>,
    address: Address,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let account = account.filter(|_| address == Address::Strange);
    let ends = [
        pair.map(|failures| end_of_delay(failures, LONGEST_FOR_PAIR, now)),
        account.map(|failures| end_of_delay(failures, LONGEST_FOR_ACCOUNT, now)),
    ];
    ends.into_iter().flatten().max().filter(|end| *end > now)
}

fn end_of_delay(failures: Failures, longest: TimeDelta, now: DateTime<Utc>) -> DateTime<Utc> {
    if is_forgotten(failures, now) {
        return now;
    }
    // A failure from the future (another server's clock is fast) must not lengthen the delay.
    failures.last_at.min(now) + delay(failures.count, longest)
}

/// Nothing for the free failures, then 1 s, 2 s, 4 s and so on up to `longest`.
fn delay(failures: u32, longest: TimeDelta) -> TimeDelta {
    let Some(doublings) = failures.checked_sub(FREE_FAILURES + 1) else {
        return TimeDelta::zero();
    };
    let seconds = 1_i64.checked_shl(doublings.min(62)).unwrap_or(i64::MAX);
    TimeDelta::try_seconds(seconds).map_or(longest, |delay| delay.min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_392_000 + seconds, 0).unwrap()
    }

    fn failures(count: u32) -> Option<Failures> {
        Some(Failures {
            count,
            last_at: at(0),
        })
    }

    fn seconds_blocked(pair: Option<Failures>, account: Option<Failures>) -> i64 {
        blocked_until(pair, account, Address::Strange, at(0))
            .map_or(0, |end| (end - at(0)).num_seconds())
    }

    #[test]
    fn five_failures_are_free_then_the_delay_doubles_up_to_the_cap() {
        let pair: Vec<i64> = (0..17)
            .map(|count| seconds_blocked(failures(count), None))
            .collect();
        assert_eq!(
            pair,
            [0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
        );
        let account: Vec<i64> = (5..14)
            .map(|count| seconds_blocked(None, failures(count)))
            .collect();
        assert_eq!(account, [0, 1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(seconds_blocked(failures(u32::MAX), failures(u32::MAX)), 300);
    }

    #[test]
    fn the_longer_of_both_delays_counts() {
        assert_eq!(seconds_blocked(failures(7), failures(100)), 30);
        assert_eq!(seconds_blocked(failures(13), failures(100)), 128);
        assert_eq!(seconds_blocked(None, None), 0);
    }

    #[test]
    fn the_block_ends_by_itself() {
        let end = |now| blocked_until(failures(8), None, Address::Strange, now);
        assert_eq!(end(at(3)), Some(at(4)));
        assert_eq!(end(at(4)), None);
    }

    #[test]
    fn failures_are_forgotten_after_an_hour_without_any() {
        assert_eq!(add_failure(None, at(0)).count, 1);
        assert_eq!(
            add_failure(failures(9), at(3599)),
            Failures {
                count: 10,
                last_at: at(3599)
            }
        );
        assert_eq!(
            add_failure(failures(9), at(3600)),
            Failures {
                count: 1,
                last_at: at(3600)
            }
        );
        assert_eq!(add_failure(failures(u32::MAX), at(1)).count, u32::MAX);
        assert_eq!(
            blocked_until(failures(u32::MAX), None, Address::Strange, at(3600)),
            None
        );
    }

    #[test]
    fn a_fast_clock_elsewhere_does_not_lengthen_the_delay() {
        let ahead = Some(Failures {
            count: 100,
            last_at: at(86_400),
        });
        assert_eq!(seconds_blocked(ahead, None), 300);
        assert_eq!(seconds_blocked(None, ahead), 30);
    }

    #[test]
    fn nobody_can_lock_somebody_else_out_for_good() {
        // A thousand addresses guess day and night, each as soon as it may.
        let mut account = None;
        let mut now = at(0);
        for _ in 0..1000 {
            account = Some(add_failure(account, now));
            let end = blocked_until(None, account, Address::Strange, now).unwrap_or(now);
            assert!(end - now <= LONGEST_FOR_ACCOUNT);
            // The owner at a familiar address never waits for what others do …
            assert_eq!(blocked_until(None, account, Address::Familiar, now), None);
            now = end.max(now + TimeDelta::milliseconds(1));
        }
        // … but cannot guess without end from there either.
        assert!(blocked_until(failures(9), account, Address::Familiar, at(0)).is_some());
    }
}
