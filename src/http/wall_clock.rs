//! A time as the clock on the wall shows it, and where: what people mean by "Tuesday at seven in Paris".
//!
//! The surprising rule: once a year a place's clocks skip an hour and once they show one twice. A time that is
//! skipped is refused; of one that comes twice the first is meant (RFC 5545 §3.3.5 says the same).

use chrono::offset::LocalResult;
use chrono::{Datelike, NaiveDateTime, TimeDelta, TimeZone as _, Timelike as _, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;

use super::strict::fault;
use super::values::TimeZone;
use crate::db::Instant;
use crate::formed_text;

formed_text!(
    /// A date and a time without a place: `2026-12-01T19:00:00`, years 1900 to 2999.
    LocalTime,
    read_local_time,
    "A local time such as 2026-12-01T19:00:00, without an offset (years 1900 to 2999).",
    ObjectBuilder::new()
        .pattern(Some(
            r"^(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$",
        ))
        .min_length(Some(19))
        .max_length(Some(19))
        .examples([json!("2026-12-01T19:00:00")])
);

/// How a local time is written.
const FORM: &str = "%Y-%m-%dT%H:%M:%S";

fn read_local_time(text: &str) -> Option<String> {
    let time = NaiveDateTime::parse_from_str(text, FORM).ok()?;
    // chrono also reads 2026-1-1T9:0:0 and a 60th second; a time has one spelling here.
    let is_one = (1900..3000).contains(&time.year())
        && time.nanosecond() < 1_000_000_000
        && time.format(FORM).to_string() == text;
    is_one.then(|| text.to_owned())
}

impl LocalTime {
    /// As chrono has it.
    #[must_use]
    pub fn naive(&self) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(self.as_str(), FORM).unwrap_or_default()
    }
}

impl From<NaiveDateTime> for LocalTime {
    fn from(time: NaiveDateTime) -> Self {
        // Years that are not written with four digits do not come up: dates and instants have none either.
        Self(time.format(FORM).to_string())
    }
}

/// A local time and the IANA time zone whose clocks show it. A time that the zone's clocks skip is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"local": "2026-12-01T19:00:00", "time_zone": "Europe/Paris"}))]
pub struct WallClock {
    /// What the clock shows.
    pub local: LocalTime,
    /// Where.
    pub time_zone: TimeZone,
}

/// A local time that the clocks of the zone skip.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The clocks of {zone} skip {local}: they are put forward.")]
pub struct Skipped {
    local: LocalTime,
    zone: TimeZone,
}

impl WallClock {
    /// A time that the zone's clocks do show.
    ///
    /// # Errors
    /// [`Skipped`].
    pub fn new(local: LocalTime, time_zone: TimeZone) -> Result<Self, Skipped> {
        match time_zone.0.from_local_datetime(&local.naive()) {
            LocalResult::None => Err(Skipped {
                local,
                zone: time_zone,
            }),
            _ => Ok(Self { local, time_zone }),
        }
    }

    /// When that is. Of a time that comes twice, the first. Where the rules of a zone have changed since the time was
    /// taken, so that it is skipped now, as many minutes after the change as it was meant to be.
    #[must_use]
    pub fn instant(&self) -> Instant {
        let zone = self.time_zone.0;
        let local = self.local.naive();
        let found = zone.from_local_datetime(&local).earliest();
        let at = found.map_or_else(
            || {
                let before = local - TimeDelta::hours(3);
                match zone.from_local_datetime(&before).earliest() {
                    Some(at) => at.with_timezone(&Utc) + TimeDelta::hours(3),
                    None => local.and_utc(),
                }
            },
            |at| at.with_timezone(&Utc),
        );
        Instant::new(at)
    }

    /// What the clocks of the zone show at an instant.
    #[must_use]
    pub fn at(instant: Instant, time_zone: TimeZone) -> Self {
        let local = instant.utc().with_timezone(&time_zone.0).naive_local();
        Self {
            local: local.into(),
            time_zone,
        }
    }
}

impl<'de> Deserialize<'de> for WallClock {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Parts {
            local: LocalTime,
            time_zone: TimeZone,
        }
        let parts = Parts::deserialize(input)?;
        Self::new(parts.local, parts.time_zone)
            .map_err(|skipped| fault("skipped_by_clocks", &skipped.to_string(), &json!({})))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(local: &str, zone: &str) -> Result<WallClock, Skipped> {
        WallClock::new(local.parse().unwrap(), zone.parse().unwrap())
    }

    fn instant(local: &str, zone: &str) -> String {
        clock(local, zone).unwrap().instant().to_string()
    }

    #[test]
    fn an_instant_follows_from_the_zone() {
        assert_eq!(
            instant("2026-12-01T19:00:00", "Europe/Paris"),
            "2026-12-01T18:00:00.000Z"
        );
        assert_eq!(
            instant("2026-07-01T19:00:00", "Europe/Paris"),
            "2026-07-01T17:00:00.000Z"
        );
        assert_eq!(
            instant("2026-07-01T19:00:00", "Asia/Kolkata"),
            "2026-07-01T13:30:00.000Z"
        );
    }

    #[test]
    fn a_skipped_time_is_refused_and_of_two_the_first_is_meant() {
        assert!(clock("2026-03-29T02:30:00", "Europe/Paris").is_err());
        assert!(clock("2026-03-29T02:30:00", "Asia/Kolkata").is_ok());
        assert_eq!(
            instant("2026-10-25T02:30:00", "Europe/Paris"),
            "2026-10-25T00:30:00.000Z"
        );
    }

    #[test]
    fn a_local_time_has_one_spelling() {
        for text in [
            "2026-1-01T19:00:00",
            "2026-01-01 19:00:00",
            "2026-01-01T19:00",
            "2026-01-01T19:00:00Z",
            "1899-01-01T00:00:00",
            "2026-01-01T23:59:60",
        ] {
            assert!(text.parse::<LocalTime>().is_err(), "{text}");
        }
    }
}
