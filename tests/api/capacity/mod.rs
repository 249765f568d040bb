//! Who and what is promised to what. The words that only these tests need.

use serde_json::{Value, json};

use crate::vocabulary::{Answer, Member};

mod acts;
mod availability;
mod candidates;
mod check;
mod conflicts;
mod endings;
mod money;
mod parallel;
mod people;
mod resources;
mod terms;
mod things;
mod workload;

/// From 2026 on, everybody in the team works so many minutes from Monday to Friday.
pub async fn all_work(lead: &Member, minutes: i64) {
    let body = json!({"valid_from_on": "2026-01-01", "monday_minutes": minutes, "tuesday_minutes": minutes,
        "wednesday_minutes": minutes, "thursday_minutes": minutes, "friday_minutes": minutes,
        "saturday_minutes": 0, "sunday_minutes": 0});
    lead.post("/working-hours", body).await.created();
}

/// The id of a record.
pub fn id(record: &Value) -> &str {
    record["id"].as_str().expect("an id")
}

/// The same with these members besides, or instead.
pub fn with(mut body: Value, besides: Value) -> Value {
    for (name, value) in besides.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

pub async fn task(by: &Member, besides: Value) -> Value {
    let body = with(json!({"title": "Write the notes"}), besides);
    by.post("/tasks", body).await.created()
}

/// A resource with these members.
pub async fn resource(lead: &Member, body: Value) -> Value {
    lead.post("/resources", with(json!({"name": "A thing"}), body))
        .await
        .created()
}

/// Of a person, from 2 March 2099 (a Monday) to `last_on`.
pub fn of_person(person: &str, task: &Value, last_on: &str, amount: Value) -> Value {
    json!({"resource_id": person, "task_id": task["id"], "first_on": "2099-03-02", "last_on": last_on, "amount": amount})
}

pub async fn ask(by: &Member, body: Value) -> Answer {
    by.post("/allocations", body).await
}

/// What would be found if this were made.
pub async fn check(by: &Member, changes: Value) -> Value {
    by.post("/allocations/check", json!({"changes": changes}))
        .await
        .ok()
}

/// One more, as a change that is only thought of.
pub fn create(body: Value) -> Value {
    with(body, json!({"op": "create"}))
}

/// The ways out of the first finding, by kind.
pub fn way<'f>(findings: &'f Value, kind: &str) -> Option<&'f Value> {
    findings[0]["ways_out"]
        .as_array()
        .unwrap()
        .iter()
        .find(|way| way["kind"] == kind)
}

/// A way out as the change that it would be.
pub fn taken(way: &Value, task: &Value) -> Value {
    let mut body =
        json!({"op": "create", "task_id": task["id"], "resource_id": way["resource_id"]});
    for name in ["first_on", "last_on", "starts_at", "ends_at"] {
        if !way[name].is_null() {
            body[name] = way[name].clone();
        }
    }
    body["amount"] = way["amount"].clone();
    body
}
