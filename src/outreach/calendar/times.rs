//! Times as calendars write them (RFC 5545 §3.3.5): `20261201T190000`.

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
