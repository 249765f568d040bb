//! Access tokens: short-lived JWTs (RFC 9068), signed with ES256 and checked without waiting.
//!
//! The surprising rule: a token's signature is checked once. Checking costs 0.18 ms of pure
//! computing (a look-up 0.4 µs), so tokens that passed are remembered by their SHA-256; what can
//! change with time (expiry, a key taken back) is looked at on every use. That a key's id is the
//! thumbprint of the key (RFC 7638) makes this safe: the same id can never mean another key.
//!
//! No function here reads a clock. `now` is always a parameter.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::serde::{ts_seconds, ts_seconds_option};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, Header, Validation};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::es256::SigningKey;
use super::secrets::Digest;

/// How long an access token is valid.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// How far the clocks of two servers may be apart.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);
/// Longer tokens are refused unread. Ours have about 500 bytes.
const TOKEN_MAX_BYTES: usize = 4096;
/// How many checked tokens are remembered, at about 400 bytes each.
const REMEMBERED_TOKENS: usize = 10_000;
/// The media type of access tokens (RFC 9068 §2.1), which keeps other JWTs from passing for one.
const TOKEN_TYPE: &str = "at+jwt";

/// What an access token says. Roles are not in it: they are read with each request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// The account.
    pub sub: Uuid,
    /// Whom it is meant for.
    pub aud: String,
    /// When it ends; whole seconds, as all times here.
    #[serde(with = "ts_seconds")]
    pub exp: DateTime<Utc>,
    /// When it was issued.
    #[serde(with = "ts_seconds")]
    pub iat: DateTime<Utc>,
    /// Before when it does not hold. We never set it, but honour it.
    #[serde(
        default,
        with = "ts_seconds_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub nbf: Option<DateTime<Utc>>,
    /// The token's own id.
    pub jti: Uuid,
    /// The session it belongs to.
    pub sid: Uuid,
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It is not one of our tokens, or not any more. The reason is for the log and for tests.
    #[error("the access token is not valid: {0}")]
    Invalid(&'static str),
    /// It was ours, and its time is over: the client should refresh it.
    #[error("the access token has expired")]
    Expired,
}

/// Why a token cannot be signed.
#[derive(Debug, Error)]
pub enum SigningError {
    /// No key is active yet, or all are retired.
    #[error("there is no active signing key")]
    NoActiveKey,
    /// The key or the claims could not be used.
    #[error("the access token could not be signed")]
    Failed(#[source] jsonwebtoken::errors::Error),
}

/// A key and when it is used.
#[derive(Debug, Clone)]
pub struct ScheduledKey {
    /// The key pair.
    pub key: SigningKey,
    /// From when it signs. It verifies and is published before, so that all servers know it.
    pub active_at: DateTime<Utc>,
    /// From when on nothing it signed is accepted.
    pub retired_at: Option<DateTime<Utc>>,
}

impl ScheduledKey {
    fn is_retired(&self, now: DateTime<Utc>) -> bool {
        self.retired_at.is_some_and(|retired_at| retired_at <= now)
    }
}

/// All keys of an installation: signs with the latest, verifies with all that are not retired.
pub struct KeySet {
    issuer: String,
    audience: String,
    validation: Validation,
    keys: RwLock<HashMap<String, ScheduledKey>>,
    checked: Cache<[u8; 32], Checked>,
}

/// What is remembered of a token whose signature and fixed claims were right.
#[derive(Clone)]
struct Checked {
    kid: Arc<str>,
    claims: Arc<Claims>,
}

impl KeySet {
    /// A set without keys: [`replace`](Self::replace) brings them.
    pub fn new(issuer: &str, audience: &str) -> Self {
        Self::remembering(REMEMBERED_TOKENS, issuer, audience)
    }

    fn remembering(tokens: usize, issuer: &str, audience: &str) -> Self {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
        // The crate would read the system's clock; `check_times` does it with the given one.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            validation,
            keys: RwLock::default(),
            checked: Cache::new(tokens),
        }
    }

