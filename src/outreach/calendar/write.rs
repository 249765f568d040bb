//! Events as iCalendar files (RFC 5545, and RFC 7986 for where to join).
//!
//! The surprising rule: DTSTAMP is when the event last changed, not when the file was written (§3.8.7.2 allows it where
//! nothing is negotiated), so that the same events make the same bytes.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::Datelike as _;
use chrono_tz::Tz;

use super::lines::Lines;
use super::times::{compact, utc};
use super::zones;
use crate::http::wall_clock::WallClock;
use crate::outreach::events::{Event, EventStatus};

/// How often subscribers ask again (RFC 7986 §5.7).
const REFRESH: &str = "PT1H";

/// How much of an event a reader is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// What the public may know.
    Public,
    /// Where to join, too.
    Joining,
}

/// What the receiver of a file that was sent is to do with it (RFC 5546).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Take the event into the calendar, or the new version of it.
    Publish,
    /// Take the event out of the calendar.
    Cancel,
}

/// How a file is sent.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'s> {
    /// What for.
    pub method: Method,
    /// Who sends it, by name and e-mail: a file that is sent names its organizer.
    pub organizer: Option<(&'s str, &'s str)>,
}

/// The file of one event, as it is downloaded.
#[must_use]
pub fn event_file(event: &Event, shown: Shown) -> String {
    calendar(None, None, std::slice::from_ref(event), shown)
}

/// The file of one event, as it is attached to a mail.
#[must_use]
pub fn sent_file(event: &Event, shown: Shown, sent: &Sent<'_>) -> String {
    calendar(None, Some(sent), std::slice::from_ref(event), shown)
}

/// The file of a calendar to which people subscribe.
#[must_use]
pub fn feed_file(name: &str, events: &[Event]) -> String {
    calendar(Some(name), None, events, Shown::Joining)
}

fn calendar(name: Option<&str>, sent: Option<&Sent<'_>>, events: &[Event], shown: Shown) -> String {
    let mut lines = Lines::default();
    lines.begin("VCALENDAR");
    lines.put("VERSION", "2.0");
    lines.put(
        "PRODID",
        concat!("-//Relais//Relais ", env!("CARGO_PKG_VERSION"), "//EN"),
    );
    lines.put("CALSCALE", "GREGORIAN");
    if let Some(sent) = sent {
        lines.put(
            "METHOD",
            match sent.method {
                Method::Publish => "PUBLISH",
                Method::Cancel => "CANCEL",
            },
        );
    }
    if let Some(name) = name {
        lines.text("NAME", name);
        // What most clients read instead.
        lines.text("X-WR-CALNAME", name);
        lines.with("REFRESH-INTERVAL", &[("VALUE", "DURATION")], REFRESH);
        lines.put("X-PUBLISHED-TTL", REFRESH);
    }
    for (_, (zone, years)) in zones_of(events) {
        zones::put(&mut lines, zone, &years);
    }
    for event in events {
        put_event(&mut lines, event, shown, sent);
    }
    lines.end("VCALENDAR");
    lines.finish()
}

/// The zones that events name, each with the years in which it does.
fn zones_of(events: &[Event]) -> BTreeMap<&'static str, (Tz, RangeInclusive<i32>)> {
    let mut zones: BTreeMap<&'static str, (Tz, RangeInclusive<i32>)> = BTreeMap::new();
    for clock in events
        .iter()
        .flat_map(|event| [&event.starts.0, &event.ends.0])
    {
        let zone = clock.time_zone.0;
        let year = clock.local.naive().year();
        if is_utc(zone) {
            continue;
        }
        let (_, years) = zones
            .entry(zone.name())
            .or_insert_with(|| (zone, year..=year));
        *years = (*years.start()).min(year)..=(*years.end()).max(year);
    }
    zones
}

fn is_utc(zone: Tz) -> bool {
    matches!(zone.name(), "UTC" | "Etc/UTC")
}

/// A time with the zone whose clocks show it.
fn put_clock(lines: &mut Lines, name: &str, clock: &WallClock) {
    let time = compact(clock.local.naive());
    if is_utc(clock.time_zone.0) {
        lines.put(name, &format!("{time}Z"));
    } else {
        lines.with(name, &[("TZID", clock.time_zone.0.name())], &time);
    }
}

/// What calendars know the event by: always the same.
fn uid(event: &Event) -> String {
    match &event.external_id {
        Some(uid) => uid.as_str().to_owned(),
        None => format!("{}@relais", event.id),
    }
}

fn put_event(lines: &mut Lines, event: &Event, shown: Shown, sent: Option<&Sent<'_>>) {
    lines.begin("VEVENT");
    lines.text("UID", &uid(event));
    lines.put("DTSTAMP", &utc(event.updated_at));
    lines.put("CREATED", &utc(event.created_at));
    lines.put("LAST-MODIFIED", &utc(event.updated_at));
    lines.put("SEQUENCE", &event.sequence.to_string());
    put_clock(lines, "DTSTART", &event.starts.0);
    put_clock(lines, "DTEND", &event.ends.0);
    put_details(lines, event, shown);
    if let Some((name, email)) = sent.and_then(|sent| sent.organizer) {
        lines.with("ORGANIZER", &[("CN", name)], &format!("mailto:{email}"));
    }
    lines.end("VEVENT");
}

/// What the event is and where.
fn put_details(lines: &mut Lines, event: &Event, shown: Shown) {
    lines.put(
        "STATUS",
        match event.status {
            EventStatus::Draft => "TENTATIVE",
            EventStatus::Scheduled | EventStatus::Live | EventStatus::Ended => "CONFIRMED",
            EventStatus::Cancelled => "CANCELLED",
        },
    );
    lines.text("SUMMARY", event.title.as_str());
    if !event.description.as_str().is_empty() {
        lines.text("DESCRIPTION", event.description.as_str());
    }
    let address = event.join_url.as_ref().filter(|_| shown == Shown::Joining);
    let platform = event.platform.as_ref().map(|platform| platform.as_str());
    if let Some(place) = platform.or(address.map(|address| address.as_str())) {
        lines.text("LOCATION", place);
    }
    if let Some(address) = address {
        let mut parameters = vec![("VALUE", "URI"), ("FEATURE", "VIDEO")];
        parameters.extend(platform.map(|platform| ("LABEL", platform)));
        lines.with("CONFERENCE", &parameters, address.as_str());
        // What the many clients show that do not know CONFERENCE.
        lines.put("URL", address.as_str());
    }
}
