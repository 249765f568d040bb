//! What a timer measures. Pure, no database.

use chrono::TimeDelta;

use super::model::MINUTES_OF_A_DAY;
use crate::db::Instant;

/// How long a timer runs at most: whoever forgets it has not worked longer than that.
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// Half a minute and more is a whole one.
const HALF_A_MINUTE: i64 = 30_000;
const MINUTE: i64 = 60_000;

/// When a timer that is stopped now has ended, and how many minutes that are: to the nearest whole minute, half a minute
/// up, at least 1; at most 24 hours, however long ago it was started.
pub(super) fn measured(started_at: Instant, now: Instant) -> (Instant, i32) {
    let ended_at = now.min(started_at.plus(LONGEST)).max(started_at);
    let milliseconds = (ended_at.utc() - started_at.utc()).num_milliseconds();
    let minutes = milliseconds.saturating_add(HALF_A_MINUTE) / MINUTE;
    let minutes = i32::try_from(minutes).unwrap_or(MINUTES_OF_A_DAY);
    (ended_at, minutes.clamp(1, MINUTES_OF_A_DAY))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::measured;
    use crate::db::Instant;

    #[test]
    fn whole_minutes_at_least_one_and_at_most_a_day() {
        let start: Instant = "2026-03-01T22:00:00Z".parse().unwrap();
        for (milliseconds, minutes) in [
            (-5_000, 1),
            (0, 1),
            (1, 1),
            (89_999, 1),
            (90_000, 2),
            (149_999, 2),
            (3_600_000, 60),
            (86_399_000, 1_440),
            (86_400_000, 1_440),
            (i64::from(u32::MAX) * 1_000, 1_440),
        ] {
            let now = start.plus(TimeDelta::milliseconds(milliseconds));
            let (ended_at, measured) = measured(start, now);
            assert_eq!(measured, minutes, "{milliseconds}");
            assert!(start <= ended_at && ended_at <= start.plus(TimeDelta::hours(24)));
        }
    }
}
