//! From an entry of a file to what an event is made of.
//!
//! The surprising rule: a time in UTC is told by the clocks of the calendar's own zone where the file names one
//! (X-WR-TIMEZONE), because that is what people planned by; Google writes all its times in UTC. Not so where the entry
//! comes again: a rule in UTC means hours in UTC.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::file::EntryError;
use super::file::{CalendarFile, Property, RawEntry};
use super::form::{Form, form};
use super::zone_names::named;
use crate::db::Instant;
use crate::http::Text;
use crate::http::text::{Markdown, Name, Title};
use crate::http::values::TimeZone;
use crate::http::wall_clock::WallClock;
use crate::outreach::calendar::times;
use crate::outreach::events::texts::WebAddress;
use crate::outreach::events::write::check_period;
use crate::outreach::events::{EventKind, EventStatus, Hosts, NewEvent, Visibility};
use crate::outreach::registration_rules::RegistrationRulesPatch;

/// The id of an event in another calendar.
pub(super) type Uid = Text<1, 200>;

/// Properties that say what we know of an entry, or nothing about the event itself.
const READ: [&str; 21] = [
    "UID",
    "SUMMARY",
    "DESCRIPTION",
    "DTSTART",
    "DTEND",
    "DURATION",
    "LOCATION",
    "CONFERENCE",
    "URL",
    "STATUS",
    "DTSTAMP",
    "CREATED",
    "LAST-MODIFIED",
    "SEQUENCE",
    "TRANSP",
    "CLASS",
    "X-GOOGLE-CONFERENCE",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
];
/// Where calendars keep the link to join, the best first.
const LINKS: [&str; 5] = [
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
    "LOCATION",
];
/// What an entry wants an event to be.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) uid: Uid,
    pub(super) title: Title,
    pub(super) description: Option<Markdown>,
    pub(super) starts: WallClock,
    pub(super) ends: WallClock,
    pub(super) platform: Option<Name>,
    pub(super) join_url: Option<WebAddress>,
    pub(super) is_tentative: bool,
    pub(super) is_cancelled: bool,
    pub(super) left_out: Vec<String>,
    pub(super) form: Form,
}

impl Wanted {
    /// Where a new event stands: announced, unless the calendar says that it may not take place.
    pub(super) const fn first_status(&self) -> EventStatus {
        match (self.is_cancelled, self.is_tentative) {
            (true, _) => EventStatus::Cancelled,
            (false, true) => EventStatus::Draft,
            (false, false) => EventStatus::Scheduled,
        }
    }

    /// The event that is made of it.
    pub(super) fn new_event(self) -> NewEvent {
        NewEvent {
            title: self.title,
            description: self.description.unwrap_or_default(),
            campaign_id: None,
            kind: EventKind::Other,
            starts: self.starts,
            ends: self.ends,
            platform: self.platform,
            join_url: self.join_url,
            capacity: None,
            registration: RegistrationRulesPatch::default(),
            hosts: Hosts::default(),
            visibility: Visibility::Team,
            slug: None,
        }
    }
}

/// The zones that names mean, in this file and this team.
pub(super) struct Zones<'f> {
    named: &'f BTreeMap<String, String>,
    /// The calendar's own.
    calendar: Option<Tz>,
    /// Where the clocks hang that a time without a zone means.
    floating: Tz,
}

impl<'f> Zones<'f> {
    pub(super) fn of(file: &'f CalendarFile, team: &str) -> Self {
        let calendar = file.time_zone.as_deref().and_then(named);
        Self {
            named: &file.zones,
            calendar,
            floating: calendar
                .or_else(|| team.parse().ok())
                .unwrap_or(chrono_tz::UTC),
        }
    }

    /// The same, with times in UTC as they are.
    const fn exact(&self) -> Self {
        Self {
            named: self.named,
            calendar: None,
            floating: self.floating,
        }
    }

    fn find(&self, name: &str) -> Option<Tz> {
        named(name).or_else(|| self.named.get(name).and_then(|name| named(name)))
    }
}

