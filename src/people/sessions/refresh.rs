//! Refreshing: a refresh token is good for one use, which answers its successor.
//!
//! The surprising rule: a token that comes back after its use ends the session, because then two hold it and one
//! of them may have stolen it. The one exception is a client that lost the answer: for ten seconds, and once, the
//! direct predecessor of the present token gets that same token again.

use actix_web::post;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Row, Tokens, end, expiry, keep_token};
use crate::access::secrets::{Digest, Pepper, Secret};
use crate::db::rows::columns;
use crate::db::{AnyConnection, Id, Instant, Outcome};
use crate::http::{Answer, Body, Code, Problem, Reply};
use crate::people::accounts::Account;
use crate::people::texts::OpaqueSecret;
use crate::people::visitor::Visitor;
use crate::schema::{accounts, refresh_tokens, sessions};

/// How long the answer to a rotation may have been lost.
const LOST_ANSWER: TimeDelta = TimeDelta::seconds(10);

/// A refresh token that is turned in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "3q2-7wABOt5nWtyhWZLv1EXxB4W7vQeGwxGOyJkPzrk"}))]
pub struct Refresh {
    /// The token of the last answer.
    refresh_token: OpaqueSecret,
}

/// What becomes of a token that is turned in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// The first use: it is rotated.
    First,
    /// The answer may have been lost: the successor is given again.
    Again,
    /// Somebody has it who should not.
    Reuse,
}

fn use_of(
    rotated_at: Option<Instant>,
    replayed_at: Option<Instant>,
    successor_is_unused: bool,
    now: Instant,
) -> Use {
    match rotated_at {
        None => Use::First,
        Some(at) if replayed_at.is_none() && successor_is_unused && now <= at.plus(LOST_ANSWER) => {
            Use::Again
        }
        Some(_) => Use::Reuse,
    }
}

type State = (Option<Instant>, Option<Instant>);

fn find_token(conn: &mut AnyConnection, digest: &Digest) -> Result<Option<(Id, State)>, Problem> {
    let found: Option<(Id, Option<Instant>, Option<Instant>)> = refresh_tokens::table
        .find(digest.as_bytes().to_vec())
        .select((
            refresh_tokens::session_id,
            refresh_tokens::rotated_at,
            refresh_tokens::replayed_at,
        ))
        .first(conn)
        .optional()?;
    Ok(found.map(|(session_id, rotated_at, replayed_at)| (session_id, (rotated_at, replayed_at))))
}

/// The session and its account, where both are good, the session's row locked until the transaction ends.
fn lock_session(
    conn: &mut AnyConnection,
    session_id: Id,
    now: Instant,
) -> Result<Option<(Row, Account)>, Problem> {
    let row: Option<Row> = diesel::update(
        sessions::table
            .find(session_id)
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.gt(now)),
    )
    .set(sessions::last_used_at.eq(sessions::last_used_at))
    .returning(columns::<Row>())
    .get_result(conn)
    .optional()?;
    let Some(row) = row else { return Ok(None) };
    let account: Option<Account> = accounts::table
        .find(row.account_id)
        .filter(accounts::disabled_at.is_null())
        .select(Account::as_select())
        .first(conn)
        .optional()?;
    Ok(account.map(|account| (row, account)))
}

/// Turns a token in. Nothing when it is not good; what that changes is to be kept nevertheless.
fn turn_in(
    conn: &mut AnyConnection,
    pepper: &Pepper,
    token: &Secret,
    address: &str,
    now: Instant,
) -> Result<Option<(Id, Account, Secret)>, Problem> {
    let digest = token.digest();
    let Some((session_id, _)) = find_token(conn, &digest)? else {
        return Ok(None);
    };
    let Some((row, account)) = lock_session(conn, session_id, now)? else {
        return Ok(None);
    };
    // Read again under the lock: two may turn in the same token at once.
    let Some((_, (rotated_at, replayed_at))) = find_token(conn, &digest)? else {
        return Ok(None);
    };
    let successor = pepper.successor(token);
    let successor_is_unused =
        matches!(find_token(conn, &successor.digest())?, Some((_, (None, _))));
    let this = refresh_tokens::table.find(digest.as_bytes().to_vec());
    match use_of(rotated_at, replayed_at, successor_is_unused, now) {
        Use::First => {
            diesel::update(this)
                .set(refresh_tokens::rotated_at.eq(now))
                .execute(conn)?;
            keep_token(conn, session_id, successor.digest(), now)?;
        }
        Use::Again => {
            diesel::update(this)
                .set(refresh_tokens::replayed_at.eq(now))
                .execute(conn)?;
        }
        Use::Reuse => {
            log::warn!("a refresh token was used twice: session {session_id} ends");
            end(conn, session_id, now)?;
            return Ok(None);
        }
    }
    diesel::update(sessions::table.find(session_id))
        .set((
            sessions::last_used_at.eq(now),
            sessions::expires_at.eq(expiry(row.created_at, now)),
            sessions::address.eq(address),
        ))
        .execute(conn)?;
    Ok(Some((session_id, account, successor)))
}

/// Refresh the tokens
///
/// Turns a refresh token in for a new access token and the next refresh token. Each is good for one use; using
/// one twice ends the session, because somebody may have stolen it. Only within ten seconds, and once, a client
/// that lost the answer gets the same successor again; that is why there is no Idempotency-Key here. A session
/// ends after 7 days without a refresh, and after 30 days at the latest.
#[utoipa::path(tag = "sessions", request_body = Refresh, responses((status = 200, body = Tokens)))]
#[post("/v1/sessions/refresh")]
pub async fn refresh_session(visitor: Visitor, body: Body<Refresh>) -> Answer {
    let Body(Refresh { refresh_token }) = body;
    let state = visitor.state;
    let (pepper, now) = (state.pepper.clone(), state.clock.now());
    let turned_in = state
        .db
        .write(move |conn| {
            turn_in(conn, &pepper, &refresh_token.0, &visitor.address, now).map(Outcome::Keep)
        })
        .await?;
    let (session_id, account, successor) =
        turned_in.ok_or_else(|| Problem::new(Code::InvalidCredentials))?;
    Reply::ok(&Tokens::new(&state, account, session_id, &successor, now)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::new(chrono::DateTime::UNIX_EPOCH).plus(TimeDelta::seconds(seconds))
    }

    #[test]
    fn only_a_lost_answer_excuses_a_second_use() {
        assert_eq!(use_of(None, None, false, at(0)), Use::First);
        let rotated = Some(at(0));
        assert_eq!(use_of(rotated, None, true, at(10)), Use::Again);
        assert_eq!(use_of(rotated, None, true, at(11)), Use::Reuse);
        assert_eq!(use_of(rotated, None, false, at(1)), Use::Reuse);
        assert_eq!(use_of(rotated, Some(at(1)), true, at(2)), Use::Reuse);
    }
}
