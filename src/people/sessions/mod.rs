//! Sessions: who is signed in, where and until when.
//!
//! The surprising rule: an access token names its session, and the session is looked up with each request. So
//! ending one acts at once, although tokens are not asked for again until they expire.

mod refresh;
mod sign_in;

pub(super) use sign_in::compare;

use actix_web::{delete, get};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::accounts::{self, Account};
use super::texts::Email;
use crate::access::secrets::{Digest, Secret};
use crate::access::{AccountScope, State};
use crate::db::{AnyConnection, Id, Instant, MultiBackend, Outcome};
use crate::http::page::TOTAL_CAP;
use crate::http::{Answer, Code, Page, PageRequest, Problem, Reply, ServiceConfig};
use crate::keyset_page;
use crate::schema::{refresh_tokens, sessions};

/// How long a session lasts without being used.
const IDLE: TimeDelta = TimeDelta::days(7);
/// How long a session lasts at most.
const LONGEST: TimeDelta = TimeDelta::days(30);

/// How long a command on the server's machine may act as somebody.
const ERRAND: TimeDelta = TimeDelta::minutes(30);

/// What signing in and refreshing answer.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.e30.c2ln", "token_type": "Bearer", "expires_in": 600, "refresh_token": "3q2-7wAB", "session_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "account": {"id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "email": "ada@example.org", "name": "Ada Lovelace", "locale": "en", "time_zone": "Europe/Paris", "created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z", "version": 1}}))]
pub struct Tokens {
    /// For the header `Authorization: Bearer …`.
    #[schema(max_length = 4096)]
    access_token: String,
    /// How the access token is used.
    #[schema(max_length = 10, pattern = "^Bearer$")]
    token_type: &'static str,
    /// For how many seconds the access token is valid.
    #[schema(minimum = 1)]
    expires_in: i64,
    /// For POST /v1/sessions/refresh, once: each refresh answers the next one.
    #[schema(max_length = 200)]
    refresh_token: String,
    /// The session.
    session_id: Id,
    /// Who is signed in.
    account: Account,
}

impl Tokens {
    fn new(
        state: &State,
        account: Account,
        session_id: Id,
        refresh_token: &Secret,
        now: Instant,
    ) -> Result<Self, Problem> {
        let lifetime = state.settings.access_token;
        let claims = state
            .keys
            .claims(account.id.into(), session_id.into(), lifetime, now.utc());
        Ok(Self {
            access_token: state
                .keys
                .sign(&claims, now.utc())
                .map_err(Problem::internal)?,
            token_type: "Bearer",
            expires_in: lifetime.num_seconds(),
            refresh_token: refresh_token.expose().to_owned(),
            session_id,
            account,
        })
    }
}

/// A session that lasts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "user_agent": "curl/8.5.0", "address": "192.0.2.7", "created_at": "2026-03-01T12:00:00.000Z", "last_used_at": "2026-03-02T08:00:00.000Z", "expires_at": "2026-03-09T08:00:00.000Z", "is_current": true}))]
pub struct Session {
    /// The session's id.
    pub id: Id,
    /// What the client called itself when it signed in.
    #[schema(required = true, max_length = 300)]
    pub user_agent: Option<String>,
    /// Where it was last refreshed from.
    #[schema(required = true, max_length = 100)]
    pub address: Option<String>,
    /// When it began.
    pub created_at: Instant,
    /// When it was last refreshed.
    pub last_used_at: Instant,
    /// When it ends unless it is refreshed before.
    pub expires_at: Instant,
    /// Whether this request runs in it.
    pub is_current: bool,
}

/// A page of sessions.
pub type SessionPage = Page<Session>;

/// The row of a session.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
struct Row {
    id: Id,
    account_id: Id,
    user_agent: Option<String>,
    address: Option<String>,
    created_at: Instant,
    last_used_at: Instant,
    expires_at: Instant,
}

// ---------------------------------------------------------------- rules

/// When a session that is used now ends.
fn expiry(created_at: Instant, now: Instant) -> Instant {
    now.plus(IDLE).min(created_at.plus(LONGEST))
}

// ---------------------------------------------------------------- queries

/// The account's sessions that last.
fn lasting(account_id: Id, now: Instant) -> sessions::BoxedQuery<'static, MultiBackend> {
    sessions::table
        .filter(sessions::account_id.eq(account_id))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .into_boxed()
}

/// Begins a session and answers it with its first refresh token.
fn begin(
    conn: &mut AnyConnection,
    account_id: Id,
    address: &str,
    user_agent: Option<String>,
    now: Instant,
) -> Result<(Id, Secret), Problem> {
    let id = Id::new();
    diesel::insert_into(sessions::table)
        .values(Row {
            id,
            account_id,
            user_agent,
            address: Some(address.to_owned()),
            created_at: now,
            last_used_at: now,
            expires_at: expiry(now, now),
        })
        .execute(conn)?;
    let token = Secret::random("", 32);
    keep_token(conn, id, token.digest(), now)?;
    Ok((id, token))
}

