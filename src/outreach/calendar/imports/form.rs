//! Whether an entry stands alone, comes again, or says how one occurrence is otherwise (RFC 5545 §3.8.4.4, §3.8.5).
//!
//! The surprising rule: a date that names an occurrence may be one that the clocks skip. Calendars write the time that
//! the rule gives, so it is not refused here as it is for a start.

use chrono::NaiveDate;

use super::entry::{Zones, zone_of};
use super::file::EntryError;
use super::file::{Property, RawEntry};
use crate::db::Instant;
use crate::http::values::TimeZone;
use crate::http::wall_clock::WallClock;
use crate::outreach::calendar::times;
use crate::outreach::series::rule::Rule;

/// How many dates an entry may leave out or add.
const MOST_DATES: usize = 2_000;

/// A date that an entry leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    /// The event that begins then.
    At(Instant),
    /// The event of this day.
    On(NaiveDate),
}

/// When an entry comes again.
#[derive(Debug, Clone)]
pub(super) struct Repeats {
    pub(super) rule: Rule,
    pub(super) left_out: Vec<Stamp>,
    pub(super) added: Vec<Instant>,
}

/// Whether an entry is one of many.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// It stands alone.
    Single,
    /// It comes again.
    Series(Box<Repeats>),
    /// It says how the occurrence of a series is that begins then by the rule.
    Exception(Instant),
}

/// Whether the entry is one of many.
pub(super) fn form(
    entry: &RawEntry,
    zones: &Zones<'_>,
    zone: TimeZone,
) -> Result<Form, EntryError> {
    if let Some(property) = entry.find("RECURRENCE-ID") {
        if property.parameter("RANGE").is_some() {
            return Err(EntryError::new(
                "RECURRENCE-ID",
                "this_and_future",
                "An exception is about one occurrence; send those that follow as a series of their own.",
            ));
        }
        return match stamp("RECURRENCE-ID", property, &property.value, zones)? {
            Stamp::At(instant) => Ok(Form::Exception(instant)),
            Stamp::On(_) => Err(EntryError::new(
                "RECURRENCE-ID",
                "all_day",
                "An event has a time at which it begins; this entry takes whole days.",
            )),
        };
    }
    let mut rules = entry.properties.iter().filter(|one| one.name == "RRULE");
    let rule = match (rules.next(), rules.next()) {
        (Some(rule), None) => rule,
        (Some(_), Some(_)) => {
            return Err(EntryError::new(
                "RRULE",
                "several_rules",
                "A series has one rule.",
            ));
        }
        (None, _) if entry.find("RDATE").is_some() => {
            return Err(EntryError::new(
                "RDATE",
                "extra_dates",
                "A series comes again by a rule (RRULE), not by a list of dates.",
            ));
        }
        (None, _) => return Ok(Form::Single),
    };
    let rule = Rule::read_any(&rule.value, zone).map_err(|problem| {
        let error = problem.errors().first();
        EntryError::new(
            "RRULE",
            error.map_or("malformed_rule", |error| error.code.as_str()),
            error.map_or("It is no rule.", |error| error.detail.as_str()),
        )
    })?;
    let mut added = Vec::new();
    for stamp in stamps(entry, "RDATE", zones)? {
        match stamp {
            Stamp::At(instant) => added.push(instant),
            Stamp::On(_) => {
                return Err(EntryError::new(
                    "RDATE",
                    "extra_dates",
                    "A series has the dates of its rule, and no others (RDATE).",
                ));
            }
        }
    }
    Ok(Form::Series(Box::new(Repeats {
        rule,
        left_out: stamps(entry, "EXDATE", zones)?,
        added,
    })))
}

/// All dates that properties of one name list.
fn stamps(
    entry: &RawEntry,
    name: &'static str,
    zones: &Zones<'_>,
) -> Result<Vec<Stamp>, EntryError> {
    let mut found = Vec::new();
    for property in entry.properties.iter().filter(|one| one.name == name) {
        for value in property.value.split(',') {
            if found.len() >= MOST_DATES {
                let detail = format!("At most {MOST_DATES} dates.");
                return Err(EntryError::new(name, "too_many", detail));
            }
            found.push(stamp(name, property, value, zones)?);
        }
    }
    Ok(found)
}

/// A date that names an occurrence. One that the clocks skip is taken for the one that they show instead.
fn stamp(
    name: &'static str,
    property: &Property,
    value: &str,
    zones: &Zones<'_>,
) -> Result<Stamp, EntryError> {
    let value = value.trim();
    let invalid = || EntryError::new(name, "invalid_format", "A time such as 20261201T190000.");
    if value.len() == 8 {
        let day = NaiveDate::parse_from_str(value, "%Y%m%d").map_err(|_| invalid())?;
        return Ok(Stamp::On(day));
    }
    let (local, is_utc) = times::read(value).ok_or_else(invalid)?;
    if is_utc {
        return Ok(Stamp::At(Instant::new(local.and_utc())));
    }
    let clock = WallClock {
        local: local.into(),
        time_zone: TimeZone(zone_of(property, name, zones)?),
    };
    Ok(Stamp::At(clock.instant()))
}
