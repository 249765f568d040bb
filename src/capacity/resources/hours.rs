//! Opening hours: when a thing is there, for each day of the week, by the clocks of the team's time zone.

use std::borrow::Cow;

use chrono::{Datelike as _, NaiveDate, NaiveTime, Timelike as _, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::http::FieldError;
use crate::http::strict::fault;

/// The minutes of a day.
pub const DAY: u32 = 1_440;

/// A time on the clock, `00:00` to `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockTime(u32);

impl ClockTime {
    /// The minutes since midnight.
    #[must_use]
    pub const fn minutes(self) -> u32 {
        self.0
    }
}

impl Serialize for ClockTime {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&format!("{:02}:{:02}", self.0 / 60, self.0 % 60))
    }
}

impl<'de> Deserialize<'de> for ClockTime {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(input)?;
        let two_digits = |part: &str| {
            (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse::<u32>().ok())
                .flatten()
        };
        text.split_once(':')
            .and_then(|(hours, minutes)| {
                let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
                let all = hours.saturating_mul(60).saturating_add(minutes);
                (minutes < 60 && all <= DAY).then_some(Self(all))
            })
            .ok_or_else(|| fault("invalid_format", "A time from 00:00 to 24:00.", &json!({})))
    }
}

impl PartialSchema for ClockTime {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"))
            .min_length(Some(5))
            .max_length(Some(5))
            .examples([json!("08:30")])
            .into()
    }
}

impl ToSchema for ClockTime {}

/// When a thing is there on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"opens": "08:30", "closes": "18:00"}))]
pub struct Hours {
    /// From this time on.
    pub opens: ClockTime,
    /// Until this time: later than `opens`.
    pub closes: ClockTime,
}

/// When a thing is there, for each day of the week. On a day without hours it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"monday": {"opens": "08:30", "closes": "18:00"}, "tuesday": {"opens": "08:30", "closes": "18:00"}, "wednesday": null}))]
#[allow(missing_docs)]
pub struct OpeningHours {
    pub monday: Option<Hours>,
    pub tuesday: Option<Hours>,
    pub wednesday: Option<Hours>,
    pub thursday: Option<Hours>,
    pub friday: Option<Hours>,
    pub saturday: Option<Hours>,
    pub sunday: Option<Hours>,
}

impl OpeningHours {
    /// The days with their names, Monday first.
    fn days(&self) -> [(&'static str, Option<Hours>); 7] {
        [
            ("monday", self.monday),
            ("tuesday", self.tuesday),
            ("wednesday", self.wednesday),
            ("thursday", self.thursday),
            ("friday", self.friday),
            ("saturday", self.saturday),
            ("sunday", self.sunday),
        ]
    }

    /// What is wrong with them, below `place`.
    #[must_use]
    pub fn faults(&self, place: &str) -> Vec<FieldError> {
        let mut faults: Vec<FieldError> = self
            .days()
            .into_iter()
            .filter_map(|(name, hours)| Some((name, hours?)))
            .filter(|(_, hours)| hours.closes <= hours.opens)
            .map(|(name, hours)| {
                FieldError::body(
                    format!("{place}/{name}/closes"),
                    "before_start",
                    "Later than opens.",
                )
                .with(json!({"opens": hours.opens}))
            })
            .collect();
        if self.days().iter().all(|(_, hours)| hours.is_none()) {
            faults.push(FieldError::body(
                place,
                "required",
                "At least one day with hours; null for a thing that is always there.",
            ));
        }
        faults
    }

    /// When it is there on that day.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> Option<Hours> {
        match day.weekday() {
            Weekday::Mon => self.monday,
            Weekday::Tue => self.tuesday,
            Weekday::Wed => self.wednesday,
            Weekday::Thu => self.thursday,
            Weekday::Fri => self.friday,
            Weekday::Sat => self.saturday,
            Weekday::Sun => self.sunday,
        }
    }

    /// Whether something can begin at this time of a day.
    #[must_use]
    pub fn can_begin(&self, day: NaiveDate, time: NaiveTime) -> bool {
        let minutes = time.num_seconds_from_midnight() / 60;
        self.on(day)
            .is_some_and(|hours| (hours.opens.minutes()..hours.closes.minutes()).contains(&minutes))
    }

    /// Whether something can end at this time of a day; midnight is the end of the day before.
    #[must_use]
    pub fn can_end(&self, day: NaiveDate, time: NaiveTime) -> bool {
        let seconds = time.num_seconds_from_midnight();
        let (day, seconds) = match (seconds, day.pred_opt()) {
            (0, Some(before)) => (before, DAY.saturating_mul(60)),
            _ => (day, seconds),
        };
        self.on(day).is_some_and(|hours| {
            seconds > hours.opens.minutes().saturating_mul(60)
                && seconds <= hours.closes.minutes().saturating_mul(60)
        })
    }
}
