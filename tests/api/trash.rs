//! The trash: what goes together comes back together, and is gone after 30 days.

use chrono::TimeDelta;
use diesel::prelude::*;
use relais::db::DbError;
use relais::schema::{delegations, tasks};
use relais::trash::purge_expired;
use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

async fn make(who: &Member, path: &str, body: Value) -> String {
    let made = who.post(path, body).await.created();
    made["id"].as_str().unwrap().to_owned()
}

/// What is listed, without what a deletion and a restoration change.
async fn listed(who: &Member) -> Vec<Value> {
    let mut all = Vec::new();
    for path in ["/campaigns", "/milestones", "/tasks?sort=created_at"] {
        all.extend(who.all(path).await);
    }
    for one in &mut all {
        for name in ["version", "updated_at"] {
            one.as_object_mut().unwrap().remove(name);
        }
    }
    all
}

#[tokio::test]
async fn a_campaign_takes_everything_along_and_brings_it_back() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let campaign = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    let milestone = make(
        &lead,
        "/milestones",
        json!({"campaign_id": campaign, "name": "M"}),
    )
    .await;
    let task = make(
        &lead,
        "/tasks",
        json!({"title": "A", "milestone_id": milestone, "labels": ["x"]}),
    )
    .await;
    let below = make(&lead, "/tasks", json!({"title": "B", "parent_id": task})).await;
    let apart = make(&lead, "/tasks", json!({"title": "C"})).await;
    let before = listed(&lead).await;

    lead.delete(&format!("/campaigns/{campaign}"))
        .await
        .no_content();
    for place in [
        format!("/campaigns/{campaign}"),
        format!("/milestones/{milestone}"),
        format!("/tasks/{task}"),
        format!("/tasks/{below}"),
    ] {
        lead.get(&place).await.problem(404, "not_found");
    }
    lead.get(&format!("/tasks/{apart}")).await.ok();

    let trash = member.all("/trash").await;
    assert_eq!(trash.len(), 1, "{trash:?}");
    assert_eq!(
        (&trash[0]["kind"], &trash[0]["id"], &trash[0]["name"]),
        (&json!("campaign"), &json!(campaign), &json!("Spring"))
    );
    assert_eq!(trash[0]["deleted_by_id"], json!(lead.id));
    let deleted = lead
        .all(&format!("/changes?campaign_id={campaign}"))
        .await
        .into_iter()
        .filter(|line| line["action"] == "deleted")
        .count();
    // The subtask belongs to no campaign or to this one; both ways it has its line.
    assert!(deleted >= 3, "{deleted}");

    let restore = format!("/trash/{campaign}/restore");
    member
        .request("POST", &restore)
        .send()
        .await
        .problem(403, "insufficient_role");
    lead.request("POST", &format!("/trash/{task}/restore"))
        .send()
        .await
        .problem(409, "still_in_trash");
    let restored = lead.request("POST", &restore).send().await.ok();
    assert_eq!(
        restored,
        json!({"kind": "campaign", "id": campaign, "campaigns": 1, "milestones": 1, "series": 0, "events": 0, "tasks": 2})
    );
    assert_eq!(listed(&lead).await, before);
    assert!(member.all("/trash").await.is_empty());
    lead.request("POST", &restore)
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn nothing_comes_back_below_what_is_in_the_trash() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    let milestone = make(
        &lead,
        "/milestones",
        json!({"campaign_id": campaign, "name": "M"}),
    )
    .await;
    let parent = make(
        &lead,
        "/tasks",
        json!({"title": "P", "campaign_id": campaign}),
    )
    .await;
    let child = make(
        &lead,
        "/tasks",
        json!({"title": "C", "campaign_id": campaign, "parent_id": parent}),
    )
    .await;
    lead.delete(&format!("/tasks/{child}")).await.no_content();
    lead.delete(&format!("/tasks/{parent}")).await.no_content();
    lead.delete(&format!("/milestones/{milestone}"))
        .await
        .no_content();
    lead.delete(&format!("/campaigns/{campaign}"))
        .await
        .no_content();
    let kinds: Vec<Value> = lead
        .all("/trash?limit=1")
        .await
        .into_iter()
        .map(|entry| entry["kind"].clone())
        .collect();
    assert_eq!(kinds, ["campaign", "milestone", "task", "task"]);
    assert_eq!(lead.all("/trash?kind=task").await.len(), 2);

    let restore = async |id: &str| {
        lead.request("POST", &format!("/trash/{id}/restore"))
            .send()
            .await
    };
    for id in [&child, &parent, &milestone] {
        let problem = restore(id).await.problem(409, "still_in_trash");
        assert_eq!(problem["trash_id"], json!(campaign));
    }
    restore(&campaign).await.ok();
    let problem = restore(&child).await.problem(409, "still_in_trash");
    assert_eq!(problem["trash_id"], json!(parent));
    for id in [&parent, &child, &milestone] {
        restore(id).await.ok();
    }
    let task = lead.get(&format!("/tasks/{child}")).await.ok();
    assert_eq!(task["parent_id"], json!(parent));
}

