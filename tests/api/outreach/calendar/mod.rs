//! Calendars: files, feeds, imports. What is written is read by a parser that is not ours.

use icalendar::{Calendar, Component, Event};
use serde_json::Value;

use crate::vocabulary::{Answer, Member};

mod feeds;
mod files;
mod imports;
mod recurring_imports;
mod series;

/// Reads a calendar, after a look at its bytes: CRLF everywhere, and no line of more than 75 bytes.
#[track_caller]
pub fn read(text: &str) -> Calendar {
    assert!(text.ends_with("END:VCALENDAR\r\n"), "{text}");
    for line in text.split_terminator("\r\n") {
        assert!(!line.contains(['\r', '\n']), "a line end alone in {line:?}");
        assert!(line.len() <= 75, "{} bytes: {line}", line.len());
    }
    text.parse().expect("a calendar")
}

/// Imports a calendar, with this in the query.
async fn send(member: &Member, query: &str, text: &str) -> Answer {
    let request = member.request("POST", &format!("/calendar-imports?{query}"));
    request.raw("text/calendar", text.to_owned()).await
}

/// Imports a calendar for good: the report.
async fn import(member: &Member, text: &str) -> Value {
    send(member, "dry_run=false", text).await.ok()
}

/// A calendar with these lines as its entries.
fn calendar(entries: &[&str]) -> String {
    let entries: String = entries
        .iter()
        .map(|entry| format!("BEGIN:VEVENT\r\n{entry}END:VEVENT\r\n"))
        .collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{entries}END:VCALENDAR\r\n")
}

/// The one event of a calendar.
#[track_caller]
pub fn only(text: &str) -> Event {
    let calendar = read(text);
    let mut events = calendar.events();
    let event = events.next().expect("an event").clone();
    assert!(events.next().is_none(), "one event: {text}");
    event
}

/// What a property of an event says.
pub fn says(event: &Event, name: &str) -> String {
    let value = event.property_value(name);
    value
        .unwrap_or_else(|| panic!("{name} in {event:?}"))
        .to_owned()
}

/// The time zone that a property is told in.
pub fn zone_of(event: &Event, name: &str) -> String {
    let property = event.properties().get(name).expect("a property");
    let zone = property.params().get("TZID").expect("a time zone");
    zone.value().to_owned()
}
