//! The own password, and passwords that are hashed the way of an older release.

use diesel::prelude::*;
use relais::db::Outcome;
use relais::http::Problem;
use relais::schema::{account_passwords, idempotent_replies};
use serde_json::json;

use super::{PASSWORD, bearer, newcomer, sign_in};
use crate::vocabulary::TestApp;

const CHANGE: &str = "/v1/me/password";

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let app = TestApp::start().await;
    app.clock.stop();
    let (here, tokens) = newcomer(&app, "ada@example.org").await;
    let elsewhere = sign_in(&app, "ada@example.org", PASSWORD).await.created();
    here.post(
        CHANGE,
        json!({"current_password": PASSWORD, "new_password": "an even better one"}),
    )
    .await
    .no_content();

    here.get("/v1/me").await.ok();
    super::refresh(&app, &tokens["refresh_token"]).await.ok();
    bearer(&app, &elsewhere)
        .get("/v1/me")
        .await
        .problem(401, "unauthenticated");
    super::refresh(&app, &elsewhere["refresh_token"])
        .await
        .problem(401, "invalid_credentials");
    sign_in(&app, "ada@example.org", PASSWORD)
        .await
        .problem(401, "invalid_credentials");
    sign_in(&app, "ada@example.org", "an even better one")
        .await
        .created();
}

#[tokio::test]
async fn the_present_password_is_asked_for_and_throttled() {
    let app = TestApp::start().await;
    app.clock.stop();
    let (ada, _) = newcomer(&app, "ada@example.org").await;
    ada.post(
        CHANGE,
        json!({"current_password": PASSWORD, "new_password": "short"}),
    )
    .await
    .refused_at("/new_password");
    for _ in 0..6 {
        ada.post(
            CHANGE,
            json!({"current_password": "wrong password", "new_password": "an even better one"}),
        )
        .await
        .refused_at("/current_password");
    }
    let refused = ada
        .post(
            CHANGE,
            json!({"current_password": PASSWORD, "new_password": "an even better one"}),
        )
        .await;
    assert_eq!(refused.header("retry-after"), Some("1"));
    refused.problem(429, "rate_limited");
    app.clock.advance(chrono::TimeDelta::seconds(1));
    ada.post(
        CHANGE,
        json!({"current_password": PASSWORD, "new_password": "an even better one"}),
    )
    .await
    .no_content();
}

#[tokio::test]
async fn no_digest_of_a_password_is_kept_for_retries() {
    let app = TestApp::start().await;
    app.clock.stop();
    let (ada, _) = newcomer(&app, "ada@example.org").await;
    ada.request("POST", CHANGE)
        .header("idempotency-key", "change-1")
        .json(json!({"current_password": PASSWORD, "new_password": "an even better one"}))
        .await
        .no_content();
    let kept: i64 = app
        .db
        .read(|conn| Ok::<_, Problem>(idempotent_replies::table.count().get_result(conn)?))
        .await
        .unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn an_older_hash_is_renewed_at_sign_in() {
    let app = TestApp::start().await;
    app.clock.stop();
    let (ada, _) = newcomer(&app, "ada@example.org").await;
    let old = {
        use argon2::password_hash::{PasswordHasher, SaltString};
        let params = argon2::Params::new(8, 1, 1, None).unwrap();
        let salt = SaltString::encode_b64(&[7; 16]).unwrap();
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password(PASSWORD.as_bytes(), &salt)
            .unwrap()
            .to_string()
    };
    let account_id = ada.account_id;
    app.db
        .write(move |conn| {
            diesel::update(account_passwords::table.find(account_id))
                .set(account_passwords::hash.eq(old))
                .execute(conn)?;
            Ok::<_, Problem>(Outcome::Keep(()))
        })
        .await
        .unwrap();
    sign_in(&app, "ada@example.org", PASSWORD).await.created();
    let hash: String = app
        .db
        .read(move |conn| {
            Ok::<_, Problem>(
                account_passwords::table
                    .find(account_id)
                    .select(account_passwords::hash)
                    .first(conn)?,
            )
        })
        .await
        .unwrap();
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
    sign_in(&app, "ada@example.org", PASSWORD).await.created();
}
