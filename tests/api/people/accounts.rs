//! Accounts: signing up, the own profile, what the operator does.

use relais::db::Outcome;
use relais::http::Problem;
use relais::people::accounts;
use relais::people::texts::Email;
use serde_json::json;

use super::{PASSWORD, newcomer, refresh, sign_in, sign_up, without_request_id};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn a_stranger_signs_up_signs_in_and_sees_the_account() {
    let app = TestApp::start().await;
    let account = sign_up(&app, " Ada@Example.ORG ").await;
    assert_eq!(account["email"], "ada@example.org");
    assert_eq!(
        (account["locale"].as_str(), account["time_zone"].as_str()),
        (Some("en"), Some("UTC"))
    );

    let tokens = sign_in(&app, "ADA@example.org", PASSWORD).await.created();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 600);
    let ada = super::bearer(&app, &tokens);
    let me = ada.get("/v1/me").await;
    assert_eq!(me.header("etag"), Some("\"1\""));
    assert_eq!(me.header("cache-control"), Some("private, no-cache"));
    assert_eq!(me.ok(), account);
    ada.request("GET", "/v1/me")
        .header("if-none-match", "\"1\"")
        .send()
        .await
        .not_modified();
}

#[tokio::test]
async fn an_account_is_changed_by_its_owner() {
    let app = TestApp::start().await;
    let ada = app.person("Ada").await;
    let changed = ada
        .patch(
            "/v1/me",
            json!({"name": "Ada L.", "locale": "pt-BR", "time_zone": "Asia/Tokyo"}),
        )
        .await
        .ok();
    assert_eq!(changed["name"], "Ada L.");
    assert_eq!(changed["locale"], "pt-BR");
    assert_eq!(changed["time_zone"], "Asia/Tokyo");
    assert_eq!(changed["version"], 2);

    let same = ada.patch("/v1/me", json!({"name": "Ada L."})).await.ok();
    assert_eq!(same["version"], 2, "nothing changed");
    let stale = ada
        .request("PATCH", "/v1/me")
        .header("if-match", "\"1\"")
        .json(json!({"name": "B"}))
        .await
        .problem(412, "version_conflict");
    assert_eq!(stale["current_etag"], "\"2\"");
    for (patch, pointer) in [
        (json!({"name": null}), "/name"),
        (json!({"locale": "english"}), "/locale"),
        (json!({"time_zone": "Mars/Olympus"}), "/time_zone"),
        (json!({"email": "other@example.org"}), "/email"),
        (json!({"version": 7}), "/version"),
    ] {
        ada.patch("/v1/me", patch).await.refused_at(pointer);
    }
}

#[tokio::test]
async fn every_wrong_member_of_a_sign_up_is_named_and_none_is_repeated() {
    let app = TestApp::start().await;
    let answer = app
        .anybody("POST", "/v1/accounts")
        .json(json!({"email": "canary at example.org", "password": "canary1", "name": "", "locale": "x", "time_zone": "x", "is_admin": true}))
        .await;
    assert!(!answer.text.contains("canary"), "{}", answer.text);
    let problem = answer.problem(422, "validation_failed");
    let mut pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/email",
            "/is_admin",
            "/locale",
            "/name",
            "/password",
            "/time_zone"
        ]
    );
    for (password, is_good) in [
        ("1234567".to_owned(), false),
        ("\u{1F40E}".repeat(8), true),
        ("x".repeat(128), true),
        ("x".repeat(129), false),
    ] {
        let answer = app
            .anybody("POST", "/v1/accounts")
            .json(json!({"email": format!("p{}@example.org", password.len()), "password": password, "name": "P"}))
            .await;
        if is_good {
            answer.created();
        } else {
            answer.refused_at("/password");
        }
    }
}

#[tokio::test]
async fn an_e_mail_has_one_account() {
    let app = TestApp::start().await;
    sign_up(&app, "ada@example.org").await;
    app.anybody("POST", "/v1/accounts")
        .json(json!({"email": "ADA@example.org", "password": "another password", "name": "Eve"}))
        .await
        .problem(409, "already_exists");
    sign_in(&app, "ada@example.org", PASSWORD).await.created();

    let at_once: Vec<u16> = futures_util::future::join_all((0..5).map(|_| async {
        app.anybody("POST", "/v1/accounts")
            .json(json!({"email": "bob@example.org", "password": PASSWORD, "name": "Bob"}))
            .await
            .status
    }))
    .await;
    let made = at_once.iter().filter(|status| **status == 201).count();
    let refused = at_once.iter().filter(|status| **status == 409).count();
    assert_eq!((made, refused), (1, 4), "{at_once:?}");
}

#[tokio::test]
async fn sign_up_can_be_closed() {
    let app = TestApp::start_with(&["--sign-up", "closed"]).await;
    app.anybody("POST", "/v1/accounts")
        .json(json!({"email": "ada@example.org", "password": PASSWORD, "name": "Ada"}))
        .await
        .problem(403, "sign_up_closed");
}

