//! What must and what must not pass for an access token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::*;

const NOW: DateTime<Utc> = DateTime::from_timestamp(1_795_392_000, 0).unwrap();

fn scheduled(seconds: i64) -> ScheduledKey {
    let key = SigningKey::generate().unwrap();
    ScheduledKey {
        key,
        active_at: NOW + TimeDelta::seconds(seconds),
        retired_at: None,
    }
}

/// A set with one key, that key, claims, and a token with these claims.
fn one_key() -> (KeySet, ScheduledKey, Claims, String) {
    let key = scheduled(0);
    let set = KeySet::new("https://relais.example", "relais");
    set.replace(vec![key.clone()]);
    let claims = set.claims(Uuid::now_v7(), Uuid::now_v7(), LIFETIME, NOW);
    let token = set.sign(&claims, NOW).unwrap();
    (set, key, claims, token)
}

/// A token of any header and payload, signed by `key`.
fn signed(key: &ScheduledKey, header: &Value, payload: &Value) -> String {
    let parts = [header, payload]
        .map(|part| BASE64.encode(part.to_string()))
        .join(".");
    let signature =
        jsonwebtoken::crypto::sign(parts.as_bytes(), key.key.private(), Algorithm::ES256);
    format!("{parts}.{}", signature.unwrap())
}

fn header(key: &ScheduledKey) -> Value {
    json!({"typ": "at+jwt", "alg": "ES256", "kid": key.key.kid()})
}

/// `base` with some members set, or removed by null.
fn with(mut base: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        base[name] = value.clone();
    }
    base.as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    base
}

