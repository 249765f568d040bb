//! Workload: who has how much to do, as figures and as a picture.

use serde_json::{Value, json};

use crate::vocabulary::{Answer, Member, TestApp};

/// Monday, noon in Greenwich, far ahead.
pub async fn on_monday() -> TestApp {
    let app = TestApp::start().await;
    app.clock.stop_at("2054-11-23T12:00:00Z".parse().unwrap());
    app
}

/// From that Monday on, these work so many minutes from Monday to Friday: a member, or by `/working-hours` everybody.
pub async fn work(by: &Member, place: &str, minutes: i64) {
    let body = json!({"valid_from_on": "2054-11-23", "monday_minutes": minutes, "tuesday_minutes": minutes,
        "wednesday_minutes": minutes, "thursday_minutes": minutes, "friday_minutes": minutes,
        "saturday_minutes": 0, "sunday_minutes": 0});
    by.post(place, body).await.created();
}

/// An open task of somebody.
pub async fn task(by: &Member, of: &Member, besides: Value) -> Value {
    let mut body = json!({"title": "Write the notes", "assignee_id": of.id});
    for (name, value) in besides.as_object().expect("an object") {
        body[name] = value.clone();
    }
    by.post("/tasks", body).await.created()
}

const FORTNIGHT: &str = "/workload?from=2054-11-23&to=2054-12-06";

async fn of(by: &Member, query: &str, whom: &Member) -> Value {
    let workload = by.get(query).await.ok();
    let found = workload["members"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["member_id"] == json!(whom.id));
    found.expect("the member").clone()
}

#[tokio::test]
async fn tasks_are_laid_on_what_there_is() {
    let app = on_monday().await;
    let [lead, ann, guest] = app.team_with(["lead", "member", "guest"]).await;
    work(&lead, "/working-hours", 480).await;
    ann.post(
        "/absences",
        json!({"first_on": "2054-11-30", "last_on": "2054-12-01", "kind": "vacation"}),
    )
    .await
    .created();
    task(
        &lead,
        &ann,
        json!({"due_on": "2054-11-24", "estimate_minutes": 300}),
    )
    .await;
    task(
        &lead,
        &ann,
        json!({"starts_on": "2054-11-26", "due_on": "2054-12-06",
        "estimate_minutes": 999, "remaining_minutes": 1000}),
    )
    .await;
    let workload = lead.get(FORTNIGHT).await.ok();
    assert_eq!(
        workload["periods"],
        json!([{"first_on": "2054-11-23", "last_on": "2054-11-29"}, {"first_on": "2054-11-30", "last_on": "2054-12-06"}])
    );
    let names: Vec<&str> = workload["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["display_name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["lead 0", "member 1", "Olga Owner"],
        "by name, without guests"
    );
    let weeks = of(&ann, FORTNIGHT, &ann).await;
    assert_eq!(weeks["capacity_minutes"], json!([2400, 1440]));
    // Two workdays of the first week, three of the second: 400 and 600 of the 1,000.
    assert_eq!(weeks["demand_minutes"], json!([700, 600]));
    assert_eq!(weeks["free_minutes"], json!([1700, 840]));
    assert_eq!(weeks["over_minutes"], json!([0, 0]));
    let days = of(&ann, &format!("{FORTNIGHT}&by=day&member_id=me"), &ann).await;
    assert_eq!(
        days["demand_minutes"],
        json!([150, 150, 0, 200, 200, 0, 0, 0, 0, 200, 200, 200, 0, 0])
    );
    assert_eq!(days["capacity_minutes"][7], 0, "absent");
    guest.get(FORTNIGHT).await.problem(403, "insufficient_role");
}

