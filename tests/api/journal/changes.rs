//! The change feed: whoever follows it has what the lists show.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::vocabulary::{Member, TestApp};

async fn make(who: &Member, path: &str, body: Value) -> String {
    let made = who.post(path, body).await.created();
    made["id"].as_str().unwrap().to_owned()
}

/// A client that knows nothing but the feed.
#[derive(Default)]
struct Follower {
    records: HashMap<(String, String), Map<String, Value>>,
    last_revision: i64,
}

impl Follower {
    fn apply(&mut self, line: &Value) {
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        let key = (text("kind"), text("record_id"));
        self.last_revision = line["revision"].as_i64().unwrap();
        match line["action"].as_str().unwrap() {
            "deleted" => {
                self.records.remove(&key);
                return;
            }
            "created" | "restored" => {
                self.records.insert(key.clone(), Map::new());
            }
            _ => {}
        }
        let record = self.records.get_mut(&key).expect("a record that began");
        for (name, change) in line["changes"].as_object().unwrap() {
            record.insert(name.clone(), change["to"].clone());
        }
        record.insert("version".to_owned(), line["revision"].clone());
        record.insert("updated_at".to_owned(), line["at"].clone());
    }

    /// Reads on from where it is, page by page; `between` happens after each page.
    async fn follow(&mut self, who: &Member, between: impl AsyncFn()) {
        let path = format!("/changes?after={}&limit=3", self.last_revision);
        let mut cursor = String::new();
        loop {
            let page = who.get(&format!("{path}{cursor}")).await.ok();
            for line in page["items"].as_array().unwrap() {
                self.apply(line);
            }
            let Some(next) = page["next_cursor"].as_str() else {
                return;
            };
            cursor = format!("&cursor={next}");
            between().await;
        }
    }

    /// Fails unless the records of a kind are exactly those of the list.
    async fn must_agree(&self, who: &Member, kind: &str, path: &str) {
        let listed = who.all(path).await;
        let mine = self.records.keys().filter(|(one, _)| one == kind).count();
        assert_eq!(mine, listed.len(), "{kind}");
        for item in listed {
            let id = item["id"].as_str().unwrap().to_owned();
            let record = &self.records[&(kind.to_owned(), id)];
            for (name, value) in item.as_object().unwrap() {
                if name == "id" || name == "team_id" {
                    continue;
                }
                assert_eq!(
                    record.get(name).unwrap_or(&Value::Null),
                    value,
                    "{kind} {name}"
                );
            }
        }
    }

    async fn must_agree_with_all(&self, who: &Member) {
        self.must_agree(who, "campaign", "/campaigns").await;
        self.must_agree(who, "milestone", "/milestones").await;
        self.must_agree(who, "task", "/tasks?sort=created_at").await;
    }
}

#[tokio::test]
async fn whoever_follows_the_feed_has_what_the_lists_show() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let spring = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    let autumn = make(
        &lead,
        "/campaigns",
        json!({"name": "Autumn", "colour": "#00ff00"}),
    )
    .await;
    let milestone = make(
        &lead,
        "/milestones",
        json!({"campaign_id": spring, "name": "M", "due_on": "2026-03-01"}),
    )
    .await;
    let mut tasks = Vec::new();
    for title in ["A", "B", "C", "D"] {
        tasks.push(
            make(
                &lead,
                "/tasks",
                json!({"title": title, "campaign_id": spring, "labels": [title], "estimate_minutes": 5}),
            )
            .await,
        );
    }
    let task = |index: usize| format!("/tasks/{}", tasks[index]);
    lead.patch(
        &task(0),
        json!({"status": "in_progress", "estimate_minutes": null}),
    )
    .await
    .ok();
    lead.patch(&task(1), json!({"milestone_id": milestone, "title": "B2"}))
        .await
        .ok();
    lead.patch(&task(2), json!({"campaign_id": autumn}))
        .await
        .ok();
    lead.delete(&task(3)).await.no_content();

    let mut follower = Follower::default();
    follower.follow(&member, async || {}).await;
    follower.must_agree_with_all(&member).await;

    // Now with writes between the pages.
    lead.delete(&format!("/campaigns/{spring}"))
        .await
        .no_content();
    lead.request("POST", &format!("/trash/{}/restore", tasks[3]))
        .send()
        .await
        .problem(409, "still_in_trash");
    lead.request("POST", &format!("/trash/{spring}/restore"))
        .send()
        .await
        .ok();
    let left = std::cell::Cell::new(5);
    let restless = follower.follow(&member, async || {
        if left.get() > 0 {
            left.set(left.get() - 1);
            lead.post("/tasks", json!({"title": format!("N{}", left.get())}))
                .await
                .created();
            lead.patch(&task(0), json!({"title": format!("A{}", left.get())}))
                .await
                .ok();
        }
    });
    restless.await;
    assert_eq!(left.get(), 0);
    follower.must_agree_with_all(&member).await;
}

