//! `Idempotency-Key`: a retry gets the same answer, and nothing happens twice.
//!
//! The surprising rule: the answer is kept in the same transaction as the change. Kept anywhere else, a crash
//! in between would let the retry run a second time.

use actix_web::{HttpMessage, HttpRequest};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::caller::ON_BEHALF_OF;
use crate::db::{AnyConnection, Id, Instant};
use crate::http::body::BodyDigest;
use crate::http::{Code, Problem, Reply};
use crate::schema::idempotent_replies as replies;

/// A key and the request it is bound to.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: String,
    fingerprint: Vec<u8>,
}

impl IdempotencyKey {
    /// Refuses a key that is none. Before the body is there it can be bound to nothing.
    ///
    /// # Errors
    /// `invalid_header` when it is not 1 to 255 visible characters.
    pub fn check(request: &HttpRequest) -> Result<(), Problem> {
        Self::sent(request).map(drop)
    }

    fn sent(request: &HttpRequest) -> Result<Option<&str>, Problem> {
        let mut values = request.headers().get_all("idempotency-key");
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let is_only = values.next().is_none();
        value
            .to_str()
            .ok()
            .filter(|key| {
                is_only
                    && (1..=255).contains(&key.len())
                    && key.bytes().all(|byte| byte.is_ascii_graphic())
            })
            .ok_or_else(|| {
                Problem::new(Code::InvalidHeader)
                    .detail("Idempotency-Key takes 1 to 255 visible ASCII characters, once.")
            })
            .map(Some)
    }

    /// The key of a request, where it has one.
    ///
    /// # Errors
    /// `invalid_header` when it is not 1 to 255 visible characters.
    pub fn of(request: &HttpRequest) -> Result<Option<Self>, Problem> {
        let Some(key) = Self::sent(request)? else {
            return Ok(None);
        };
        let body = request
            .extensions()
            .get::<BodyDigest>()
            .map_or([0; 32], |digest| digest.0);
        let mut fingerprint = Sha256::new();
        fingerprint.update(request.method().as_str());
        fingerprint.update([0]);
        fingerprint.update(request.uri().to_string());
        fingerprint.update([0]);
        fingerprint.update(body);
        // In somebody's place it is another request, of the same account.
        if let Some(replaced) = request.headers().get(ON_BEHALF_OF) {
            fingerprint.update([0]);
            fingerprint.update(replaced.as_bytes());
        }
        Ok(Some(Self {
            key: key.to_owned(),
            fingerprint: fingerprint.finalize().to_vec(),
        }))
    }

    /// The answer that the key got before.
    ///
    /// # Errors
    /// `idempotency_key_reused` when the key was used for another request.
    pub fn replay(
        &self,
        conn: &mut AnyConnection,
        team_id: Id,
        account_id: Id,
    ) -> Result<Option<Reply>, Problem> {
        type Row = (Vec<u8>, i16, Option<String>, Option<String>, Vec<u8>);
        let kept: Option<Row> = replies::table
            .find((team_id, account_id, &self.key))
            .select((
                replies::fingerprint,
                replies::status,
                replies::etag,
                replies::location,
                replies::body,
            ))
            .first(conn)
            .optional()?;
        let Some((fingerprint, status, etag, location, body)) = kept else {
            return Ok(None);
        };
        if fingerprint != self.fingerprint {
            return Err(Problem::new(Code::IdempotencyKeyReused));
        }
        let mut reply = Reply::no_content().status(u16::try_from(status).unwrap_or(200));
        reply.etag = etag;
        reply.location = location;
        reply.body = body.into();
        reply.is_replayed = true;
        Ok(Some(reply))
    }

    /// Keeps the answer for 72 hours.
    ///
    /// # Errors
    /// What the database answers.
    pub fn keep(
        &self,
        conn: &mut AnyConnection,
        team_id: Id,
        account_id: Id,
        reply: &Reply,
        now: Instant,
    ) -> Result<(), Problem> {
        let body = reply.replay.as_ref().unwrap_or(&reply.body);
        diesel::insert_into(replies::table)
            .values((
                replies::team_id.eq(team_id),
                replies::account_id.eq(account_id),
                replies::key.eq(&self.key),
                replies::fingerprint.eq(&self.fingerprint),
                replies::status.eq(i16::try_from(reply.status).unwrap_or(200)),
                replies::etag.eq(&reply.etag),
                replies::location.eq(&reply.location),
                replies::body.eq(body.to_vec()),
                replies::created_at.eq(now),
            ))
            .execute(conn)?;
        Ok(())
    }
}
