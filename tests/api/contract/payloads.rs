//! What requests send that is no JSON.

use serde_json::Value;

/// What a request sends.
#[derive(Clone)]
pub enum Payload {
    None,
    Json(Value),
    /// As it is, with its media type.
    Text(&'static str, String),
}

/// A table with one row.
pub const TABLE: &str = "title\nA row\n";

/// A calendar with one entry.
pub fn calendar(uid: &str) -> Payload {
    let entry =
        format!("UID:{uid}\r\nSUMMARY:A talk\r\nDTSTART:20270420T170000Z\r\nDURATION:PT1H\r\n");
    let text = format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{entry}END:VEVENT\r\nEND:VCALENDAR\r\n");
    Payload::Text("text/calendar", text)
}