fn reason(set: &KeySet, token: &str) -> &'static str {
    for _ in 0..2 {
        assert!(
            set.verify(token, NOW).is_err(),
            "no refused token may be remembered"
        );
    }
    match set.verify(token, NOW) {
        Err(TokenError::Invalid(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_token_verifies_and_says_what_it_is() {
    let (set, key, claims, token) = one_key();
    for _ in 0..2 {
        assert_eq!(*set.verify(&token, NOW).unwrap(), claims);
    }
    assert_eq!(set.checked.len(), 1);
    assert_eq!(
        serde_json::to_value(jsonwebtoken::decode_header(&token).unwrap()).unwrap(),
        header(&key)
    );
    assert!(token.len() < 600, "{}", token.len());
    assert!(!format!("{set:?} {key:?}").contains("private"));
}

#[test]
fn the_spelling_of_typ_is_free_but_not_its_meaning() {
    let (set, key, claims, _) = one_key();
    let payload = json!(claims);
    for typ in ["AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        let token = signed(&key, &with(header(&key), json!({"typ": typ})), &payload);
        assert_eq!(*set.verify(&token, NOW).unwrap(), claims);
    }
    for typ in [
        json!("JWT"),
        json!("jwt"),
        json!("text/at+jwt"),
        json!(null),
    ] {
        let token = signed(&key, &with(header(&key), json!({"typ": typ})), &payload);
        assert_eq!(reason(&set, &token), "typ is not at+jwt");
    }
}

#[test]
fn other_algorithms_are_refused() {
    let (set, key, claims, token) = one_key();
    let message = |alg: &str| {
        let parts = [with(header(&key), json!({"alg": alg})), json!(claims)];
        parts.map(|part| BASE64.encode(part.to_string())).join(".")
    };
    let end = token.rsplit('.').next().unwrap();
    let known = "not a JWT with a known algorithm";
    assert_eq!(reason(&set, &format!("{}.", message("none"))), known);
    assert_eq!(reason(&set, &format!("{}.{end}", message("none"))), known);
    // HMAC (RFC 2104) with what an attacker knows as the secret: the public key.
    let public = key.key.public().try_get_as_bytes().unwrap();
    let mut block = [0; 64];
    block[..32].copy_from_slice(&Sha256::digest(public));
    let inner = Sha256::digest(
        [
            &block.map(|byte| byte ^ 0x36)[..],
            message("HS256").as_bytes(),
        ]
        .concat(),
    );
    let mac = Sha256::digest([&block.map(|byte| byte ^ 0x5c)[..], &inner].concat());
    let forged = format!("{}.{}", message("HS256"), BASE64.encode(mac));
    assert_eq!(
        reason(&set, &forged),
        "more in the header than typ, kid and ES256"
    );
    for alg in ["ES384", "RS256", "EdDSA"] {
        assert!(set.verify(&format!("{}.{end}", message(alg)), NOW).is_err());
    }
}

#[test]
fn foreign_keys_are_refused_however_they_are_offered() {
    let (set, key, claims, _) = one_key();
    let attacker = scheduled(0);
    let payload = json!(claims);
    let sign = |changes| signed(&attacker, &with(header(&key), changes), &payload);
    assert_eq!(reason(&set, &sign(json!({}))), "signature or claims");
    assert_eq!(
        reason(&set, &sign(json!({"kid": attacker.key.kid()}))),
        "unknown or retired key"
    );
    assert_eq!(reason(&set, &sign(json!({"kid": null}))), "no kid");
    for more in [
        json!({"jwk": attacker.key.jwk()}),
        json!({"jwk": attacker.key.jwk(), "kid": attacker.key.kid()}),
        json!({"jku": "https://attacker.example/jwks.json"}),
        json!({"x5u": "https://attacker.example/chain.pem"}),
        json!({"crit": ["exp"]}),
        json!({"b64": false}),
    ] {
        let expected = "more in the header than typ, kid and ES256";
        assert_eq!(reason(&set, &sign(more.clone())), expected);
        // Not even with the right signature.
        let token = signed(&key, &with(header(&key), more), &payload);
        assert_eq!(reason(&set, &token), expected);
    }
}

#[test]
fn changed_tokens_are_refused_although_the_original_is_remembered() {
    let (set, key, claims, token) = one_key();
    set.verify(&token, NOW).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let payload = BASE64.encode(with(json!(claims), json!({"sub": Uuid::nil()})).to_string());
    assert_eq!(
        reason(&set, &[parts[0], &payload, parts[2]].join(".")),
        "signature or claims"
    );
    for text in [
        "",
        ".",
        "..",
        "a.b.c",
        &format!("{token}."),
        &format!("{token}="),
        &parts[..2].join("."),
    ] {
        assert!(
            matches!(set.verify(text, NOW), Err(TokenError::Invalid(_))),
            "{text}"
        );
    }
    assert_eq!(reason(&set, &"a".repeat(5_000_000)), "too long");
    let padded = with(json!(claims), json!({"x": "y".repeat(4096)}));
    assert_eq!(
        reason(&set, &signed(&key, &header(&key), &padded)),
        "too long"
    );
}

#[test]
fn every_claim_is_required_and_checked() {
    let (set, key, claims, _) = one_key();
    let sign = |changes| signed(&key, &header(&key), &with(json!(claims), changes));
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "sid"] {
        for value in [
            json!(null),
            json!({}),
            json!(["relais"]),
            json!("else"),
            json!(-1e300),
        ] {
            assert_eq!(
                reason(&set, &sign(json!({name: value}))),
                "signature or claims"
            );
        }
    }
    assert!(
        set.verify(&sign(json!({"new_in_a_later_release": 1})), NOW)
            .is_ok()
    );
    assert_eq!(
        reason(&set, &sign(json!({"exp": i64::MAX}))),
        "signature or claims"
    );
}

#[test]
fn times_are_checked_with_the_leeway_on_every_use() {
    let (set, key, claims, token) = one_key();
    let at = |seconds| NOW + TimeDelta::seconds(seconds);
    assert!(set.verify(&token, at(629)).is_ok());
    assert_eq!(set.verify(&token, at(630)), Err(TokenError::Expired));
    let early = with(json!(claims), json!({"nbf": at(100).timestamp()}));
    let early = signed(&key, &header(&key), &early);
    assert_eq!(
        set.verify(&early, at(69)),
        Err(TokenError::Invalid("not valid yet"))
    );
    assert!(set.verify(&early, at(70)).is_ok());
    assert_eq!(
        set.verify(&early, at(69)),
        Err(TokenError::Invalid("not valid yet"))
    );
    // Expiry is only told to who holds a token of ours.
    let parts: Vec<&str> = token.split('.').collect();
    let forged = [parts[0], parts[1], &BASE64.encode([1; 64])].join(".");
    assert_eq!(
        set.verify(&forged, at(9999)),
        Err(TokenError::Invalid("signature or claims"))
    );
}

#[test]
fn keys_rotate() {
    let (old, mut new) = (scheduled(0), scheduled(60));
    let set = KeySet::new("https://relais.example", "relais");
    let claims = set.claims(Uuid::now_v7(), Uuid::now_v7(), LIFETIME, NOW);
    assert!(matches!(
        set.sign(&claims, NOW),
        Err(SigningError::NoActiveKey)
    ));
    set.replace(vec![new.clone(), old.clone()]);
    let kid = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    let later = NOW + TimeDelta::seconds(60);
    let (first, second) = (
        set.sign(&claims, NOW).unwrap(),
        set.sign(&claims, later).unwrap(),
    );
    assert_eq!(
        (kid(&first).as_str(), kid(&second).as_str()),
        (old.key.kid(), new.key.kid())
    );
    assert_eq!(set.jwks(NOW).keys.len(), 2);
    // Another server may be a moment ahead of us.
    assert!(set.verify(&first, NOW).is_ok() && set.verify(&second, NOW).is_ok());
    // Retiring acts at once, on remembered tokens too; so does removing.
    new.retired_at = Some(later);
    set.replace(vec![old.clone(), new.clone()]);
    assert!(set.verify(&second, NOW).is_ok());
    assert_eq!(
        set.verify(&second, later),
        Err(TokenError::Invalid("unknown or retired key"))
    );
    assert_eq!(kid(&set.sign(&claims, later).unwrap()), old.key.kid());
    assert_eq!(set.jwks(later).keys.len(), 1);
    set.replace(vec![new]);
    assert_eq!(reason(&set, &first), "unknown or retired key");
}

#[test]
fn remembered_tokens_are_bounded() {
    let (_, key, claims, _) = one_key();
    let set = KeySet::remembering(8, "https://relais.example", "relais");
    set.replace(vec![key.clone()]);
    for _ in 0..50 {
        let token = signed(
            &key,
            &header(&key),
            &with(json!(claims), json!({"jti": Uuid::now_v7()})),
        );
        assert!(set.verify(&token, NOW).is_ok());
    }
    assert!(
        set.checked.len() <= 8 + 2 * set.checked.num_shards(),
        "{}",
        set.checked.len()
    );
}

#[test]
fn a_stranger_can_verify_a_token_with_the_published_keys_alone() {
    let (set, key, claims, token) = one_key();
    let published = serde_json::to_value(set.jwks(NOW)).unwrap();
    let jwk = &published["keys"][0];
    let mut names: Vec<_> = jwk.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(
        names,
        ["alg", "crv", "kid", "kty", "use", "x", "y"],
        "nothing private"
    );
    assert_eq!(
        [&jwk["alg"], &jwk["crv"], &jwk["kty"], &jwk["use"]],
        ["ES256", "P-256", "EC", "sig"]
    );
    for coordinate in ["x", "y"] {
        assert_eq!(
            BASE64
                .decode(jwk[coordinate].as_str().unwrap())
                .unwrap()
                .len(),
            32
        );
    }
    assert_eq!(jwk["kid"], key.key.kid());
    let jwk = serde_json::from_value(jwk.clone()).unwrap();
    let data = jsonwebtoken::decode::<Claims>(
        &token,
        &DecodingKey::from_jwk(&jwk).unwrap(),
        &set.validation,
    );
    assert_eq!(data.unwrap().claims, claims);
}
