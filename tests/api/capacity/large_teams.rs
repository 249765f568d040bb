//! More than one answer holds: whoever asks is told that there is more.

use diesel::prelude::*;
use relais::access::Role;
use relais::db::{Id, Instant, Json};
use relais::http::text::Name;
use relais::people::members::{self, Skills};
use relais::people::texts::Handle;
use relais::schema::{accounts, members as rows};
use serde_json::{Value, json};

use super::workload::on_monday;
use super::{ask, id, resource, task};
use crate::vocabulary::{Member, TestApp};

/// So many members more, who have never signed in.
async fn grow(app: &TestApp, lead: &Member, count: usize) {
    let team_id: Id = lead.team_id.parse().expect("an id");
    let grown = app.state.write_as_clock(team_id, move |tx| {
        for number in 0..count {
            let (account_id, now): (Id, Instant) = (Id::new(), tx.now);
            diesel::insert_into(accounts::table)
                .values((
                    accounts::id.eq(account_id),
                    accounts::email.eq(format!("{account_id}@example.org")),
                    accounts::name.eq("Many"),
                    accounts::locale.eq("en"),
                    accounts::time_zone.eq("Europe/Paris"),
                    accounts::created_at.eq(now),
                    accounts::updated_at.eq(now),
                    accounts::version.eq(1_i64),
                ))
                .execute(tx.conn)?;
            let member = members::Member {
                team_id,
                id: Id::new(),
                account_id,
                role: Role::Member,
                display_name: Name::new("Many").expect("a name"),
                handle: Handle::new(&format!("many-{number}")).expect("a handle"),
                job_title: None,
                skills: Json(Skills::default()),
                search: String::new(),
                created_at: now,
                updated_at: now,
                version: tx.revision,
                left_at: None,
            };
            diesel::insert_into(rows::table)
                .values(&member)
                .execute(tx.conn)?;
            tx.created(&member)?;
        }
        Ok(())
    });
    grown.await.expect("members");
}

#[tokio::test]
async fn of_a_very_large_team_five_hundred_are_shown_and_the_rest_on_request() {
    let app = on_monday().await;
    let [lead] = app.team_with(["lead"]).await;
    let wanted = task(&lead, json!({})).await;
    let fortnight = "/workload?from=2054-11-23&to=2054-12-06";
    let candidates = format!("/tasks/{}/candidates?best=100", id(&wanted));
    let shown = async |place: &str| {
        let answer = lead.get(place).await.ok();
        let is_complete = answer["is_complete"].as_bool().expect("whether");
        (is_complete, answer)
    };
    let asked_of = |answer: &Value| {
        answer["ranked_total"].as_i64().unwrap() + answer["not_ranked_total"].as_i64().unwrap()
    };
    let names = |answer: &Value| -> Vec<String> {
        let members = answer["members"].as_array().unwrap().iter();
        let ids = members.map(|one| one["member_id"].as_str().unwrap().to_owned());
        ids.collect()
    };
    // The owner, the lead and 498 more are all there is.
    grow(&app, &lead, 498).await;
    let (is_complete, all) = shown(fortnight).await;
    assert_eq!((is_complete, names(&all).len()), (true, 500));
    let (is_complete, all) = shown(&candidates).await;
    assert_eq!((is_complete, asked_of(&all)), (true, 500));

    // Somebody new is one too many, and can be asked for by name.
    let person = app.person("Nora Newcomer").await;
    let owner = lead.all("/members?role=owner&limit=1").await;
    let newcomer = lead.invite(&person, "member").await;
    let (is_complete, some) = shown(fortnight).await;
    let some = names(&some);
    assert_eq!((is_complete, some.len()), (false, 500));
    assert!(!some.contains(&newcomer.id), "the first 500 to join");
    assert!(some.contains(&lead.id) && some.iter().any(|one| owner[0]["id"] == **one));
    let one = format!("{fortnight}&member_id={},{}", newcomer.id, lead.id);
    let (is_complete, two) = shown(&one).await;
    assert_eq!((is_complete, names(&two).len()), (true, 2));
    assert!(names(&two).contains(&newcomer.id));
    let (is_complete, some) = shown(&candidates).await;
    assert_eq!((is_complete, asked_of(&some)), (false, 500));
    let (is_complete, one) = shown(&format!("{candidates}&member_id={}", newcomer.id)).await;
    assert_eq!((is_complete, asked_of(&one)), (true, 1));
    assert_eq!(one["candidates"][0]["member_id"], json!(newcomer.id));
    let picture = lead
        .request("GET", fortnight)
        .header("accept", "image/svg+xml")
        .send()
        .await;
    assert!(
        picture
            .text
            .contains("Only the first 500 members are shown.")
    );
}

#[tokio::test]
async fn of_very_many_conflicts_two_hundred_are_told_and_the_rest_day_by_day() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let notes = task(&lead, json!({})).await;
    let room = json!({"kind": "space", "booking": "minutes", "overbooking": "allow"});
    let room = resource(&lead, room).await;
    // Each hour too many of them, with an hour in between: eight a day, from 2 March 2099 on.
    let body = |number: usize| {
        let (day, hour) = (2 + number / 8, 2 + 2 * (number % 8));
        json!({"resource_id": room["id"], "task_id": notes["id"], "amount": {"units": 2},
            "starts_at": format!("2099-03-{day:02}T{hour:02}:00:00Z"),
            "ends_at": format!("2099-03-{day:02}T{:02}:00:00Z", hour + 1)})
    };
    for some in [0..100, 100..200] {
        let some: Vec<Value> = some.map(body).collect();
        let batch = json!({"allocations": some});
        lead.post("/allocations/batch", batch).await.ok();
    }
    let found = async |query: &str| {
        let answer = lead.get(&format!("/conflicts?{query}")).await.ok();
        let count = answer["items"].as_array().unwrap().len();
        (count, answer["is_complete"].as_bool().unwrap())
    };
    let march = "from=2099-03-01&to=2099-03-31";
    assert_eq!(
        found(march).await,
        (200, true),
        "as many as there is room for"
    );
    ask(&lead, body(200)).await.created();
    assert_eq!(found(march).await, (200, false));
    let room_only = format!("{march}&resource_id={}", id(&room));
    assert_eq!(found(&room_only).await, (200, false));
    // Halves are whole, and hold them all.
    let (first, second) = (
        found("from=2099-03-01&to=2099-03-14").await,
        found("from=2099-03-15&to=2099-03-31").await,
    );
    assert_eq!((first, second), ((104, true), (97, true)));
    // What is asked about something else is not cut off by these.
    let kit = resource(&lead, json!({"kind": "equipment"})).await;
    let of_kit = format!("{march}&resource_id={}", id(&kit));
    assert_eq!(found(&of_kit).await, (0, true));
}
