//! Lists: of a team, of a task, and what waits for me.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{accepted, act, offer, task_of, text};
use crate::vocabulary::{Member, Person, TestApp};

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| text(&item["id"])).collect()
}

async fn found(member: &Member, query: &str) -> Vec<String> {
    let mut found = ids(&member.all(&format!("/delegations{query}")).await);
    found.sort();
    found
}

#[track_caller]
fn same(found: Vec<String>, mut expected: Vec<&Value>) {
    expected.sort_by_key(|one| text(&one["id"]));
    assert_eq!(
        found,
        expected
            .iter()
            .map(|one| text(&one["id"]))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn delegations_are_found_by_people_state_and_task() {
    let app = TestApp::start().await;
    let [ann, ben, cem] = app.team_with(["member", "member", "member"]).await;
    let (one, two, three) = (
        task_of(&ann, "1").await,
        task_of(&ann, "2").await,
        task_of(&ben, "3").await,
    );
    let a = accepted(&ann, &one, &ben).await;
    let b = offer(&ann, &two, &cem, json!({})).await.created();
    let c = offer(&ben, &three, &ann, json!({})).await.created();
    act(&ann, &c, "decline").await.ok();

    same(found(&ann, "").await, vec![&a, &b, &c]);
    same(found(&ann, "?delegator_id=me").await, vec![&a, &b]);
    same(found(&ann, "?delegate_id=me").await, vec![&c]);
    same(
        found(&ann, &format!("?delegate_id={},{}", ben.id, cem.id)).await,
        vec![&a, &b],
    );
    same(found(&ann, "?state=offered,declined").await, vec![&b, &c]);
    same(
        found(&ann, "?delegator_id=me&state=accepted").await,
        vec![&a],
    );
    same(
        found(&ann, &format!("?task_id={}", text(&one["id"]))).await,
        vec![&a],
    );
    same(found(&ann, &format!("?task_id={}", ann.id)).await, vec![]);
    let of_task = ann
        .all(&format!("/tasks/{}/delegations", text(&three["key"])))
        .await;
    assert_eq!(ids(&of_task), [text(&c["id"])]);

    for wrong in [
        "?state=new",
        "?delegator_id=ann",
        "?is_overdue_answer=maybe",
        "?sort=state",
        "?task_id=1",
    ] {
        ann.get(&format!("/delegations{wrong}"))
            .await
            .problem(400, "invalid_query");
    }
    ann.get("/delegations?status=offered")
        .await
        .problem(400, "unknown_parameter");
}

#[tokio::test]
async fn the_list_pages_to_its_end_with_each_once() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let mut offers = Vec::new();
    for title in 0..7 {
        let task = task_of(&ann, &title.to_string()).await;
        offers.push(json!({"task_id": task["id"], "delegate_id": ben.id}));
    }
    // All at the same time: only the id orders them.
    let made = ann
        .post("/delegations/batch", json!({"offers": offers}))
        .await
        .ok();
    let mut expected = ids(made["items"].as_array().unwrap());
    expected.sort();
    assert_eq!(
        ids(&ann.all("/delegations?limit=2&sort=created_at").await),
        expected
    );
    expected.reverse();
    assert_eq!(ids(&ann.all("/delegations?limit=3").await), expected);
    let mine = ben
        .person
        .get("/v1/me/delegations?limit=3&include_total=true")
        .await
        .ok();
    assert_eq!(
        (&mine["total"], &mine["total_is_exact"]),
        (&json!(7), &json!(true))
    );
    assert_eq!(
        ids(&all_of(&ben.person, "/v1/me/delegations?limit=2").await),
        expected
    );
}

async fn all_of(person: &Person, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = person.get(&format!("{path}{cursor}")).await.ok();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[tokio::test]
async fn an_unchanged_list_is_not_sent_again_but_one_that_looks_at_the_clock_is() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "1").await;
    let tag = ann
        .get("/delegations")
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    let again = || {
        ann.request("GET", "/delegations")
            .header("if-none-match", &tag)
    };
    again().send().await.not_modified();
    offer(&ann, &task, &ben, json!({})).await.created();
    again().send().await.ok();
    assert_eq!(
        ann.get("/delegations?is_overdue_answer=true")
            .await
            .header("etag"),
        None
    );
}