/// Reads an entry, or says all that is wrong with it.
pub(super) fn read(entry: &RawEntry, zones: &Zones<'_>) -> Result<Wanted, Vec<EntryError>> {
    let mut errors: Vec<EntryError> = entry
        .unreadable
        .iter()
        .take(20)
        .map(|line| {
            EntryError::new(
                None,
                "unreadable",
                format!("The line {line} is no property."),
            )
        })
        .collect();
    let is_recurring = ["RRULE", "RDATE", "RECURRENCE-ID"]
        .into_iter()
        .any(|name| entry.find(name).is_some());
    let exact = zones.exact();
    let zones = if is_recurring { &exact } else { zones };
    let mut keep = |result: Result<(), EntryError>| errors.extend(result.err());
    let uid = text::<1, 200>(entry, "UID")
        .map_err(|error| keep(Err(error)))
        .ok();
    let title = text::<1, 200>(entry, "SUMMARY")
        .map_err(|error| keep(Err(error)))
        .ok();
    let description = optional(entry, "DESCRIPTION")
        .map_err(|error| keep(Err(error)))
        .ok();
    let period = period(entry, zones).map_err(|error| keep(Err(error))).ok();
    let zone = period.as_ref().map(|(starts, _)| starts.time_zone);
    let form = form(entry, zones, zone.unwrap_or(TimeZone::UTC))
        .map_err(|error| keep(Err(error)))
        .ok();
    let (Some(uid), Some(title), Some(description), Some((starts, ends)), Some(form), true) =
        (uid, title, description, period, form, errors.is_empty())
    else {
        return Err(errors);
    };
    let link = LINKS.into_iter().find_map(|name| {
        let value = &entry.find(name)?.value;
        Some((name, WebAddress::new(value)?))
    });
    let place = entry
        .find("LOCATION")
        .filter(|_| link.as_ref().is_none_or(|(name, _)| *name != "LOCATION"));
    let platform = place.and_then(|place| Name::new(&place.value).ok());
    let mut left_out = Vec::new();
    let mut leave_out = |name: &str| {
        let name: String = name.chars().take(100).collect();
        if !left_out.contains(&name) && left_out.len() < 100 {
            left_out.push(name);
        }
    };
    for property in &entry.properties {
        let is_link = link
            .as_ref()
            .is_some_and(|(name, _)| *name == property.name);
        let is_lost = match property.name.as_str() {
            "LOCATION" => platform.is_none() && !is_link && !property.value.trim().is_empty(),
            "URL" => link
                .as_ref()
                .is_none_or(|(_, link)| link.as_str() != property.value),
            "CONFERENCE" | "X-GOOGLE-CONFERENCE" => !is_link,
            name => !is_link && !READ.contains(&name),
        };
        if is_lost {
            leave_out(&property.name);
        }
    }
    entry.parts.iter().for_each(|part| leave_out(part));
    let status = entry
        .find("STATUS")
        .map(|one| one.value.trim().to_ascii_uppercase());
    Ok(Wanted {
        uid,
        title,
        description,
        starts,
        ends,
        platform,
        join_url: link.map(|(_, link)| link),
        is_tentative: status.as_deref() == Some("TENTATIVE"),
        is_cancelled: status.as_deref() == Some("CANCELLED"),
        left_out,
        form,
    })
}

/// The zone that a property is told in.
pub(super) fn zone_of(
    property: &Property,
    name: &'static str,
    zones: &Zones<'_>,
) -> Result<Tz, EntryError> {
    match property.parameter("TZID") {
        None => Ok(zones.floating),
        Some(id) => zones.find(id).ok_or_else(|| {
            let id: String = id.chars().take(200).collect();
            EntryError::new(
                name,
                "unknown_time_zone",
                format!("Nobody knows the time zone \"{id}\"."),
            )
        }),
    }
}

/// A text that must be there.
fn text<const MIN: usize, const MAX: usize>(
    entry: &RawEntry,
    name: &'static str,
) -> Result<Text<MIN, MAX>, EntryError> {
    let value = entry
        .find(name)
        .map_or("", |property| property.value.as_str());
    Text::new(value).map_err(|fault| EntryError::new(name, fault.code(), fault.to_string()))
}

/// A text that says nothing when it is absent.
fn optional(entry: &RawEntry, name: &'static str) -> Result<Option<Markdown>, EntryError> {
    match entry.find(name) {
        None => Ok(None),
        Some(_) => text(entry, name).map(Some),
    }
}

