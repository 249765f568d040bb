//! Which letters this server sends, and what became of them.
//!
//! The surprising rule: a letter is taken for a while, and not for good. Whoever takes it writes down until when; when that
//! time is over and nothing was written of the letter's fate, its server died, and the next one sends it.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::db::{AnyConnection, DbError, Instant};
use crate::outreach::letters::{Letter, LetterState};
use crate::schema::letters;

/// After how many minutes a letter is tried again, attempt by attempt; then it has failed.
const BACK_OFF: [i64; 7] = [1, 5, 30, 120, 360, 720, 1_440];
/// How long a reason may be.
const LONGEST_REASON: usize = 1_000;

/// What became of a letter that this server had taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// The mail server took it.
    Sent,
    /// It is tried again later.
    Again(String),
    /// It cannot be sent.
    Failed(String),
    /// It is not sent, because nobody needs it any more.
    Skipped(String),
    /// There was no time for it.
    Untried,
}

/// Takes at most `most` letters that are due, until `until`.
pub(super) fn claim(
    conn: &mut AnyConnection,
    now: Instant,
    until: Instant,
    most: i64,
) -> Result<Vec<Letter>, DbError> {
    let mut due: Vec<Letter> = letters::table
        .filter(letters::state.eq(LetterState::Queued))
        .filter(letters::next_attempt_at.le(now))
        .order((letters::next_attempt_at, letters::team_id, letters::id))
        .limit(most)
        .select(Letter::as_select())
        .load(conn)?;
    let left: Vec<Letter> = letters::table
        .filter(letters::state.eq(LetterState::Sending))
        .filter(letters::claimed_until.le(now))
        .order((letters::next_attempt_at, letters::team_id, letters::id))
        .limit(most)
        .select(Letter::as_select())
        .load(conn)?;
    due.extend(left);
    // In one order, so that two servers do not wait for each other.
    due.sort_unstable_by_key(|letter| (letter.team_id, letter.id));
    let mut mine = Vec::with_capacity(due.len());
    for mut letter in due {
        letter.attempts = letter.attempts.saturating_add(1);
        // Another server may have been faster: then this changes nothing.
        let taken = diesel::update(letters::table.find((letter.team_id, letter.id)))
            .filter(letters::state.eq(letter.state))
            .filter(letters::attempts.eq(letter.attempts.saturating_sub(1)))
            .set((
                letters::state.eq(LetterState::Sending),
                letters::claimed_until.eq(Some(until)),
                letters::attempts.eq(letter.attempts),
            ))
            .execute(conn)?;
        if taken == 1 {
            mine.push(letter);
        }
    }
    Ok(mine)
}

/// Writes down what became of a letter. A letter that is gone meanwhile needs nothing written.
pub(super) fn settle(
    conn: &mut AnyConnection,
    letter: &Letter,
    fate: Fate,
    now: Instant,
) -> Result<(), DbError> {
    let tried = letter.attempts;
    let end = |state, why: Option<String>| (state, tried, letter.next_attempt_at, why, None);
    let (state, attempts, next_attempt_at, why, sent_at): Written = match fate {
        Fate::Sent => (
            LetterState::Sent,
            tried,
            letter.next_attempt_at,
            None,
            Some(now),
        ),
        Fate::Failed(why) => end(LetterState::Failed, Some(why)),
        Fate::Skipped(why) => end(LetterState::Skipped, Some(why)),
        Fate::Untried => (
            LetterState::Queued,
            tried.saturating_sub(1),
            letter.next_attempt_at,
            letter.last_error.clone(),
            None,
        ),
        Fate::Again(why) => match delay(tried) {
            Some(delay) => (LetterState::Queued, tried, now.plus(delay), Some(why), None),
            None => end(LetterState::Failed, Some(why)),
        },
    };
    let why = why.map(|why| why.chars().take(LONGEST_REASON).collect::<String>());
    diesel::update(letters::table.find((letter.team_id, letter.id)))
        .filter(letters::state.eq(LetterState::Sending))
        .set((
            letters::state.eq(state),
            letters::attempts.eq(attempts),
            letters::next_attempt_at.eq(next_attempt_at),
            letters::claimed_until.eq(None::<Instant>),
            letters::last_error.eq(why),
            letters::sent_at.eq(sent_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// State, attempts, next attempt, reason, when it was sent.
type Written = (LetterState, i64, Instant, Option<String>, Option<Instant>);

/// How long a letter waits after so many attempts; nothing when they were enough.
pub(super) fn delay(attempts: i64) -> Option<TimeDelta> {
    let index = usize::try_from(attempts.saturating_sub(1)).ok()?;
    BACK_OFF.get(index).copied().map(TimeDelta::minutes)
}

/// Whether a letter was taken more often than it may be tried: its servers died over it.
pub(super) fn is_worn_out(letter: &Letter) -> bool {
    usize::try_from(letter.attempts).map_or(true, |attempts| attempts > BACK_OFF.len() + 1)
}