#[tokio::test]
async fn overdue_answers_are_found() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let soon = app.clock.now().plus(TimeDelta::days(1)).to_string();
    let mut made = Vec::new();
    for (title, more) in [
        ("soon", json!({"respond_by": soon})),
        ("free", json!({})),
        ("countered", json!({})),
        ("taken", json!({})),
    ] {
        made.push(
            offer(&ann, &task_of(&ann, title).await, &ben, more)
                .await
                .created(),
        );
    }
    act(&ben, &made[2], "propose").await.ok();
    act(&ben, &made[3], "accept").await.ok();
    same(found(&ann, "?is_overdue_answer=true").await, vec![]);
    same(
        found(&ann, "?is_overdue_answer=false").await,
        made.iter().collect(),
    );
    app.clock.advance(TimeDelta::days(2));
    same(found(&ann, "?is_overdue_answer=true").await, vec![&made[0]]);
    app.clock.advance(TimeDelta::days(2));
    same(
        found(&ann, "?is_overdue_answer=true").await,
        made[..3].iter().collect(),
    );
    same(
        found(&ann, "?is_overdue_answer=false").await,
        vec![&made[3]],
    );
}

#[tokio::test]
async fn what_waits_for_me_over_all_teams() {
    let app = TestApp::start().await;
    let [ann, ben, cem] = app.team_with(["member", "member", "member"]).await;
    let ann_elsewhere = ann.person.found_team("Elsewhere", "ELSE").await;
    let ben_elsewhere = ann_elsewhere.invite(&ben.person, "member").await;
    let mut made = Vec::new();
    for (by, to) in [
        (&ann, &ben),
        (&ann_elsewhere, &ben_elsewhere),
        (&ben, &ann),
        (&ann, &ben),
        (&ann, &ben),
        (&ann_elsewhere, &ben_elsewhere),
    ] {
        let task = task_of(by, "Something").await;
        made.push(
            offer(by, &task, to, json!({"may_redelegate": true}))
                .await
                .created(),
        );
    }
    let [offered, far, mine, countered, working, submitted] = made.as_slice() else {
        panic!("six");
    };
    act(&ben, countered, "propose").await.ok();
    act(&ben, working, "accept").await.ok();
    act(&ben_elsewhere, submitted, "accept").await.ok();
    act(&ben_elsewhere, submitted, "submit").await.ok();

    let waiting = async |person: &Person, query: &str| {
        let mut found = ids(&all_of(person, &format!("/v1/me/delegations?limit=2{query}")).await);
        found.sort();
        found
    };
    let (ann_is, ben_is) = (&ann.person, &ben.person);
    same(
        waiting(ben_is, "&waits_for=my_answer").await,
        vec![offered, far],
    );
    same(waiting(ben_is, "&waits_for=my_work").await, vec![working]);
    same(
        waiting(ben_is, "&waits_for=their_answer").await,
        vec![mine, countered],
    );
    same(waiting(ben_is, "&waits_for=my_confirmation").await, vec![]);
    same(
        waiting(ann_is, "&waits_for=my_answer").await,
        vec![mine, countered],
    );
    same(
        waiting(ann_is, "&waits_for=my_confirmation").await,
        vec![submitted],
    );
    same(
        waiting(ann_is, "&waits_for=my_answer,my_confirmation").await,
        vec![mine, countered, submitted],
    );
    same(waiting(ann_is, "").await, made.iter().collect());
    let item = ann_is
        .get("/v1/me/delegations?waits_for=my_confirmation")
        .await
        .ok()["items"][0]
        .clone();
    assert_eq!(item["task"]["title"], "Something");
    assert_eq!(item["task"]["status"], "in_review");
    assert!(text(&item["task"]["key"]).starts_with("ELSE-"));
    ann_is
        .get("/v1/me/delegations?waits_for=godot")
        .await
        .problem(400, "invalid_query");

    // What I handed on is not my work, whoever is asked.
    let task = json!({"id": working["task_id"]});
    let on = offer(&ben, &task, &cem, json!({})).await.created();
    same(waiting(ben_is, "&waits_for=my_work").await, vec![]);
    act(&cem, &on, "decline").await.ok();
    same(waiting(ben_is, "&waits_for=my_work").await, vec![working]);
}
