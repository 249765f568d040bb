//! Secrets stay where they belong: none is in the log, none in an error.
//!
//! The surprising rule: the same is asked of the whole suite, whenever an app is dropped (`vocabulary::watch`).
//! Here is what makes sure that there is something to find: every way a secret takes, good and bad.

use serde_json::{Value, json};

use crate::vocabulary::{Answer, TestApp, watch};

const PASSWORD: &str = "CANARY-password-one";
const OTHER: &str = "CANARY-password-two";
const EMAIL: &str = "ada@canary.example";

#[tokio::test]
async fn no_secret_is_in_the_log_or_in_an_error() {
    let app = TestApp::start().await;
    let [owner] = app.team_with(["owner"]).await;
    let nobody = app.person("Nobody").await;
    let account = json!({"email": EMAIL, "password": PASSWORD, "name": "Ada"});
    nobody.post("/v1/accounts", account.clone()).await.created();
    let mut errors: Vec<Answer> = vec![nobody.post("/v1/accounts", account).await];
    // Signing in, wrong and right.
    for (email, password) in [
        (EMAIL, OTHER),
        ("nobody@canary.example", PASSWORD),
        ("no mail CANARY", PASSWORD),
        (EMAIL, "CANARY"),
    ] {
        errors.push(
            nobody
                .post(
                    "/v1/sessions",
                    json!({"email": email, "password": password}),
                )
                .await,
        );
    }
    let tokens = nobody
        .post(
            "/v1/sessions",
            json!({"email": EMAIL, "password": PASSWORD}),
        )
        .await
        .created();
    let mut ada = nobody.clone();
    ada.token = tokens["access_token"].as_str().unwrap().to_owned();
    let refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    ada.get("/v1/me").await.ok();
    // Bodies that are wrong around a secret, or have it where nothing like it belongs.
    let token = ada.token.clone();
    for body in [
        json!({"email": EMAIL, "password": [PASSWORD]}),
        json!({"email": EMAIL, "password": {PASSWORD: 1}}),
        json!({"email": [EMAIL], "password": PASSWORD}),
        json!({"email": EMAIL, "password": PASSWORD, "time_zone": "x"}),
        json!([EMAIL, PASSWORD]),
        json!(PASSWORD),
    ] {
        for path in ["/v1/sessions", "/v1/accounts"] {
            errors.push(nobody.post(path, body.clone()).await);
        }
    }
    for body in [
        format!("{{\"email\": \"{EMAIL}\", \"password\": \"{PASSWORD}\""),
        format!("{{\"password\": {PASSWORD}}}"),
        format!("email={EMAIL}&password={PASSWORD}"),
    ] {
        errors.push(
            nobody
                .request("POST", "/v1/sessions")
                .raw("application/json", body.clone())
                .await,
        );
        errors.push(
            nobody
                .request("POST", "/v1/sessions")
                .raw("application/x-www-form-urlencoded", body)
                .await,
        );
    }
    // Refreshing: good, reused, made up, and put in the wrong place.
    let refreshed = nobody
        .post("/v1/sessions/refresh", json!({"refresh_token": refresh}))
        .await;
    assert!(refreshed.status < 300, "{}", refreshed.text);
    let newer = refreshed.body["refresh_token"].as_str().unwrap().to_owned();
    for body in [
        json!({"refresh_token": format!("{refresh}x")}),
        json!({"refresh_token": [refresh]}),
        json!({"refresh": refresh}),
        json!({ "refresh_token": token }),
    ] {
        errors.push(nobody.post("/v1/sessions/refresh", body).await);
    }
    // Secrets in addresses, where no client should put them.
    for path in [
        format!("/v1/sessions?password={PASSWORD}"),
        format!("/v1/me?access_token={token}"),
        format!("/v1/{token}"),
        format!("/v1/teams/{refresh}"),
        format!("/problems/{PASSWORD}"),
        format!("/{EMAIL}"),
        format!("/v1/me?email={EMAIL}"),
    ] {
        errors.push(ada.get(&path).await);
    }
    for (name, value) in [
        ("Idempotency-Key", format!("{PASSWORD} {token}")),
        ("If-Match", token.clone()),
        ("X-Request-Id", token.clone()),
        ("Content-Type", format!("text/{PASSWORD}")),
    ] {
        errors.push(
            ada.request("POST", "/v1/teams")
                .header(name, &value)
                .json(json!({}))
                .await,
        );
    }
    // Invitations.
    let invitation = owner
        .post("/invitations", json!({"email": EMAIL, "role": "member"}))
        .await
        .created();
    let secret = invitation["secret"].as_str().unwrap().to_owned();
    errors.push(
        owner
            .post("/invitations", json!({"email": EMAIL, "role": "member"}))
            .await,
    );
    errors.push(
        owner
            .post("/invitations", json!({"email": "CANARY@", "role": "king"}))
            .await,
    );
    for body in [
        json!({"secret": format!("{secret}x")}),
        json!({"secret": [secret]}),
        json!({"invitation": secret}),
    ] {
        errors.push(ada.post("/v1/invitations/accept", body).await);
    }
    errors.push(
        nobody
            .post("/v1/invitations/accept", json!({"secret": secret}))
            .await,
    );
    ada.post("/v1/invitations/accept", json!({"secret": secret}))
        .await;
    errors.push(
        ada.post("/v1/invitations/accept", json!({"secret": secret}))
            .await,
    );
    // Changing the password, wrong and right.
    for body in [
        json!({"current_password": OTHER, "new_password": PASSWORD}),
        json!({"current_password": PASSWORD, "new_password": "CANARY"}),
        json!({"current_password": PASSWORD, "new_password": ["CANARY-in-a-list"]}),
        json!({"password": PASSWORD}),
    ] {
        errors.push(ada.post("/v1/me/password", body).await);
    }
    let changed = ada
        .post(
            "/v1/me/password",
            json!({"current_password": PASSWORD, "new_password": OTHER}),
        )
        .await;
    assert!(changed.status < 300, "{}", changed.text);
    // A reused refresh token ends its session, and says so in the log: not which.
    app.clock.advance(chrono::TimeDelta::seconds(60));
    errors.push(
        nobody
            .post("/v1/sessions/refresh", json!({"refresh_token": refresh}))
            .await,
    );
    // And when the server itself fails.
    app.database
        .execute("ALTER TABLE accounts RENAME TO elsewhere");
    errors.push(
        nobody
            .post("/v1/sessions", json!({"email": EMAIL, "password": OTHER}))
            .await,
    );
    errors.push(ada.get("/v1/me").await);

    let log = watch::lines().join("\n");
    assert!(log.contains("relais::request"), "the log was read");
    let refused = errors.iter().filter(|answer| answer.status >= 400).count();
    assert!(refused > 40, "{refused} errors were looked at");
    let secrets = [PASSWORD, OTHER, EMAIL, &token, &refresh, &newer, &secret];
    for secret in secrets {
        assert!(!log.contains(secret), "the log has {secret}");
        for answer in errors.iter().filter(|answer| answer.status >= 400) {
            assert!(
                !answer.text.contains(secret),
                "{secret} is in {}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn no_answer_shows_a_secret_that_is_not_its_own() {
    let app = TestApp::start().await;
    let [owner, member] = app.team_with(["owner", "member"]).await;
    owner
        .post("/invitations", json!({"email": EMAIL, "role": "member"}))
        .await
        .created();
    let keys = owner.person.get("/.well-known/jwks.json").await.ok();
    for key in keys["keys"].as_array().unwrap() {
        assert!(key.get("d").is_none(), "a private key is published");
    }
    for (who, path) in [
        (&owner, "/invitations"),
        (&owner, "/members"),
        (&member, "/members"),
        (&owner, "/changes"),
        (&member, "/changes"),
    ] {
        let text = Value::Array(who.all(path).await).to_string();
        for word in ["secret\"", "hash\"", "password", "token", "$argon2"] {
            assert!(!text.contains(word), "{path} shows {word}: {text}");
        }
    }
    let changes = Value::Array(member.all("/changes").await).to_string();
    assert!(
        !changes.contains(EMAIL),
        "the journal has e-mails: {changes}"
    );
}