#[tokio::test]
async fn what_cannot_be_counted_is_told() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    work(&lead, &format!("/members/{}/working-hours", lead.id), 480).await;
    let undated = task(&lead, &ann, json!({"estimate_minutes": 60})).await;
    task(&lead, &ann, json!({"due_on": "2054-11-27"})).await;
    task(
        &lead,
        &ann,
        json!({"due_on": "2054-11-20", "estimate_minutes": 60}),
    )
    .await;
    task(
        &lead,
        &ann,
        json!({"due_on": "2054-11-25", "estimate_minutes": 60}),
    )
    .await;
    let unknown = of(&lead, FORTNIGHT, &ann).await;
    assert_eq!(
        unknown["capacity_minutes"],
        json!([null, null]),
        "unknown is not zero"
    );
    assert_eq!(unknown["free_minutes"], json!([null, null]));
    assert_eq!(unknown["demand_minutes"], json!([60, 0]));
    assert_eq!(unknown["unknown_days"], 14);
    let not = &unknown["not_counted"];
    assert_eq!(
        (&not["no_due_date"], &not["no_estimate"], &not["overdue"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert!(
        not["tasks"]
            .as_array()
            .unwrap()
            .contains(&json!({"task_id": undated["id"], "reason": "no_due_date"}))
    );
    let known = of(&lead, FORTNIGHT, &lead).await;
    assert_eq!(known["unknown_days"], 0);
}

#[tokio::test]
async fn what_is_allocated_is_told_apart_and_counts_once() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    work(&lead, "/working-hours", 480).await;
    let covered = task(
        &lead,
        &ann,
        json!({"due_on": "2054-11-27", "estimate_minutes": 999}),
    )
    .await;
    let ask = async |amount: Value| {
        let body = json!({"resource_id": ann.id, "task_id": covered["id"], "first_on": "2054-11-25",
            "last_on": "2054-12-01", "amount": amount});
        lead.post("/allocations", body).await.created()
    };
    ask(json!({"percent": 25})).await;
    ask(json!({"minutes_per_day": 60})).await;
    let last = ask(json!({"minutes": 500})).await;
    let weeks = of(&lead, FORTNIGHT, &ann).await;
    // Three workdays of five lie in the first week.
    assert_eq!(weeks["allocated_minutes"], json!([840, 560]));
    assert_eq!(
        weeks["demand_minutes"],
        json!([0, 0]),
        "the task is covered"
    );
    let place = format!("/allocations/{}/release", last["id"].as_str().unwrap());
    lead.post(&place, json!({})).await.ok();
    let weeks = of(&lead, FORTNIGHT, &ann).await;
    assert_eq!(weeks["allocated_minutes"], json!([540, 360]));
}

#[tokio::test]
async fn every_change_is_seen_at_once() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    work(&lead, "/working-hours", 480).await;
    let task = task(
        &lead,
        &ann,
        json!({"due_on": "2054-11-24", "estimate_minutes": 300}),
    )
    .await;
    let demand = async || of(&lead, FORTNIGHT, &ann).await["demand_minutes"].clone();
    assert_eq!(demand().await, json!([300, 0]));
    assert_eq!(demand().await, json!([300, 0]));
    let place = format!("/tasks/{}", task["id"].as_str().unwrap());
    lead.patch(&place, json!({"remaining_minutes": 120}))
        .await
        .ok();
    assert_eq!(demand().await, json!([120, 0]));
    lead.patch(
        &place,
        json!({"due_on": "2054-12-01", "starts_on": "2054-12-01"}),
    )
    .await
    .ok();
    assert_eq!(demand().await, json!([0, 120]));
    lead.delete(&place).await.no_content();
    assert_eq!(demand().await, json!([0, 0]));
    // Without any change, the day alone decides what is overdue.
    let id = task["id"].as_str().unwrap();
    lead.request("POST", &format!("/trash/{id}/restore"))
        .send()
        .await
        .ok();
    app.clock.stop_at("2054-12-02T12:00:00Z".parse().unwrap());
    let later = of(&lead, FORTNIGHT, &ann).await;
    assert_eq!(later["demand_minutes"], json!([0, 0]));
    assert_eq!(later["not_counted"]["overdue"], 1);
}

