//! Refresh tokens: one use each, and what happens at the second.

use chrono::TimeDelta;
use serde_json::json;

use super::{bearer, newcomer, refresh};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn each_refresh_answers_the_next_token() {
    let app = TestApp::start().await;
    app.clock.stop();
    let (_, first) = newcomer(&app, "ada@example.org").await;
    app.clock.advance(TimeDelta::minutes(11));
    bearer(&app, &first)
        .get("/v1/me")
        .await
        .problem(401, "token_expired");
    let second = refresh(&app, &first["refresh_token"]).await.ok();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(second["session_id"], first["session_id"]);
    assert_eq!(second["account"], first["account"]);
    bearer(&app, &second).get("/v1/me").await.ok();
    refresh(&app, &second["refresh_token"]).await.ok();
}

#[tokio::test]
async fn a_client_that_lost_the_answer_gets_the_same_token_once() {
    let app = TestApp::start().await;
    app.clock.stop();
    let (_, first) = newcomer(&app, "ada@example.org").await;
    let second = refresh(&app, &first["refresh_token"]).await.ok();
    app.clock.advance(TimeDelta::seconds(9));
    let again = refresh(&app, &first["refresh_token"]).await.ok();
    assert_eq!(again["refresh_token"], second["refresh_token"]);
    bearer(&app, &again).get("/v1/me").await.ok();
    refresh(&app, &first["refresh_token"])
        .await
        .problem(401, "invalid_credentials");
    // That was once too often: the whole family is gone.
    refresh(&app, &second["refresh_token"])
        .await
        .problem(401, "invalid_credentials");
    bearer(&app, &again)
        .get("/v1/me")
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_token_that_comes_back_later_ends_the_session() {
    let app = TestApp::start().await;
    app.clock.stop();
    let (_, first) = newcomer(&app, "ada@example.org").await;
    let second = refresh(&app, &first["refresh_token"]).await.ok();
    app.clock.advance(TimeDelta::seconds(11));
    refresh(&app, &first["refresh_token"])
        .await
        .problem(401, "invalid_credentials");
    refresh(&app, &second["refresh_token"])
        .await
        .problem(401, "invalid_credentials");
}

#[tokio::test]
async fn only_the_direct_predecessor_is_excused() {
    let app = TestApp::start().await;
    app.clock.stop();
    let (_, first) = newcomer(&app, "ada@example.org").await;
    let second = refresh(&app, &first["refresh_token"]).await.ok();
    let third = refresh(&app, &second["refresh_token"]).await.ok();
    refresh(&app, &first["refresh_token"])
        .await
        .problem(401, "invalid_credentials");
    refresh(&app, &third["refresh_token"])
        .await
        .problem(401, "invalid_credentials");
}

#[tokio::test]
async fn two_refreshes_at_once_get_the_same_token_and_a_third_ends_it() {
    let app = TestApp::start().await;
    app.clock.stop();
    let (_, first) = newcomer(&app, "ada@example.org").await;
    let token = &first["refresh_token"];
    let (one, other) = tokio::join!(refresh(&app, token), refresh(&app, token));
    let (one, other) = (one.ok(), other.ok());
    assert_eq!(one["refresh_token"], other["refresh_token"]);

    let (_, first) = newcomer(&app, "bob@example.org").await;
    let answers = futures_util::future::join_all(
        (0..5).map(|_| async { refresh(&app, &first["refresh_token"]).await.status }),
    )
    .await;
    let good = answers.iter().filter(|status| **status == 200).count();
    assert_eq!(good, 2, "{answers:?}");
}

#[tokio::test]
async fn a_session_ends_after_seven_idle_days_and_thirty_at_most() {
    let app = TestApp::start().await;
    app.clock.stop();
    let (_, idle) = newcomer(&app, "idle@example.org").await;
    let (_, mut busy) = newcomer(&app, "busy@example.org").await;
    for _ in 0..4 {
        app.clock.advance(TimeDelta::days(6));
        busy = refresh(&app, &busy["refresh_token"]).await.ok();
    }
    refresh(&app, &idle["refresh_token"])
        .await
        .problem(401, "invalid_credentials");
    app.clock.advance(TimeDelta::days(5));
    busy = refresh(&app, &busy["refresh_token"]).await.ok();
    app.clock.advance(TimeDelta::days(2));
    refresh(&app, &busy["refresh_token"])
        .await
        .problem(401, "invalid_credentials");
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let app = TestApp::start().await;
    app.clock.stop();
    let (_, tokens) = newcomer(&app, "ada@example.org").await;
    for token in [json!("nonsense"), tokens["access_token"].clone()] {
        let answer = refresh(&app, &token).await;
        assert!(matches!(answer.status, 401 | 422), "{}", answer.text);
    }
    for token in [json!(""), json!(null), json!(7), json!("x".repeat(201))] {
        refresh(&app, &token).await.refused_at("/refresh_token");
    }
    refresh(&app, &tokens["refresh_token"]).await.ok();
}