#[tokio::test]
async fn sign_up_by_invitation_takes_a_valid_secret_for_that_e_mail() {
    let app = TestApp::start_with(&["--sign-up", "invitation"]).await;
    let [lead] = app.team_with(["lead"]).await;
    let invitation = lead
        .post(
            "/invitations",
            json!({"email": "grace@example.org", "role": "member"}),
        )
        .await
        .created();
    let attempt = |email: &str, secret: serde_json::Value| {
        app.anybody("POST", "/v1/accounts").json(
            json!({"email": email, "password": PASSWORD, "name": "Grace", "invitation": secret}),
        )
    };
    app.anybody("POST", "/v1/accounts")
        .json(json!({"email": "grace@example.org", "password": PASSWORD, "name": "Grace"}))
        .await
        .problem(403, "sign_up_closed");
    for (email, secret) in [
        ("grace@example.org", json!("nonsense")),
        ("eve@example.org", invitation["secret"].clone()),
    ] {
        attempt(email, secret).await.problem(403, "sign_up_closed");
    }
    // Whether there is an account is not told.
    let known = attempt(&lead.person.email, json!("nonsense")).await;
    let unknown = attempt("nobody@example.org", json!("nonsense")).await;
    assert_eq!(known.status, 403, "{}", known.text);
    let said = [known.body, unknown.body].map(super::without_request_id);
    assert_eq!(said[0], said[1]);
    attempt("grace@example.org", invitation["secret"].clone())
        .await
        .created();
    let tokens = sign_in(&app, "grace@example.org", PASSWORD).await.created();
    super::bearer(&app, &tokens)
        .post(
            "/v1/invitations/accept",
            json!({"secret": invitation["secret"]}),
        )
        .await
        .created();
    // Who has an account is told only to the holder of an invitation to that e-mail.
    attempt("grace@example.org", invitation["secret"].clone())
        .await
        .problem(403, "sign_up_closed");

    let late = lead
        .post(
            "/invitations",
            json!({"email": "late@example.org", "role": "guest"}),
        )
        .await
        .created();
    app.clock.advance(chrono::TimeDelta::days(7));
    attempt("late@example.org", late["secret"].clone())
        .await
        .problem(403, "sign_up_closed");
}

#[tokio::test]
async fn a_wrong_invitation_is_not_ignored_where_none_is_needed() {
    let app = TestApp::start().await;
    app.anybody("POST", "/v1/accounts")
        .json(json!({"email": "ada@example.org", "password": PASSWORD, "name": "Ada", "invitation": "nonsense"}))
        .await
        .refused_at("/invitation");
}

#[tokio::test]
async fn public_operations_refuse_unknown_parameters() {
    let app = TestApp::start().await;
    for (method, path) in [
        ("POST", "/v1/accounts?x=1"),
        ("POST", "/v1/sessions?x=1"),
        ("POST", "/v1/sessions/refresh?x=1"),
        ("GET", "/.well-known/jwks.json?x=1"),
    ] {
        app.anybody(method, path)
            .json(json!({}))
            .await
            .problem(400, "unknown_parameter");
    }
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_looks_like_a_wrong_password() {
    let app = TestApp::start().await;
    let (ada, tokens) = newcomer(&app, "ada@example.org").await;
    let wrong = sign_in(&app, "ada@example.org", "wrong password")
        .await
        .problem(401, "invalid_credentials");
    let now = app.clock.now();
    let email = Email::new("ada@example.org").unwrap();
    let wanted = email.clone();
    app.db
        .write(move |conn| {
            accounts::disable(conn, &wanted, now)?;
            Ok::<_, Problem>(Outcome::Keep(()))
        })
        .await
        .unwrap();
    ada.get("/v1/me").await.problem(401, "unauthenticated");
    refresh(&app, &tokens["refresh_token"])
        .await
        .problem(401, "invalid_credentials");
    let disabled = sign_in(&app, "ada@example.org", PASSWORD)
        .await
        .problem(401, "invalid_credentials");
    assert_eq!(without_request_id(disabled), without_request_id(wrong));

    app.db
        .write(move |conn| {
            accounts::enable(conn, &email)?;
            Ok::<_, Problem>(Outcome::Keep(()))
        })
        .await
        .unwrap();
    sign_in(&app, "ada@example.org", PASSWORD).await.created();
    ada.get("/v1/me").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_operator_resets_a_password() {
    let app = TestApp::start().await;
    let (ada, _) = newcomer(&app, "ada@example.org").await;
    let now = app.clock.now();
    app.db
        .write(move |conn| {
            let email = Email::new("ada@example.org").unwrap();
            let hash = relais::access::passwords::hash("quite another one").unwrap();
            accounts::reset_password(conn, &email, &hash, now)?;
            Ok::<_, Problem>(Outcome::Keep(()))
        })
        .await
        .unwrap();
    ada.get("/v1/me").await.problem(401, "unauthenticated");
    sign_in(&app, "ada@example.org", PASSWORD)
        .await
        .problem(401, "invalid_credentials");
    sign_in(&app, "ada@example.org", "quite another one")
        .await
        .created();
}
