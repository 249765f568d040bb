//! Times as calendars write them (RFC 5545 §3.3.5): `20261201T190000`, with a `Z` in UTC.

use chrono::NaiveDateTime;

use crate::db::Instant;

/// A local time, or one in UTC without its `Z`.
pub(super) fn compact(time: NaiveDateTime) -> String {
    time.format("%Y%m%dT%H%M%S").to_string()
}

/// An instant, in UTC.
pub(super) fn utc(instant: Instant) -> String {
    format!("{}Z", compact(instant.utc().naive_utc()))
}

/// A time, and whether it is one in UTC.
pub(super) fn read(text: &str) -> Option<(NaiveDateTime, bool)> {
    let (local, is_utc) = match text.strip_suffix(['Z', 'z']) {
        Some(local) => (local, true),
        None => (text, false),
    };
    // chrono also takes fewer digits.
    let is_whole = local.len() == 15;
    let time = NaiveDateTime::parse_from_str(local, "%Y%m%dT%H%M%S").ok()?;
    is_whole.then_some((time, is_utc))
}
