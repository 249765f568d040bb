//! Access tokens that are not ours, or not any more: none gets anybody anywhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use relais::access::keys;
use relais::access::roles::{Permission, Role};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::newcomer;
use crate::vocabulary::{Person, TestApp};

fn part(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

fn decoded(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&BASE64.decode(part).unwrap()).unwrap()
}

fn with(base: &Value, name: &str, value: Value) -> Value {
    let mut changed = base.clone();
    changed[name] = value;
    changed
}

fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature: Signature = key.sign(message.as_bytes());
    format!("{message}.{}", BASE64.encode(signature.to_bytes()))
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner)
        .finalize()
        .to_vec()
}

async fn real_key(app: &TestApp) -> SigningKey {
    let loaded = keys::reload(&app.db, &app.state.sealer).await.unwrap();
    SigningKey::from_pkcs8_der(loaded[0].key.pkcs8()).unwrap()
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let app = TestApp::start().await;
    let (ada, _) = newcomer(&app, "ada@example.org").await;
    let key = real_key(&app).await;
    let (header, claims) = (decoded(&ada.token, 0), decoded(&ada.token, 1));
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(header["alg"], "ES256");
    let signature = ada.token.split('.').nth(2).unwrap();

    let stranger = SigningKey::random(&mut p256::elliptic_curve::rand_core::OsRng);
    let jwks = app
        .anybody("GET", "/.well-known/jwks.json")
        .send()
        .await
        .ok();
    let hs256 = with(&header, "alg", json!("HS256"));
    let as_secret = |secret: &[u8]| {
        let message = format!("{}.{}", part(&hs256), part(&claims));
        format!(
            "{message}.{}",
            BASE64.encode(hmac(secret, message.as_bytes()))
        )
    };
    let point = key.verifying_key().to_encoded_point(false);
    let none = with(&header, "alg", json!("none"));
    let mut forged = vec![
        ("alg none", format!("{}.{}.", part(&none), part(&claims))),
        (
            "alg none with a signature",
            format!("{}.{}.{signature}", part(&none), part(&claims)),
        ),
        ("HS256 with the public point", as_secret(point.as_bytes())),
        (
            "HS256 with the public document",
            as_secret(jwks["keys"][0].to_string().as_bytes()),
        ),
        (
            "another key under our kid",
            signed(&stranger, &header, &claims),
        ),
        (
            "no signature",
            format!("{}.{}.", part(&header), part(&claims)),
        ),
        ("nothing", String::new()),
        ("text", "nonsense".to_owned()),
        ("too long", "a".repeat(5000)),
    ];
    for (what, header) in [
        ("unknown kid", with(&header, "kid", json!("unknown"))),
        ("wrong typ", with(&header, "typ", json!("JWT"))),
        (
            "own key in the header",
            with(&header, "jwk", jwks["keys"][0].clone()),
        ),
        (
            "key from elsewhere",
            with(&header, "jku", json!("https://example.org/jwks.json")),
        ),
        ("critical extension", with(&header, "crit", json!(["x"]))),
    ] {
        forged.push((what, signed(&key, &header, &claims)));
    }
    for (what, claims) in [
        ("other audience", with(&claims, "aud", json!("elsewhere"))),
        ("other issuer", with(&claims, "iss", json!("elsewhere"))),
        (
            "not yet valid",
            with(&claims, "nbf", json!(claims["exp"].as_i64().unwrap())),
        ),
        (
            "other session",
            with(&claims, "sid", json!(relais::db::Id::new())),
        ),
        (
            "other account",
            with(&claims, "sub", json!(relais::db::Id::new())),
        ),
        ("no session", with(&claims, "sid", Value::Null)),
    ] {
        forged.push((what, signed(&key, &header, &claims)));
    }
    for (what, token) in forged {
        let answer = Person {
            token,
            ..ada.clone()
        }
        .get("/v1/me")
        .await;
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{what}");
        assert_eq!(
            answer.body["code"], "unauthenticated",
            "{what}: {}",
            answer.text
        );
        answer.expect(401);
    }
    let good = Person {
        token: signed(&key, &header, &claims),
        ..ada
    };
    good.get("/v1/me").await.ok();
}

#[tokio::test]
async fn an_expired_token_says_so_and_a_missing_one_asks_for_one() {
    let app = TestApp::start().await;
    let (ada, _) = newcomer(&app, "ada@example.org").await;
    app.anybody("GET", "/v1/me")
        .send()
        .await
        .problem(401, "unauthenticated");
    app.anybody("GET", "/v1/me")
        .header("authorization", "Basic YTpi")
        .send()
        .await
        .problem(401, "unauthenticated");
    app.clock.advance(chrono::TimeDelta::minutes(11));
    ada.get("/v1/me").await.problem(401, "token_expired");
    ada.post("/v1/teams", json!({"not": "even read"}))
        .await
        .problem(401, "token_expired");
}

#[tokio::test]
async fn the_public_keys_are_published_and_nothing_else_of_them() {
    let app = TestApp::start().await;
    let (ada, _) = newcomer(&app, "ada@example.org").await;
    let jwks = app
        .anybody("GET", "/.well-known/jwks.json")
        .send()
        .await
        .ok();
    let keys = jwks["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    let mut members: Vec<&str> = keys[0]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    assert_eq!(keys[0]["kid"], decoded(&ada.token, 0)["kid"]);
}

#[tokio::test]
async fn the_table_of_roles_needs_a_token_and_lists_every_role() {
    let app = TestApp::start().await;
    app.anybody("GET", "/v1/roles")
        .send()
        .await
        .problem(401, "unauthenticated");
    let ada = app.person("Ada").await;
    let table = ada.get("/v1/roles").await.ok();
    let roles: Vec<&str> = table["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["guest", "member", "lead", "owner"]);
    // What is served is what decides.
    for (row, role) in table["items"].as_array().unwrap().iter().zip(Role::ALL) {
        let served: Vec<&str> = row["permissions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|permission| permission.as_str().unwrap())
            .collect();
        let decides: Vec<&str> = Permission::ALL
            .iter()
            .filter(|permission| role.may(**permission))
            .map(|permission| permission.as_str())
            .collect();
        assert_eq!(served, decides, "{role:?}");
    }
}