#[tokio::test]
async fn a_deleted_milestone_keeps_its_tasks_until_it_is_purged() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    let milestone = make(
        &lead,
        "/milestones",
        json!({"campaign_id": campaign, "name": "M"}),
    )
    .await;
    let task = make(
        &lead,
        "/tasks",
        json!({"title": "A", "milestone_id": milestone}),
    )
    .await;
    lead.delete(&format!("/milestones/{milestone}"))
        .await
        .no_content();
    let kept = lead.get(&format!("/tasks/{task}")).await.ok();
    assert_eq!(kept["milestone_id"], json!(milestone));

    app.clock.advance(TimeDelta::days(31));
    assert_eq!(purge_expired(&app.state).await.unwrap(), 1);
    let left = lead.get(&format!("/tasks/{task}")).await.ok();
    assert_eq!(left["milestone_id"], Value::Null);
    assert_eq!(left["campaign_id"], json!(campaign));
    let history = lead.all(&format!("/tasks/{task}/history")).await;
    let last = history.last().unwrap();
    assert_eq!(last["actor_id"], Value::Null);
    assert_eq!(last["note"], "Purged from the trash.");
}

#[tokio::test]
async fn after_thirty_days_it_is_gone_and_the_journal_remembers() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let campaign = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    make(
        &lead,
        "/milestones",
        json!({"campaign_id": campaign, "name": "M"}),
    )
    .await;
    let mut parent = Value::Null;
    for title in ["A", "B", "C"] {
        parent = json!(
            make(
                &lead,
                "/tasks",
                json!({"title": title, "campaign_id": campaign, "parent_id": parent, "external_id": title}),
            )
            .await
        );
    }
    let delegation = make(
        &lead,
        &format!("/tasks/{}/delegations", parent.as_str().unwrap()),
        json!({"delegate_id": member.id, "authority": "full"}),
    )
    .await;
    member
        .request("POST", &format!("/delegations/{delegation}/accept"))
        .json(json!({}))
        .await
        .ok();
    lead.delete(&format!("/campaigns/{campaign}"))
        .await
        .no_content();

    app.clock.advance(TimeDelta::days(29));
    assert_eq!(purge_expired(&app.state).await.unwrap(), 0);
    app.clock.advance(TimeDelta::days(2));
    assert!(lead.all("/trash").await.is_empty());
    lead.request("POST", &format!("/trash/{campaign}/restore"))
        .send()
        .await
        .problem(404, "not_found");
    assert_eq!(purge_expired(&app.state).await.unwrap(), 1);
    assert_eq!(purge_expired(&app.state).await.unwrap(), 0);

    // An answered delegation is history: it stays, with a stub of its task that no list shows.
    let kept: Vec<(String, String, String)> = app
        .db
        .read(|conn| {
            delegations::table
                .inner_join(
                    tasks::table.on(tasks::team_id
                        .eq(delegations::team_id)
                        .and(tasks::id.eq(delegations::task_id))),
                )
                .select((delegations::state, tasks::title, tasks::search))
                .load(conn)
                .map_err(DbError::from)
        })
        .await
        .unwrap();
    assert_eq!(
        kept,
        [("accepted".to_owned(), "C".to_owned(), String::new())]
    );
    lead.get(&format!("/tasks/{}", parent.as_str().unwrap()))
        .await
        .problem(404, "not_found");
    let lines = lead.all("/changes?kind=task&limit=100").await;
    let created = lines
        .iter()
        .filter(|line| line["action"] == "created")
        .count();
    assert_eq!(created, 3);
    // The external ids are free again.
    make(&lead, "/tasks", json!({"title": "C", "external_id": "C"})).await;
}

