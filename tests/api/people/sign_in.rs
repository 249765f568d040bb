//! Signing in: what a stranger learns (nothing), and how guessing is slowed down.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use super::{PASSWORD, sign_in, sign_up, without_request_id};
use crate::vocabulary::{Answer, TestApp};

async fn sign_in_from(app: &TestApp, address: &str, email: &str, password: &str) -> Answer {
    app.anybody("POST", "/v1/sessions")
        .header("x-forwarded-for", address)
        .json(json!({"email": email, "password": password}))
        .await
}

#[tokio::test]
async fn an_unknown_e_mail_looks_like_a_wrong_password() {
    let app = TestApp::start().await;
    app.clock.stop();
    sign_up(&app, "ada@example.org").await;
    for _ in 0..8 {
        let wrong = sign_in(&app, "ada@example.org", "wrong password").await;
        let unknown = sign_in(&app, "nobody@example.org", "wrong password").await;
        assert_eq!(wrong.header("retry-after"), unknown.header("retry-after"));
        assert_eq!(
            without_request_id(wrong.body),
            without_request_id(unknown.body),
            "also while both are blocked"
        );
    }
}

#[tokio::test]
async fn wrong_forms_are_refused_by_name() {
    let app = TestApp::start().await;
    app.clock.stop();
    for (body, pointer) in [
        (json!({"email": "ada", "password": "x"}), "/email"),
        (
            json!({"email": "ada@example.org", "password": ""}),
            "/password",
        ),
        (
            json!({"email": "ada@example.org", "password": 12_345_678}),
            "/password",
        ),
        (json!({"email": "ada@example.org"}), "/password"),
        (
            json!({"email": "ada@example.org", "password": "x", "otp": "1"}),
            "/otp",
        ),
    ] {
        app.anybody("POST", "/v1/sessions")
            .json(body)
            .await
            .refused_at(pointer);
    }
}

#[tokio::test]
async fn five_failures_are_free_then_each_costs_a_growing_wait() {
    let app = TestApp::start().await;
    app.clock.stop();
    sign_up(&app, "ada@example.org").await;
    for _ in 0..6 {
        sign_in(&app, "ada@example.org", "wrong password")
            .await
            .problem(401, "invalid_credentials");
    }
    for wait in [1, 2, 4] {
        let refused = sign_in(&app, "ada@example.org", PASSWORD).await;
        assert_eq!(
            refused.header("retry-after"),
            Some(wait.to_string().as_str())
        );
        refused.problem(429, "rate_limited");
        app.clock.advance(TimeDelta::seconds(wait));
        sign_in(&app, "ada@example.org", "wrong password")
            .await
            .problem(401, "invalid_credentials");
    }
    app.clock.advance(TimeDelta::seconds(8));
    sign_in(&app, "ada@example.org", PASSWORD).await.created();
    // The right password forgave what was counted for this address.
    for _ in 0..5 {
        sign_in(&app, "ada@example.org", "wrong password")
            .await
            .problem(401, "invalid_credentials");
    }
    sign_in(&app, "ada@example.org", PASSWORD).await.created();
}

#[tokio::test]
async fn failures_are_forgotten_after_an_hour() {
    let app = TestApp::start().await;
    app.clock.stop();
    sign_up(&app, "ada@example.org").await;
    for _ in 0..6 {
        sign_in(&app, "ada@example.org", "wrong password").await;
    }
    app.clock.advance(TimeDelta::hours(1));
    for _ in 0..5 {
        sign_in(&app, "ada@example.org", "wrong password")
            .await
            .problem(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn guesses_sent_at_once_are_counted_before_they_are_compared() {
    let app = TestApp::start().await;
    app.clock.stop();
    sign_up(&app, "ada@example.org").await;
    let answers = join_all((0..20).map(|_| async {
        sign_in(&app, "ada@example.org", "wrong password")
            .await
            .status
    }))
    .await;
    let compared = answers.iter().filter(|status| **status == 401).count();
    let refused = answers.iter().filter(|status| **status == 429).count();
    assert_eq!((compared, refused), (6, 14), "{answers:?}");
}

#[tokio::test]
async fn nobody_locks_somebody_else_out() {
    let app = TestApp::start_with(&["--trusted-proxy", "127.0.0.1"]).await;
    app.clock.stop();
    sign_up(&app, "ada@example.org").await;
    sign_in_from(&app, "192.0.2.1", "ada@example.org", PASSWORD)
        .await
        .created();
    for attacker in 0..6 {
        let address = format!("198.51.100.{attacker}");
        sign_in_from(&app, &address, "ada@example.org", "wrong password")
            .await
            .problem(401, "invalid_credentials");
    }
    // From anywhere else even the right password has to wait …
    sign_in_from(&app, "203.0.113.9", "ada@example.org", PASSWORD)
        .await
        .problem(429, "rate_limited");
    // … but not at home …
    sign_in_from(&app, "192.0.2.1", "ada@example.org", PASSWORD)
        .await
        .created();
    // … and nowhere longer than thirty seconds.
    for _ in 0..40 {
        app.clock.advance(TimeDelta::seconds(30));
        sign_in_from(&app, "198.51.100.200", "ada@example.org", "wrong password").await;
    }
    app.clock.advance(TimeDelta::seconds(30));
    sign_in_from(&app, "203.0.113.9", "ada@example.org", PASSWORD)
        .await
        .created();
    // An address is familiar for thirty days after it was used.
    app.clock.advance(TimeDelta::days(31));
    for attacker in 0..6 {
        let address = format!("198.51.100.{attacker}");
        sign_in_from(&app, &address, "ada@example.org", "wrong password").await;
    }
    sign_in_from(&app, "192.0.2.1", "ada@example.org", PASSWORD)
        .await
        .problem(429, "rate_limited");
}

#[tokio::test]
async fn too_many_at_once_are_told_to_come_back_and_not_counted() {
    let app = TestApp::start().await;
    app.clock.stop();
    sign_up(&app, "ada@example.org").await;
    let full = app.state.passwords.fill().expect("places are free");
    // Also for an e-mail that nobody has: a password is hashed for it all the same.
    for email in ["ada@example.org", "nobody@example.org"] {
        let refused = sign_in(&app, email, "wrong password").await;
        assert_eq!(refused.header("retry-after"), Some("1"), "{email}");
        refused.problem(503, "unavailable");
    }
    drop(full);
    for _ in 0..6 {
        sign_in(&app, "ada@example.org", "wrong password")
            .await
            .problem(401, "invalid_credentials");
    }
}