/// From when to when, by the clocks of one zone.
fn period(entry: &RawEntry, zones: &Zones<'_>) -> Result<(WallClock, WallClock), EntryError> {
    let start = entry.find("DTSTART").ok_or_else(|| {
        EntryError::new(
            "DTSTART",
            "required",
            "An event has a time at which it begins.",
        )
    })?;
    let starts = time(start, "DTSTART", zones)?;
    let ends = match (entry.find("DTEND"), entry.find("DURATION")) {
        (Some(end), None) => {
            let ends = time(end, "DTEND", zones)?;
            if ends.time_zone == starts.time_zone {
                ends
            } else {
                told_by(ends.instant(), starts.time_zone).ok_or_else(|| ambiguous("DTEND"))?
            }
        }
        (None, Some(duration)) => {
            let length = duration_of(&duration.value).ok_or_else(|| {
                EntryError::new("DURATION", "invalid_format", "A duration such as PT1H30M.")
            })?;
            let end = starts.instant().plus(length);
            told_by(end, starts.time_zone).ok_or_else(|| ambiguous("DURATION"))?
        }
        (Some(_), Some(_)) => {
            return Err(EntryError::new(
                "DURATION",
                "contradictory",
                "DTEND or DURATION, not both.",
            ));
        }
        (None, None) => {
            return Err(EntryError::new(
                "DTEND",
                "required",
                "An event has an end: DTEND or DURATION.",
            ));
        }
    };
    check_period(&starts, &ends).map_err(|problem| {
        let is_after = ends.instant() > starts.instant();
        let (code, property) = if is_after {
            ("too_long", "DTEND")
        } else {
            ("before_start", "DTEND")
        };
        let detail = match code {
            "too_long" => "At most seven days after the start.".to_owned(),
            _ => "After the start.".to_owned(),
        };
        drop(problem);
        EntryError::new(property, code, detail)
    })?;
    Ok((starts, ends))
}

/// What the clocks of a zone show at an instant, unless they show it a second time then.
fn told_by(instant: Instant, zone: TimeZone) -> Option<WallClock> {
    let clock = WallClock::at(instant, zone);
    (clock.instant() == instant).then_some(clock)
}

fn ambiguous(property: &'static str) -> EntryError {
    EntryError::new(
        property,
        "ambiguous",
        "The clocks of the zone show this time twice, and the second one is meant: use another zone.",
    )
}

fn time(
    property: &Property,
    name: &'static str,
    zones: &Zones<'_>,
) -> Result<WallClock, EntryError> {
    let value = property.value.trim();
    let is_date = property
        .parameter("VALUE")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("DATE"));
    if is_date || (value.len() == 8 && value.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(EntryError::new(
            name,
            "all_day",
            "An event has a time at which it begins; this entry takes whole days.",
        ));
    }
    let invalid = || EntryError::new(name, "invalid_format", "A time such as 20261201T190000.");
    let (local, is_utc) = times::read(value).ok_or_else(invalid)?;
    if is_utc {
        let instant = Instant::new(local.and_utc());
        return zones
            .calendar
            .and_then(|zone| told_by(instant, TimeZone(zone)))
            .or_else(|| told_by(instant, TimeZone::UTC))
            .filter(|clock| {
                clock
                    .local
                    .as_str()
                    .parse::<crate::http::wall_clock::LocalTime>()
                    .is_ok()
            })
            .ok_or_else(invalid);
    }
    let zone = zone_of(property, name, zones)?;
    let text = local.format("%Y-%m-%dT%H:%M:%S").to_string();
    let local = text.parse().map_err(|_| invalid())?;
    WallClock::new(local, TimeZone(zone))
        .map_err(|skipped| EntryError::new(name, "skipped_by_clocks", skipped.to_string()))
}

/// A duration (RFC 5545 §3.3.6): `PT1H30M`, `P1DT2H`, `P1W`. None when it is none, or negative, or longer than events
/// can be.
fn duration_of(text: &str) -> Option<TimeDelta> {
    let text = text.trim();
    let mut rest = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
    let (mut seconds, mut is_time, mut parts) = (0_i64, false, 0);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            if is_time {
                return None;
            }
            (is_time, rest) = (true, after);
            continue;
        }
        let end = rest.find(|character: char| !character.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(end)?;
        let mut characters = after.chars();
        let unit = match (characters.next()?, is_time) {
            ('W', false) => 7 * 24 * 3600,
            ('D', false) => 24 * 3600,
            ('H', true) => 3600,
            ('M', true) => 60,
            ('S', true) => 1,
            _ => return None,
        };
        let number: i64 = number.parse().ok().filter(|number| *number < 1_000_000)?;
        seconds += number * unit;
        parts += 1;
        rest = characters.as_str();
    }
    (parts > 0).then(|| TimeDelta::seconds(seconds.min(400 * 24 * 3600)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, minutes) in [
            ("PT1H30M", Some(90)),
            ("P1DT2H", Some(26 * 60)),
            ("P1W", Some(7 * 24 * 60)),
            ("+PT90M", Some(90)),
            ("PT5400S", Some(90)),
            ("-PT1H", None),
            ("PT", None),
            ("P", None),
            ("1H", None),
            ("PT1", None),
            ("PTH", None),
            ("P1H", None),
            ("PT1D", None),
            ("PT99999999999999999999H", None),
        ] {
            assert_eq!(duration_of(text), minutes.map(TimeDelta::minutes), "{text}");
        }
    }
}