fn keep_token(
    conn: &mut AnyConnection,
    session_id: Id,
    digest: Digest,
    now: Instant,
) -> Result<(), Problem> {
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::digest.eq(digest.as_bytes().to_vec()),
            refresh_tokens::session_id.eq(session_id),
            refresh_tokens::issued_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Begins a session for the operator, who acts as somebody for one command: without a password and without a refresh
/// token, and over by itself when the command does not end it. Answers the access token.
///
/// # Errors
/// `not_found` when nobody has this e-mail; `invalid_credentials` when the account is disabled.
pub async fn begin_errand(state: &State, email: Email, errand: &str) -> Result<String, Problem> {
    let (id, now, errand) = (Id::new(), state.clock.now(), errand.to_owned());
    let account_id = state
        .db
        .write(move |conn| {
            let account = accounts::find(conn, &email)?;
            let account = sign_in::open_account(conn, account.id)?
                .ok_or_else(|| Problem::new(Code::InvalidCredentials))?;
            diesel::insert_into(sessions::table)
                .values(Row {
                    id,
                    account_id: account.id,
                    user_agent: Some(errand),
                    address: None,
                    created_at: now,
                    last_used_at: now,
                    expires_at: now.plus(ERRAND),
                })
                .execute(conn)?;
            Ok::<_, Problem>(Outcome::Keep(account.id))
        })
        .await?;
    let claims = state
        .keys
        .claims(account_id.into(), id.into(), ERRAND, now.utc());
    state
        .keys
        .sign(&claims, now.utc())
        .map_err(Problem::internal)
}

/// Ends one session.
fn end(conn: &mut AnyConnection, session_id: Id, now: Instant) -> Result<(), Problem> {
    diesel::update(sessions::table.find(session_id))
        .set(sessions::ended_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Ends all sessions of an account.
///
/// # Errors
/// What the database answers.
pub fn end_all(conn: &mut AnyConnection, account_id: Id, now: Instant) -> Result<(), Problem> {
    end_others(conn, account_id, Id::nil(), now)
}

/// Ends all sessions of an account but this one.
///
/// # Errors
/// What the database answers.
pub fn end_others(
    conn: &mut AnyConnection,
    account_id: Id,
    session_id: Id,
    now: Instant,
) -> Result<(), Problem> {
    diesel::update(
        sessions::table
            .filter(sessions::account_id.eq(account_id))
            .filter(sessions::id.ne(session_id))
            .filter(sessions::ended_at.is_null()),
    )
    .set(sessions::ended_at.eq(now))
    .execute(conn)?;
    Ok(())
}

// ---------------------------------------------------------------- handlers

/// Sign out
///
/// Ends the session of the access token. Its refresh token is void too.
#[utoipa::path(tag = "sessions", responses((status = 204)))]
#[delete("/v1/sessions/current")]
pub async fn delete_current_session(scope: AccountScope) -> Answer {
    scope
        .write(|tx| {
            end(tx.conn, tx.session_id, tx.now)?;
            Ok(Reply::no_content())
        })
        .await
}

/// List my sessions
///
/// Where the account is signed in, newest first.
#[utoipa::path(tag = "sessions", responses((status = 200, body = SessionPage)))]
#[get("/v1/me/sessions")]
pub async fn list_my_sessions(scope: AccountScope, page: PageRequest) -> Answer {
    scope
        .read(move |tx| {
            let current = tx.session_id;
            let (account_id, now) = (tx.account_id, tx.now);
            let query = lasting(account_id, now);
            let rows = keyset_page!(
                query,
                tx.conn,
                &page,
                Direction::Descending,
                Row,
                (sessions::created_at, sessions::id),
                Instant,
                |row| row.created_at
            );
            let mut loaded = rows.map(|row| Session {
                is_current: row.id == current,
                id: row.id,
                user_agent: row.user_agent,
                address: row.address,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
                expires_at: row.expires_at,
            });
            if page.wants_total() {
                let ids: Vec<Id> = lasting(account_id, now)
                    .select(sessions::id)
                    .limit(TOTAL_CAP + 1)
                    .load(tx.conn)?;
                loaded = loaded.with_total(ids.len());
            }
            Reply::page(&loaded, &page)
        })
        .await
}

/// End one of my sessions
///
/// Its access token stops working at once. Ending the current one is signing out.
#[utoipa::path(tag = "sessions", responses((status = 204)))]
#[delete("/v1/me/sessions/{session_id}")]
pub async fn delete_my_session(scope: AccountScope) -> Answer {
    let id = scope.id("session_id")?;
    scope
        .write(move |tx| {
            let _: Id = lasting(tx.account_id, tx.now)
                .filter(sessions::id.eq(id))
                .select(sessions::id)
                .first(tx.conn)?;
            end(tx.conn, id, tx.now)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(sign_in::create_session)
        .service(refresh::refresh_session)
        .service(delete_current_session)
        .service(list_my_sessions)
        .service(delete_my_session);
}