#[tokio::test]
async fn what_is_due_far_ahead_begins_five_years_before() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    work(&lead, "/working-hours", 480).await;
    task(
        &lead,
        &ann,
        json!({"due_on": "2060-12-31", "estimate_minutes": 100_000}),
    )
    .await;
    // A date that means none: days are not laid out for a thousand years.
    task(
        &lead,
        &ann,
        json!({"due_on": "2999-12-31", "estimate_minutes": 100_000}),
    )
    .await;
    let week = async |from: &str, to: &str| {
        let query = format!("/workload?from={from}&to={to}");
        of(&lead, &query, &ann).await["demand_minutes"].clone()
    };
    assert_eq!(week("2055-12-20", "2055-12-26").await, json!([0]));
    assert_ne!(week("2056-01-03", "2056-01-09").await, json!([0]));
}

#[tokio::test]
async fn a_period_is_no_longer_than_a_year_and_runs_forward() {
    let app = on_monday().await;
    let [ann] = app.team_with(["member"]).await;
    for query in [
        "from=2054-11-23&to=2054-11-22",
        "from=2054-11-23&to=2055-11-24",
        "from=2054-11-23",
        "from=2054-11-23&to=2054-11-31",
        "from=2054-11-23&to=2054-11-30&by=month",
        "from=2054-11-23&to=2054-11-30&member_id=none",
    ] {
        ann.get(&format!("/workload?{query}"))
            .await
            .problem(400, "invalid_query");
    }
    let year = ann
        .get("/workload?from=2054-11-23&to=2055-11-23&by=day")
        .await
        .ok();
    assert_eq!(year["periods"].as_array().unwrap().len(), 366);
}

async fn picture(by: &Member, query: &str) -> Answer {
    let path = format!("/v1/teams/{}{query}", by.team_id);
    let answer = by
        .person
        .request("GET", &path)
        .header("accept", "image/svg+xml")
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("image/svg+xml"));
    answer
}

#[tokio::test]
async fn the_picture_tells_each_cell_in_words() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    work(&lead, "/working-hours", 480).await;
    ann.patch(
        &format!("/members/{}", ann.id),
        json!({"display_name": "<script>alert('Ann') & \"Co\"</script>"}),
    )
    .await
    .ok();
    task(
        &lead,
        &ann,
        json!({"due_on": "2054-11-24", "estimate_minutes": 1000}),
    )
    .await;
    task(
        &lead,
        &ann,
        json!({"starts_on": "2054-11-30", "due_on": "2054-12-04", "estimate_minutes": 1200}),
    )
    .await;
    let svg = picture(&lead, FORTNIGHT).await.text;
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert!(svg.contains("aria-labelledby=\"workload-title workload-description\""));
    assert!(
        svg.contains(
            "<title id=\"workload-title\">Workload from 23 Nov 2054 to 6 Dec 2054</title>"
        )
    );
    assert!(!svg.contains("<script"), "{svg}");
    assert!(svg.contains("&lt;script&gt;alert(&#39;Ann&#39;) &amp; &quot;Co&quot;&lt;/script&gt;, 30 Nov 2054 to 6 Dec 2054: 50 % of 40 h taken; allocated 0 min, tasks 20 h, 20 h free."));
    // Each cell has a sentence of its own, which it is labelled by.
    assert_eq!(svg.matches("role=\"img\" aria-labelledby=\"w").count(), 6);
    assert_eq!(svg.matches("<title id=\"w").count(), 6 + 1);
    // The page's policy allows no styles.
    assert!(!svg.contains("style"), "{svg}");
    let days = picture(&lead, &format!("{FORTNIGHT}&by=day&member_id={}", ann.id))
        .await
        .text;
    assert!(days.contains(
        "Mon 23 Nov 2054: 105 % of 8 h taken; allocated 0 min, tasks 8 h 20 min, 20 min too much."
    ));
    let json = lead
        .person
        .request("GET", &format!("/v1/teams/{}{FORTNIGHT}", lead.team_id))
        .header("accept", "application/json, image/svg+xml;q=0.5")
        .send()
        .await;
    assert_eq!(json.header("content-type"), Some("application/json"));
}
