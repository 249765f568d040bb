//! Teams: made, listed, changed, deleted.

use serde_json::{Value, json};

use crate::vocabulary::TestApp;

#[tokio::test]
async fn whoever_makes_a_team_owns_it() {
    let app = TestApp::start().await;
    let ada = app.person("Ada Lovelace").await;
    let team = ada
        .post(
            "/v1/teams",
            json!({"name": " Releases ", "key": "K8S", "time_zone": "Europe/Paris"}),
        )
        .await;
    let place = team.header("location").unwrap().to_owned();
    assert_eq!(team.header("etag"), Some("\"1\""));
    let team = team.created();
    assert_eq!(team["name"], "Releases");
    assert_eq!(ada.get(&place).await.ok(), team);

    let me = ada.get(&format!("{place}/members/me")).await.ok();
    assert_eq!(me["role"], "owner");
    assert_eq!(me["display_name"], "Ada Lovelace");
    assert_eq!(me["handle"], "ada-lovelace");
    let changes = ada.get(&format!("{place}/changes")).await.ok();
    let kinds: Vec<(&str, &str)> = changes["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (
                line["kind"].as_str().unwrap(),
                line["action"].as_str().unwrap(),
            )
        })
        .collect();
    let made = |kind| (kind, "created");
    assert_eq!(kinds, [made("team"), made("member"), made("resource")]);
    assert_eq!(changes["items"][0]["actor_id"], me["id"]);
}

#[tokio::test]
async fn wrong_teams_are_refused_by_name() {
    let app = TestApp::start().await;
    let ada = app.person("Ada").await;
    for key in ["8KS", "K", "k8s", "ABCDEFGHIJK", "A-B", ""] {
        ada.post(
            "/v1/teams",
            json!({"name": "A", "key": key, "time_zone": "UTC"}),
        )
        .await
        .refused_at("/key");
    }
    ada.post(
        "/v1/teams",
        json!({"name": "A", "key": "AB", "time_zone": "Paris"}),
    )
    .await
    .refused_at("/time_zone");
    ada.post("/v1/teams", json!({"name": "A", "key": "AB"}))
        .await
        .refused_at("/time_zone");
}

#[tokio::test]
async fn a_retry_with_the_same_key_makes_no_second_team() {
    let app = TestApp::start().await;
    let ada = app.person("Ada").await;
    let send = || {
        ada.request("POST", "/v1/teams")
            .header("idempotency-key", "team-1")
            .json(json!({"name": "A", "key": "AA", "time_zone": "UTC"}))
    };
    let (first, again) = (send().await, send().await);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.text, again.text);
    assert_eq!(first.header("location"), again.header("location"));
    let list = ada.get("/v1/teams").await.ok();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    ada.request("POST", "/v1/teams")
        .header("idempotency-key", "team-1")
        .json(json!({"name": "B", "key": "AA", "time_zone": "UTC"}))
        .await
        .problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn my_teams_are_listed_and_nobody_elses() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.person("Ada").await, app.person("Bob").await);
    let mut ids: Vec<Value> = Vec::new();
    for number in 0..5 {
        let team = ada
            .post(
                "/v1/teams",
                json!({"name": format!("Team {number}"), "key": "AA", "time_zone": "UTC"}),
            )
            .await
            .created();
        ids.insert(0, team["id"].clone());
    }
    bob.found_team("Other", "OTH").await;
    let mut seen: Vec<Value> = Vec::new();
    let mut path = "/v1/teams?limit=2&include_total=true".to_owned();
    loop {
        let answer = ada.get(&path).await;
        let link = answer.header("link").map(str::to_owned);
        let page = answer.ok();
        assert_eq!(page["total"], 5);
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|team| team["id"].clone()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert_eq!(link, None);
            break;
        };
        assert!(link.unwrap().contains(cursor));
        path = format!("/v1/teams?limit=2&include_total=true&cursor={cursor}");
    }
    assert_eq!(seen, ids);
    ada.get("/v1/teams?order=name")
        .await
        .problem(400, "unknown_parameter");
}

#[tokio::test]
async fn leads_change_a_team_and_members_do_not() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let before = member.get("").await.ok();
    member
        .patch("", json!({"name": "Mine"}))
        .await
        .problem(403, "insufficient_role");
    let changed = lead
        .patch(
            "",
            json!({"name": "Ours", "key": "OUR", "time_zone": "Asia/Tokyo"}),
        )
        .await
        .ok();
    assert_eq!(changed["name"], "Ours");
    assert_eq!(changed["key"], "OUR");
    let same = lead.patch("", json!({"name": "Ours"})).await.ok();
    assert_eq!(same["version"], changed["version"]);
    lead.request("PATCH", "")
        .header("if-match", &format!("\"{}\"", before["version"]))
        .json(json!({"name": "Late"}))
        .await
        .problem(412, "version_conflict");
    lead.patch("", json!({"name": null}))
        .await
        .refused_at("/name");
    let etag = format!("\"{}\"", changed["version"]);
    member
        .request("GET", "")
        .header("if-none-match", &etag)
        .send()
        .await
        .not_modified();
}

#[tokio::test]
async fn a_deleted_team_is_gone_for_everybody() {
    let app = TestApp::start().await;
    let [owner, lead] = app.team_with(["owner", "lead"]).await;
    let invited = app.person("Grace").await;
    let invitation = owner
        .post(
            "/invitations",
            json!({"email": invited.email, "role": "member"}),
        )
        .await
        .created();
    lead.delete("").await.problem(403, "insufficient_role");
    owner.delete("").await.no_content();
    for member in [&owner, &lead] {
        member.get("").await.problem(404, "not_found");
        member.get("/members").await.problem(404, "not_found");
        member
            .patch("", json!({"name": "A"}))
            .await
            .problem(404, "not_found");
        let list = member.person.get("/v1/teams").await.ok();
        assert_eq!(list["items"], json!([]));
    }
    owner.delete("").await.problem(404, "not_found");
    for verb in ["inspect", "accept", "decline"] {
        invited
            .post(
                &format!("/v1/invitations/{verb}"),
                json!({"secret": invitation["secret"]}),
            )
            .await
            .problem(404, "not_found");
    }
}

#[tokio::test]
async fn outsiders_learn_nothing_of_a_team() {
    let app = TestApp::start().await;
    let [owner] = app.team_with(["owner"]).await;
    let eve = app.person("Eve").await;
    let place = format!("/v1/teams/{}", owner.team_id);
    let nowhere = format!("/v1/teams/{}", relais::db::Id::new());
    for path in [
        "",
        "/members",
        "/members/me",
        "/invitations",
        "/ownership-offers",
    ] {
        let there = eve
            .get(&format!("{place}{path}"))
            .await
            .problem(404, "not_found");
        let absent = eve
            .get(&format!("{nowhere}{path}"))
            .await
            .problem(404, "not_found");
        assert_eq!(
            super::without_request_id(there),
            super::without_request_id(absent)
        );
    }
    eve.patch(&place, json!({"name": "Mine"}))
        .await
        .problem(404, "not_found");
    eve.delete(&place).await.problem(404, "not_found");
    eve.post(
        &format!("{place}/invitations"),
        json!({"email": eve.email, "role": "lead"}),
    )
    .await
    .problem(404, "not_found");
}
