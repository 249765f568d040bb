//! Events as iCalendar files (RFC 5545, and RFC 7986 for where to join).
//!
//! The surprising rule: DTSTAMP is when the event last changed, not when the file was written (§3.8.7.2 allows it where
//! nothing is negotiated), so that the same events make the same bytes.
//!
//! The file of one event never speaks of a series, also where it is an occurrence of one: it has the event's own UID and
//! no RECURRENCE-ID. Whoever comes to one evening knows nothing of the others, many calendars drop an occurrence whose
//! series they do not have, and an event keeps its UID when its series is split.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::Datelike as _;
use chrono_tz::Tz;

use super::lines::Lines;
use super::recurring::{Details, Entries, Recurring};
use super::times::{compact, utc};
use super::zones;
use crate::db::Instant;
use crate::http::wall_clock::WallClock;
use crate::outreach::events::Event;
use crate::outreach::series::EventSeries;

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
    calendar(None, None, &alone(event), shown)
}

/// The file of one event, as it is attached to a mail.
#[must_use]
pub fn sent_file(event: &Event, shown: Shown, sent: &Sent<'_>) -> String {
    calendar(None, Some(sent), &alone(event), shown)
}

/// The file of a calendar to which people subscribe.
#[must_use]
pub fn feed_file(name: &str, entries: &Entries) -> String {
    calendar(Some(name), None, entries, Shown::Joining)
}

/// One event, which stands alone even where it is an occurrence of a series.
fn alone(event: &Event) -> Entries {
    Entries {
        single: vec![event.clone()],
        recurring: Vec::new(),
    }
}

fn calendar(
    name: Option<&str>,
    sent: Option<&Sent<'_>>,
    entries: &Entries,
    shown: Shown,
) -> String {
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
    for (_, (zone, years)) in zones_of(entries) {
        zones::put(&mut lines, zone, &years);
    }
    for event in &entries.single {
        put_event(&mut lines, event, shown, sent);
    }
    for recurring in &entries.recurring {
        put_series(&mut lines, recurring, shown);
    }
    lines.end("VCALENDAR");
    lines.finish()
}

/// The zones that entries name, each with the years in which it does.
fn zones_of(entries: &Entries) -> BTreeMap<&'static str, (Tz, RangeInclusive<i32>)> {
    let mut zones: BTreeMap<&'static str, (Tz, RangeInclusive<i32>)> = BTreeMap::new();
    let of_event = |event: &'_ Event| [event.starts.0.clone(), event.ends.0.clone()];
    let of_series = |recurring: &'_ Recurring| {
        let exceptions = recurring.exceptions.iter();
        let mut clocks = vec![recurring.series.starts.0.clone(), recurring.last.clone()];
        clocks.extend(exceptions.flat_map(|(_, event)| of_event(event)));
        clocks
    };
    for clock in entries
        .single
        .iter()
        .flat_map(of_event)
        .chain(entries.recurring.iter().flat_map(of_series))
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

/// What calendars know a series by: always the same, too.
fn series_uid(series: &EventSeries) -> String {
    match &series.external_id {
        Some(uid) => uid.as_str().to_owned(),
        None => format!("{}@relais", series.id),
    }
}

/// A series: what all occurrences have in common, and then those that are otherwise.
fn put_series(lines: &mut Lines, recurring: &Recurring, shown: Shown) {
    let series = &recurring.series;
    let uid = series_uid(series);
    lines.begin("VEVENT");
    lines.text("UID", &uid);
    put_stamps(
        lines,
        series.created_at,
        recurring.changed_at,
        recurring.sequence,
    );
    put_clock(lines, "DTSTART", &series.starts.0);
    put_clock(lines, "DTEND", &recurring.ends);
    lines.put("RRULE", &recurring.rule);
    for added in &recurring.added {
        put_clock(lines, "RDATE", added);
    }
    for left_out in &recurring.left_out {
        put_clock(lines, "EXDATE", left_out);
    }
    put_details(lines, &Details::common(&series.pattern.0), shown);
    lines.end("VEVENT");
    for (by_rule, event) in &recurring.exceptions {
        lines.begin("VEVENT");
        lines.text("UID", &uid);
        put_clock(lines, "RECURRENCE-ID", by_rule);
        // One number for the whole series: an exception is never older than the rule.
        put_stamps(
            lines,
            event.created_at,
            event.updated_at,
            recurring.sequence,
        );
        put_clock(lines, "DTSTART", &event.starts.0);
        put_clock(lines, "DTEND", &event.ends.0);
        put_details(lines, &Details::of(event), shown);
        lines.end("VEVENT");
    }
}

/// When it was made, when it last changed, and which version that made.
fn put_stamps(lines: &mut Lines, created_at: Instant, changed_at: Instant, sequence: i64) {
    lines.put("DTSTAMP", &utc(changed_at));
    lines.put("CREATED", &utc(created_at));
    lines.put("LAST-MODIFIED", &utc(changed_at));
    lines.put("SEQUENCE", &sequence.to_string());
}

fn put_event(lines: &mut Lines, event: &Event, shown: Shown, sent: Option<&Sent<'_>>) {
    lines.begin("VEVENT");
    lines.text("UID", &uid(event));
    put_stamps(lines, event.created_at, event.updated_at, event.sequence);
    put_clock(lines, "DTSTART", &event.starts.0);
    put_clock(lines, "DTEND", &event.ends.0);
    put_details(lines, &Details::of(event), shown);
    if let Some((name, email)) = sent.and_then(|sent| sent.organizer) {
        lines.with("ORGANIZER", &[("CN", name)], &format!("mailto:{email}"));
    }
    lines.end("VEVENT");
}

fn put_details(lines: &mut Lines, details: &Details<'_>, shown: Shown) {
    lines.put("STATUS", details.status);
    lines.text("SUMMARY", details.title.as_str());
    if !details.description.as_str().is_empty() {
        lines.text("DESCRIPTION", details.description.as_str());
    }
    let address = details.join_url.filter(|_| shown == Shown::Joining);
    let platform = details.platform.map(|platform| platform.as_str());
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
