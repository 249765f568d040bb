//! Sums: by task, campaign, member and day, page by page.

use serde_json::{Value, json};

use super::{enter, past_midnight, task};
use crate::vocabulary::Member;

/// What the sums are of, with their minutes, entries and running timers.
async fn sums(by: &Member, of: &str, query: &str) -> Vec<(Value, i64, i64, i64)> {
    let name = match of {
        "date" => "spent_on".to_owned(),
        of => format!("{of}_id"),
    };
    let found = by
        .all(&format!("/time-entries/sums?limit=1&by={of}{query}"))
        .await;
    found
        .iter()
        .map(|sum| {
            let number = |name: &str| sum[name].as_i64().unwrap();
            (
                sum[&name].clone(),
                number("minutes"),
                number("entries"),
                number("running"),
            )
        })
        .collect()
}

#[tokio::test]
async fn time_is_summed_by_what_one_likes() {
    let app = past_midnight().await;
    let [lead, ann, ben] = app.team_with(["lead", "member", "member"]).await;
    let mut campaigns = Vec::new();
    for name in ["Launch", "Summit"] {
        let made = lead.post("/campaigns", json!({"name": name})).await;
        campaigns.push(made.created());
    }
    let launch = task(
        &lead,
        json!({"campaign_id": campaigns[0]["id"], "estimate_minutes": 300, "remaining_minutes": 100}),
    )
    .await;
    let summit = task(&lead, json!({"campaign_id": campaigns[1]["id"]})).await;
    let alone = task(&lead, json!({})).await;
    for (by, of, day, minutes) in [
        (&ann, &launch, "2054-11-02", 100),
        (&ann, &launch, "2054-11-03", 50),
        (&ben, &launch, "2054-11-03", 30),
        (&ben, &summit, "2054-11-04", 7),
        (&ann, &alone, "2054-11-04", 1_200),
        (&ben, &alone, "2054-11-04", 1_200),
    ] {
        enter(by, of, day, minutes).await.created();
    }
    ben.post("/time-entries/start", json!({"task_id": alone["id"]}))
        .await
        .created();

    assert_eq!(
        sums(&ann, "task", "").await,
        [
            (launch["id"].clone(), 180, 3, 0),
            (summit["id"].clone(), 7, 1, 0),
            (alone["id"].clone(), 2_400, 2, 1),
        ]
    );
    assert_eq!(
        sums(&ann, "campaign", "").await,
        [
            (campaigns[0]["id"].clone(), 180, 3, 0),
            (campaigns[1]["id"].clone(), 7, 1, 0),
            (Value::Null, 2_400, 2, 1),
        ]
    );
    assert_eq!(
        sums(&ann, "member", "").await,
        [(json!(ann.id), 1_350, 3, 0), (json!(ben.id), 1_237, 3, 1)]
    );
    assert_eq!(
        sums(&ann, "date", "").await,
        [
            (json!("2054-11-02"), 100, 1, 0),
            (json!("2054-11-03"), 80, 2, 0),
            (json!("2054-11-04"), 2_407, 3, 0),
            (json!("2054-11-24"), 0, 0, 1),
        ]
    );
    // With filters, and those of nothing.
    assert_eq!(
        sums(&ann, "member", "&campaign_id=none&is_running=false").await,
        [(json!(ann.id), 1_200, 1, 0), (json!(ben.id), 1_200, 1, 0)]
    );
    let launched = format!(
        "&campaign_id={}&from=2054-11-03",
        campaigns[0]["id"].as_str().unwrap()
    );
    for of in ["campaign", "task", "date", "member"] {
        let total: i64 = sums(&ann, of, &launched)
            .await
            .iter()
            .map(|sum| sum.1)
            .sum();
        assert_eq!(total, 80, "{of}");
    }
    assert!(sums(&ann, "campaign", "&to=2054-01-01").await.is_empty());
    // What was estimated beside what was spent.
    let page = ann
        .get("/time-entries/sums?by=task&limit=1&include_total=true")
        .await
        .ok();
    let first = &page["items"][0];
    assert_eq!(
        (
            &first["estimate_minutes"],
            &first["remaining_minutes"],
            &first["campaign_id"]
        ),
        (&json!(300), &json!(100), &campaigns[0]["id"])
    );
    for (of, total) in [("task", 3), ("campaign", 3), ("member", 2), ("date", 4)] {
        let place = format!("/time-entries/sums?by={of}&limit=1&include_total=true");
        assert_eq!(ann.get(&place).await.ok()["total"], total, "{of}");
    }
    // The time goes where the task goes.
    let place = format!("/tasks/{}", alone["id"].as_str().unwrap());
    lead.patch(&place, json!({"campaign_id": campaigns[1]["id"]}))
        .await
        .ok();
    assert_eq!(
        sums(&ann, "campaign", "").await[1],
        (campaigns[1]["id"].clone(), 2_407, 3, 1)
    );
    for wrong in ["", "?by=colour", "?by=task&by=date"] {
        ann.get(&format!("/time-entries/sums{wrong}"))
            .await
            .problem(400, "invalid_query");
    }
}

#[tokio::test]
async fn time_stays_with_its_campaign_when_the_task_is_gone_for_good() {
    let app = past_midnight().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let launch = lead.post("/campaigns", json!({"name": "Launch"})).await;
    let launch = launch.created();
    let of_launch = json!({"campaign_id": launch["id"], "estimate_minutes": 60});
    let gone = task(&lead, of_launch.clone()).await;
    let stays = task(&lead, of_launch).await;
    enter(&ann, &gone, "2054-11-02", 100).await.created();
    enter(&ann, &stays, "2054-11-02", 10).await.created();
    let purge = async |place: String| {
        lead.delete(&place).await.no_content();
        app.clock.advance(chrono::TimeDelta::days(31));
        assert_eq!(relais::trash::purge_expired(&app.state).await.unwrap(), 1);
    };
    purge(format!("/tasks/{}", gone["id"].as_str().unwrap())).await;
    assert_eq!(
        sums(&ann, "campaign", "").await,
        [(launch["id"].clone(), 110, 2, 0)]
    );
    let of_launch = format!("&campaign_id={}", launch["id"].as_str().unwrap());
    assert_eq!(
        sums(&ann, "task", &of_launch).await,
        [
            (gone["id"].clone(), 100, 1, 0),
            (stays["id"].clone(), 10, 1, 0)
        ]
    );
    let open = lead.all("/tasks").await;
    assert_eq!(
        open,
        std::slice::from_ref(&stays),
        "nothing else comes back"
    );

    purge(format!("/campaigns/{}", launch["id"].as_str().unwrap())).await;
    assert_eq!(sums(&ann, "campaign", "").await, [(Value::Null, 110, 2, 0)]);
}
