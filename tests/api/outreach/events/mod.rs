//! Events: planned by a clock on a wall. The words that only these tests need.

use serde_json::{Value, json};

use crate::vocabulary::Member;

mod planning;

/// A time as the clock of a place shows it.
pub fn wall(local: &str, time_zone: &str) -> Value {
    json!({"local": local, "time_zone": time_zone})
}

/// What an event in Paris, an hour long, is made of.
pub fn in_paris(title: &str, from: &str, to: &str) -> Value {
    json!({"title": title, "kind": "webinar", "starts": wall(from, "Europe/Paris"), "ends": wall(to, "Europe/Paris")})
}

/// An event on 20 April 2027 at seven in Paris, with this besides.
pub async fn event(lead: &Member, besides: Value) -> Value {
    let mut body = in_paris("Office hours", "2027-04-20T19:00:00", "2027-04-20T20:00:00");
    for (name, value) in besides.as_object().expect("an object") {
        body[name] = value.clone();
    }
    lead.post("/events", body).await.created()
}

/// Where it is.
pub fn place(event: &Value) -> String {
    format!("/events/{}", event["id"].as_str().expect("an id"))
}
