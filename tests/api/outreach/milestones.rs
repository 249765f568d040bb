//! Milestones: the dated points of a campaign.

use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

async fn campaign(lead: &Member, name: &str) -> String {
    let made = lead
        .post("/campaigns", json!({"name": name}))
        .await
        .created();
    made["id"].as_str().unwrap().to_owned()
}

async fn milestone(lead: &Member, campaign: &str, name: &str, due_on: Value) -> Value {
    lead.post(
        "/milestones",
        json!({"campaign_id": campaign, "name": name, "due_on": due_on}),
    )
    .await
    .created()
}

fn names(items: &[Value]) -> Vec<&str> {
    items
        .iter()
        .map(|item| item["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn milestones_are_listed_by_due_date_and_filtered() {
    let app = TestApp::start().await;
    let [lead, guest] = app.team_with(["lead", "guest"]).await;
    let (spring, autumn) = (
        campaign(&lead, "Spring").await,
        campaign(&lead, "Autumn").await,
    );
    milestone(&lead, &spring, "Someday", Value::Null).await;
    milestone(&lead, &spring, "Réunion générale", json!("2026-05-31")).await;
    milestone(&lead, &spring, "Kick-off", json!("2026-03-01")).await;
    milestone(&lead, &autumn, "Harvest", json!("2026-10-01")).await;

    let all = guest.all("/milestones?limit=1").await;
    assert_eq!(
        names(&all),
        ["Kick-off", "Réunion générale", "Harvest", "Someday"]
    );
    let downward = guest.all("/milestones?limit=2&sort=-due_on").await;
    assert_eq!(
        names(&downward),
        ["Harvest", "Réunion générale", "Kick-off", "Someday"]
    );
    let of_spring = guest
        .all(&format!("/milestones?campaign_id={spring}&sort=created_at"))
        .await;
    assert_eq!(
        names(&of_spring),
        ["Someday", "Réunion générale", "Kick-off"]
    );
    let due = guest
        .all("/milestones?due_on_gte=2026-03-01&due_on_lt=2026-05-31")
        .await;
    assert_eq!(names(&due), ["Kick-off"]);
    let found = guest.all("/milestones?q=REUNION").await;
    assert_eq!(names(&found), ["Réunion générale"]);
    let counted = guest
        .get("/milestones?limit=1&include_total=true")
        .await
        .ok();
    assert_eq!(counted["total"], 4);
    guest
        .post("/milestones", json!({"campaign_id": spring, "name": "X"}))
        .await
        .problem(403, "insufficient_role");
}

#[tokio::test]
async fn a_milestone_changes_and_stays_in_its_campaign() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let (spring, autumn) = (
        campaign(&lead, "Spring").await,
        campaign(&lead, "Autumn").await,
    );
    let made = milestone(&lead, &spring, "Kick-off", json!("2026-03-01")).await;
    let place = format!("/milestones/{}", made["id"].as_str().unwrap());

    let changed = lead
        .patch(&place, json!({"name": "Start", "due_on": null}))
        .await
        .ok();
    assert_eq!(
        (&changed["name"], &changed["due_on"]),
        (&json!("Start"), &Value::Null)
    );
    lead.patch(&place, json!({"campaign_id": autumn}))
        .await
        .refused_at("/campaign_id");
    let etag = format!("\"{}\"", made["version"]);
    lead.request("PATCH", &place)
        .header("If-Match", &etag)
        .json(json!({"name": "Late"}))
        .await
        .problem(412, "version_conflict");
    let history = lead.all(&format!("{place}/history")).await;
    assert_eq!(history.len(), 2);
    assert_eq!(
        history[1]["changes"],
        json!({"name": {"from": "Kick-off", "to": "Start"}, "due_on": {"from": "2026-03-01", "to": null}})
    );
}

#[tokio::test]
async fn a_milestone_belongs_to_a_campaign_of_its_team() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let elsewhere = app
        .person("Eve")
        .await
        .found_team("Elsewhere", "ELSE")
        .await;
    let foreign = campaign(&elsewhere, "Theirs").await;
    for id in [foreign.as_str(), "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56"] {
        lead.post("/milestones", json!({"campaign_id": id, "name": "X"}))
            .await
            .refused_at("/campaign_id");
    }
    let theirs = milestone(&elsewhere, &foreign, "Theirs", Value::Null).await;
    let place = format!("/milestones/{}", theirs["id"].as_str().unwrap());
    lead.get(&place).await.problem(404, "not_found");
    lead.patch(&place, json!({"name": "Mine"}))
        .await
        .problem(404, "not_found");
    lead.delete(&place).await.problem(404, "not_found");
}
