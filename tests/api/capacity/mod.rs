//! Who and what is promised to what. The words that only these tests need.

use serde_json::{Value, json};

use crate::vocabulary::{Answer, Member};

mod acts;
mod agreement;
mod availability;
mod budget_lines;
mod candidates;
mod check;
mod conflicts;
mod days_off;
mod endings;
mod expand;
mod expenses;
mod heat_map;
mod kept;
mod large_teams;
mod limits;
mod money;
mod of_campaigns;
mod opening_hours;
mod parallel;
mod people;
mod policy;
mod races;
mod replay;
mod resources;
mod spending;
mod sums;
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

pub fn eur(minor: i64) -> Value {
    json!({"amount_minor": minor, "currency": "EUR"})
}

/// A campaign without a budget, unless `besides` says so.
pub async fn campaign(lead: &Member, besides: Value) -> Value {
    let body = with(json!({"name": "A campaign"}), besides);
    lead.post("/campaigns", body).await.created()
}

/// A budget of so many cents.
pub async fn budget(lead: &Member, limit_minor: i64, besides: Value) -> Value {
    let body = json!({"kind": "budget", "currency": "EUR", "limit_minor": limit_minor});
    resource(lead, with(body, besides)).await
}

/// So many cents of the budget, promised or asked for.
pub async fn promise(by: &Member, budget: &Value, minor: i64, besides: Value) -> Answer {
    let body = json!({"resource_id": budget["id"], "amount": {"money": eur(minor)}});
    ask(by, with(body, besides)).await
}

/// So many cents, spent long ago.
pub async fn spend(by: &Member, minor: i64, besides: Value) -> Answer {
    let body = json!({"amount": eur(minor), "spent_on": "2024-03-01"});
    by.post("/expenses", with(body, besides)).await
}

pub async fn line(lead: &Member, campaign: &Value, minor: i64, besides: Value) -> Value {
    let body = json!({"campaign_id": campaign["id"], "name": "Advertising", "amount": eur(minor)});
    lead.post("/budget-lines", with(body, besides))
        .await
        .created()
}

/// What is committed, spent and left of a budget.
pub async fn books(by: &Member, budget: &Value) -> (i64, i64, i64) {
    let place = format!(
        "/resources/{}/availability?from=2026-11-23&to=2026-11-23",
        id(budget)
    );
    let money = by.get(&place).await.ok()["money"].clone();
    let minor = |name: &str| money[name].as_i64().unwrap();
    (
        minor("committed_minor"),
        minor("spent_minor"),
        minor("left_minor"),
    )
}
