//! `relais keys rotate`, and what running servers make of it.

use chrono::TimeDelta;
use relais::access::keys;

use super::program::Program;
use crate::vocabulary::TestApp;

#[test]
fn rotating_says_which_key_signs_from_when_on() {
    let program = Program::new();
    let said = program.succeed(&["keys", "rotate"]);
    assert!(said.starts_with("The new key "), "{said}");
    // Sealed: another secret does not open them, and says so.
    let program = Program::new();
    let secret = "a secret of more than thirty-two characters";
    program.succeed(&["keys", "rotate", "--secret", secret]);
    program.succeed(&["keys", "rotate", "--secret", secret]);
    for wrong in [
        &[
            "--secret",
            "another secret of more than thirty-two characters",
        ][..],
        &[],
    ] {
        let mut line = vec!["keys", "rotate"];
        line.extend(wrong);
        let said = program.fail(&line);
        assert!(!said.contains(secret), "{said}");
    }
}

#[tokio::test]
async fn old_tokens_stay_good_and_the_new_key_signs_later() {
    let app = TestApp::start().await;
    let person = app.person("Paul").await;
    let kid = |token: &str| {
        let head = token.split('.').next().unwrap().to_owned();
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, head);
        let head: serde_json::Value = serde_json::from_slice(&bytes.unwrap()).unwrap();
        head["kid"].as_str().unwrap().to_owned()
    };
    let sign = || {
        let now = app.clock.now().utc();
        let (account, session) = (person.account_id.into(), person.session_id.into());
        let claims = app
            .state
            .keys
            .claims(account, session, TimeDelta::days(3), now);
        app.state.keys.sign(&claims, now).unwrap()
    };
    let reload = async || {
        let loaded = keys::reload(&app.db, &app.state.sealer).await.unwrap();
        app.state.keys.replace(loaded);
    };
    let old = kid(&person.token);
    let (new, active_at) = keys::rotate(&app.db, &app.state.sealer, app.clock.now())
        .await
        .unwrap();
    assert_ne!(old, new);
    assert!(active_at.utc() > app.clock.now().utc() + TimeDelta::seconds(60));
    reload().await;

    // Published at once, so that every server knows it before it signs.
    let published = person.get("/.well-known/jwks.json").await.ok();
    let kids: Vec<&str> = published["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].as_str().unwrap())
        .collect();
    assert!(
        kids.contains(&old.as_str()) && kids.contains(&new.as_str()),
        "{kids:?}"
    );
    assert_eq!(kid(&sign()), old);
    person.get("/v1/me").await.ok();

    app.clock.advance(TimeDelta::minutes(4));
    reload().await;
    let fresh = sign();
    assert_eq!(kid(&fresh), new);
    person.get("/v1/me").await.ok();
    let mut later = person.clone();
    later.token = fresh;
    later.get("/v1/me").await.ok();

    // Until no token of the old key can be left.
    app.clock.advance(TimeDelta::hours(26));
    reload().await;
    person.get("/v1/me").await.problem(401, "unauthenticated");
    later.get("/v1/me").await.ok();
    let published = person.get("/.well-known/jwks.json").await.ok();
    assert!(!published.to_string().contains(&old), "{published}");
}