#[tokio::test]
async fn nothing_new_is_304() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    let answer = lead.get("/changes?after=0").await;
    let etag = answer.header("etag").unwrap().to_owned();
    let last = answer.ok()["items"].as_array().unwrap().last().unwrap()["revision"].clone();
    let place = format!("/changes?after={last}");
    let empty = lead.get(&place).await.ok();
    assert_eq!(
        (&empty["items"], &empty["next_cursor"]),
        (&json!([]), &Value::Null)
    );
    let again = async || {
        lead.request("GET", &place)
            .header("If-None-Match", &etag)
            .send()
            .await
    };
    again().await.not_modified();
    make(&lead, "/campaigns", json!({"name": "Autumn"})).await;
    let news = again().await.ok();
    assert_eq!(news["items"].as_array().unwrap().len(), 1);
    assert_eq!(news["items"][0]["actor_id"], json!(lead.id));
}

#[tokio::test]
async fn the_feed_is_filtered_and_a_record_that_leaves_is_seen_to_leave() {
    let app = TestApp::start().await;
    let [lead, guest] = app.team_with(["lead", "guest"]).await;
    let spring = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    let autumn = make(&lead, "/campaigns", json!({"name": "Autumn"})).await;
    let task = make(
        &lead,
        "/tasks",
        json!({"title": "A", "campaign_id": spring}),
    )
    .await;
    lead.patch(&format!("/tasks/{task}"), json!({"campaign_id": autumn}))
        .await
        .ok();
    lead.patch(&format!("/tasks/{task}"), json!({"title": "B"}))
        .await
        .ok();

    let of_spring = lead.all(&format!("/changes?campaign_id={spring}")).await;
    assert_eq!(of_spring.len(), 3);
    assert_eq!(of_spring[2]["previous_campaign_id"], json!(spring));
    assert_eq!(of_spring[2]["campaign_id"], json!(autumn));
    let tasks = lead.get("/changes?kind=task&include_total=true").await.ok();
    assert_eq!(tasks["total"], 3);
    lead.get("/changes?kind=nonsense")
        .await
        .problem(400, "invalid_query");
    lead.get("/changes?after=-1")
        .await
        .problem(400, "invalid_query");
    lead.get("/changes?cursor=nonsense")
        .await
        .problem(400, "invalid_cursor");
    guest
        .get("/changes")
        .await
        .problem(403, "insufficient_role");
}

#[tokio::test]
async fn a_history_tells_who_changed_what() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let campaign = make(&lead, "/campaigns", json!({"name": "Spring"})).await;
    let place = format!("/campaigns/{campaign}");
    lead.patch(&place, json!({"name": "Summer"})).await.ok();
    lead.patch(&place, json!({"name": "Summer"})).await.ok();
    let history = member.all(&format!("{place}/history?limit=1")).await;
    let actions: Vec<&str> = history
        .iter()
        .map(|line| line["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["created", "updated"]);
    assert_eq!(
        history[1]["changes"],
        json!({"name": {"from": "Spring", "to": "Summer"}})
    );
}