    /// Takes these keys instead of the present ones, as read from the database at start and now
    /// and then after. Tokens of keys that are gone are refused from here on.
    pub fn replace(&self, keys: Vec<ScheduledKey>) {
        let keys = keys
            .into_iter()
            .map(|key| (key.key.kid().to_owned(), key))
            .collect();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// The claims of a new token: `lifetime` from `now` on, with an id of its own.
    pub fn claims(
        &self,
        account: Uuid,
        session: Uuid,
        lifetime: TimeDelta,
        now: DateTime<Utc>,
    ) -> Claims {
        let iat = now.trunc_subsecs(0);
        Claims {
            iss: self.issuer.clone(),
            sub: account,
            aud: self.audience.clone(),
            exp: iat + lifetime,
            iat,
            nbf: None,
            // Random rather than v7, which would read the system's clock.
            jti: uuid::Builder::from_random_bytes(rand::random()).into_uuid(),
            sid: session,
        }
    }

    /// Signs with the key whose `active_at` is the latest not after `now`.
    pub fn sign(&self, claims: &Claims, now: DateTime<Utc>) -> Result<String, SigningError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let active = keys
            .values()
            .filter(|key| key.active_at <= now && !key.is_retired(now));
        // Two keys of the same moment: all servers must still agree, so the id decides.
        let latest = active.max_by_key(|key| (key.active_at, key.key.kid()));
        let key = &latest.ok_or(SigningError::NoActiveKey)?.key;
        let header = Header {
            typ: Some(TOKEN_TYPE.to_owned()),
            kid: Some(key.kid().to_owned()),
            ..Header::new(Algorithm::ES256)
        };
        jsonwebtoken::encode(&header, claims, key.private()).map_err(SigningError::Failed)
    }

    /// The claims of a token that holds at `now`.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<Claims>, TokenError> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(TokenError::Invalid("too long"));
        }
        let digest = *Digest::of(token.as_bytes()).as_bytes();
        let claims = match self.checked.get(&digest) {
            Some(checked) => {
                self.with_key(&checked.kid, now, |_| ())?;
                checked.claims
            }
            None => {
                let checked = self.check_signature(token, now)?;
                let claims = Arc::clone(&checked.claims);
                self.checked.insert(digest, checked);
                claims
            }
        };
        check_times(&claims, now)?;
        Ok(claims)
    }

    /// The public keys for `/.well-known/jwks.json`: all that are not retired.
    pub fn jwks(&self, now: DateTime<Utc>) -> JwkSet {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let mut published: Vec<_> = keys.values().filter(|key| !key.is_retired(now)).collect();
        published.sort_by_key(|key| (key.active_at, key.key.kid()));
        JwkSet {
            keys: published
                .into_iter()
                .map(|key| key.key.jwk().clone())
                .collect(),
        }
    }

    fn check_signature(&self, token: &str, now: DateTime<Utc>) -> Result<Checked, TokenError> {
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| TokenError::Invalid("not a JWT with a known algorithm"))?;
        let typ = header
            .typ
            .as_deref()
            .map(str::to_ascii_lowercase)
            .unwrap_or_default();
        if typ.strip_prefix("application/").unwrap_or(&typ) != TOKEN_TYPE {
            return Err(TokenError::Invalid("typ is not at+jwt"));
        }
        // Whatever else a header can hold (`jwk`, `jku`, `x5u`, `crit`, …) we never write.
        let ours = Header {
            typ: header.typ.clone(),
            kid: header.kid.clone(),
            ..Header::new(Algorithm::ES256)
        };
        if header != ours {
            return Err(TokenError::Invalid(
                "more in the header than typ, kid and ES256",
            ));
        }
        let kid: Arc<str> = header.kid.ok_or(TokenError::Invalid("no kid"))?.into();
        let public = self.with_key(&kid, now, |key| key.public().clone())?;
        let data = jsonwebtoken::decode::<Claims>(token, &public, &self.validation)
            .map_err(|_| TokenError::Invalid("signature or claims"))?;
        Ok(Checked {
            kid,
            claims: Arc::new(data.claims),
        })
    }

    fn with_key<T>(
        &self,
        kid: &str,
        now: DateTime<Utc>,
        take: impl FnOnce(&SigningKey) -> T,
    ) -> Result<T, TokenError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let accepted = keys.get(kid).filter(|key| !key.is_retired(now));
        accepted
            .map(|key| take(&key.key))
            .ok_or(TokenError::Invalid("unknown or retired key"))
    }
}

fn check_times(claims: &Claims, now: DateTime<Utc>) -> Result<(), TokenError> {
    // The leeway is taken from `now`, which cannot overflow as a foreign time could.
    if now - LEEWAY >= claims.exp {
        return Err(TokenError::Expired);
    }
    if claims.nbf.is_some_and(|nbf| nbf > now + LEEWAY) {
        return Err(TokenError::Invalid("not valid yet"));
    }
    Ok(())
}

impl fmt::Debug for KeySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeySet")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
