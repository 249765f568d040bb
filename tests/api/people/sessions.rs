//! Sessions: signing out, the list, ending one from elsewhere.

use chrono::TimeDelta;
use serde_json::Value;

use super::{PASSWORD, bearer, newcomer, refresh, sign_in};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    let app = TestApp::start().await;
    let (ada, tokens) = newcomer(&app, "ada@example.org").await;
    ada.delete("/v1/sessions/current").await.no_content();
    ada.get("/v1/me").await.problem(401, "unauthenticated");
    ada.delete("/v1/sessions/current")
        .await
        .problem(401, "unauthenticated");
    refresh(&app, &tokens["refresh_token"])
        .await
        .problem(401, "invalid_credentials");
}

#[tokio::test]
async fn sessions_are_listed_page_by_page_newest_first() {
    let app = TestApp::start().await;
    let (_, first) = newcomer(&app, "ada@example.org").await;
    let mut ids = vec![first["session_id"].clone()];
    let mut latest = first;
    for _ in 0..4 {
        app.clock.advance(TimeDelta::seconds(1));
        latest = sign_in(&app, "ada@example.org", PASSWORD).await.created();
        ids.push(latest["session_id"].clone());
    }
    ids.reverse();
    newcomer(&app, "bob@example.org").await;

    let ada = bearer(&app, &latest);
    let mut seen: Vec<Value> = Vec::new();
    let mut path = "/v1/me/sessions?limit=2&include_total=true".to_owned();
    loop {
        let page = ada.get(&path).await.ok();
        assert_eq!(page["total"], 5);
        seen.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/me/sessions?limit=2&include_total=true&cursor={cursor}");
    }
    let listed: Vec<Value> = seen.iter().map(|session| session["id"].clone()).collect();
    assert_eq!(listed, ids);
    let current: Vec<bool> = seen
        .iter()
        .map(|session| session["is_current"].as_bool().unwrap())
        .collect();
    assert_eq!(current, [true, false, false, false, false]);
    assert_eq!(seen[0]["address"], "127.0.0.1");
}

#[tokio::test]
async fn a_session_is_ended_from_elsewhere() {
    let app = TestApp::start().await;
    let (here, _) = newcomer(&app, "ada@example.org").await;
    let elsewhere = sign_in(&app, "ada@example.org", PASSWORD).await.created();
    let place = format!(
        "/v1/me/sessions/{}",
        elsewhere["session_id"].as_str().unwrap()
    );

    let (eve, _) = newcomer(&app, "eve@example.org").await;
    eve.delete(&place).await.problem(404, "not_found");
    bearer(&app, &elsewhere).get("/v1/me").await.ok();

    here.delete(&place).await.no_content();
    here.delete(&place).await.problem(404, "not_found");
    bearer(&app, &elsewhere)
        .get("/v1/me")
        .await
        .problem(401, "unauthenticated");
    refresh(&app, &elsewhere["refresh_token"])
        .await
        .problem(401, "invalid_credentials");
    let left = here.get("/v1/me/sessions").await.ok();
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
    here.delete("/v1/me/sessions/nonsense")
        .await
        .problem(404, "not_found");
}