/// A public event of this campaign, and a task of another that prepares it.
async fn event_with_a_task(lead: &Member, campaign: &str) -> (String, String) {
    let wall = |local: &str| json!({"local": local, "time_zone": "Europe/Paris"});
    let event = make(
        lead,
        "/events",
        json!({"title": "Office hours", "kind": "ama", "campaign_id": campaign, "visibility": "public", "slug": "office-hours",
            "hosts": [lead.id], "starts": wall("2027-04-20T19:00:00"), "ends": wall("2027-04-20T20:00:00")}),
    )
    .await;
    let task = make(lead, "/tasks", json!({"title": "A", "event_id": event})).await;
    (event, task)
}

#[tokio::test]
async fn an_event_comes_back_with_its_tasks_and_its_address() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let campaign = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    let (event, task) = event_with_a_task(&lead, &campaign).await;
    let place = format!("/events/{event}");
    let before = lead.get(&place).await.ok();
    member
        .delete(&place)
        .await
        .problem(403, "insufficient_role");

    lead.delete(&place).await.no_content();
    lead.get(&place).await.problem(404, "not_found");
    assert!(lead.all("/events").await.is_empty());
    let trash = lead.all("/trash?kind=event").await;
    assert_eq!(
        (&trash[0]["id"], &trash[0]["name"]),
        (&json!(event), &json!("Office hours"))
    );
    let kept = lead.get(&format!("/tasks/{task}")).await.ok();
    assert_eq!(kept["event_id"], json!(event));
    // Its address is still its own.
    let (other, _) = {
        let mut body = json!({"title": "Another", "kind": "ama", "slug": "office-hours"});
        for name in ["starts", "ends"] {
            body[name] = before[name].clone();
        }
        (lead.post("/events", body.clone()).await, body)
    };
    other.problem(409, "already_exists");

    let restore = format!("/trash/{event}/restore");
    let restored = lead.request("POST", &restore).send().await.ok();
    assert_eq!(
        (&restored["kind"], &restored["events"], &restored["tasks"]),
        (&json!("event"), &json!(1), &json!(0))
    );
    let mut after = lead.get(&place).await.ok();
    for name in ["version", "updated_at"] {
        after[name] = before[name].clone();
    }
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_purged_event_leaves_its_tasks_and_its_address() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    let (event, task) = event_with_a_task(&lead, &campaign).await;
    lead.delete(&format!("/events/{event}")).await.no_content();
    app.clock.advance(TimeDelta::days(31));
    assert_eq!(purge_expired(&app.state).await.unwrap(), 1);
    let left = lead.get(&format!("/tasks/{task}")).await.ok();
    assert_eq!(left["event_id"], Value::Null);
    let history = lead.all(&format!("/tasks/{task}/history")).await;
    assert_eq!(history.last().unwrap()["note"], "Purged from the trash.");
    // The address is free again.
    event_with_a_task(&lead, &campaign).await;
}

#[tokio::test]
async fn a_campaign_takes_its_events_along() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    let (first, _) = event_with_a_task(&lead, &campaign).await;
    lead.delete(&format!("/campaigns/{campaign}"))
        .await
        .no_content();
    let restore = async |id: &str| {
        lead.request("POST", &format!("/trash/{id}/restore"))
            .send()
            .await
    };
    let problem = restore(&first).await.problem(409, "still_in_trash");
    assert_eq!(problem["trash_id"], json!(campaign));
    assert_eq!(restore(&campaign).await.ok()["events"], 1);

    // Deleted on its own, it does not come back below a campaign in the trash.
    lead.delete(&format!("/events/{first}")).await.no_content();
    lead.delete(&format!("/campaigns/{campaign}"))
        .await
        .no_content();
    let problem = restore(&first).await.problem(409, "still_in_trash");
    assert_eq!(problem["trash_id"], json!(campaign));
    restore(&campaign).await.ok();
    restore(&first).await.ok();

    let tasks = lead.all("/tasks").await;
    lead.delete(&format!("/campaigns/{campaign}"))
        .await
        .no_content();
    app.clock.advance(TimeDelta::days(31));
    assert_eq!(purge_expired(&app.state).await.unwrap(), 1);
    assert_eq!(tasks.len(), 1);
    assert_eq!(lead.all("/tasks").await[0]["event_id"], Value::Null);
    assert!(lead.all("/events").await.is_empty());
}
