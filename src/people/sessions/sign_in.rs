//! Signing in with e-mail and password.
//!
//! The surprising rule: an unknown e-mail, a wrong password and a disabled account get the same bytes after the
//! same time, so that the answer tells nobody who has an account.

use actix_web::post;
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Tokens, begin};
use crate::access::passwords::Verdict;
use crate::access::secrets::Secret;
use crate::access::state::State;
use crate::db::rows::columns;
use crate::db::{AnyConnection, Id, Instant, Outcome};
use crate::http::{Answer, Body, Code, Problem, Reply};
use crate::people::accounts::{self, Account};
use crate::people::tallies::Tallies;
use crate::people::texts::{Email, GivenPassword};
use crate::people::visitor::Visitor;
use crate::schema::{account_passwords, accounts as table};

/// Somebody who signs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ada@example.org", "password": "a long and good one"}))]
pub struct Credentials {
    email: Email,
    password: GivenPassword,
}

/// What is compared: the account and the hash of its password.
#[derive(Debug, Clone)]
pub struct Stored {
    account_id: Id,
    hash: String,
}

/// Compares a password after the tallies have let the attempt through.
///
/// # Errors
/// `rate_limited` when too many have failed before, `unavailable` when too many sign in at once.
pub async fn compare(
    state: &State,
    email: &Email,
    tallies: &Tallies,
    password: Secret,
) -> Result<(Verdict, Option<Stored>), Problem> {
    let now = state.clock.now();
    let (wanted, counting) = (email.clone(), tallies.clone());
    let stored = state
        .db
        .write(move |conn| {
            let stored = stored(conn, &wanted)?;
            let account_id = stored
                .as_ref()
                .map_or(Id::nil(), |stored| stored.account_id);
            counting.count(conn, account_id, now)?;
            Ok::<_, Problem>(Outcome::Keep(stored))
        })
        .await?;
    let hash = stored.as_ref().map(|stored| stored.hash.clone());
    match state.passwords.verify(hash, password).await {
        Ok(verdict) => Ok((verdict, stored)),
        Err(error) => {
            let counted = tallies.clone();
            state
                .db
                .write(move |conn| {
                    counted.not_tried(conn)?;
                    Ok::<_, Problem>(Outcome::Keep(()))
                })
                .await?;
            Err(accounts::password_problem(error))
        }
    }
}

fn stored(conn: &mut AnyConnection, email: &Email) -> Result<Option<Stored>, Problem> {
    let found: Option<(Id, String)> = table::table
        .inner_join(account_passwords::table.on(account_passwords::account_id.eq(table::id)))
        .filter(table::email.eq(email))
        .select((table::id, account_passwords::hash))
        .first(conn)
        .optional()?;
    Ok(found.map(|(account_id, hash)| Stored { account_id, hash }))
}

impl Stored {
    /// Whether the password is still the one that was compared; asked under the account's lock.
    ///
    /// # Errors
    /// What the database answers.
    pub fn is_current(&self, conn: &mut AnyConnection) -> Result<bool, Problem> {
        let hash: String = account_passwords::table
            .find(self.account_id)
            .select(account_passwords::hash)
            .first(conn)?;
        Ok(hash == self.hash)
    }
}

/// The account, unless it is disabled, its row locked until the transaction ends.
pub(super) fn open_account(
    conn: &mut AnyConnection,
    account_id: Id,
) -> Result<Option<Account>, Problem> {
    Ok(diesel::update(
        table::table
            .find(account_id)
            .filter(table::disabled_at.is_null()),
    )
    .set(table::updated_at.eq(table::updated_at))
    .returning(columns::<Account>())
    .get_result(conn)
    .optional()?)
}

/// Keeps a hash made the way of this release.
fn upgrade(
    conn: &mut AnyConnection,
    account_id: Id,
    hash: Option<&str>,
    now: Instant,
) -> Result<(), Problem> {
    match hash {
        Some(hash) => accounts::set_password(conn, account_id, hash, now),
        None => Ok(()),
    }
}

/// Sign in
///
/// Answers an access token for `Authorization: Bearer …` and a refresh token. After five failures each further
/// one costs a growing wait: 429 with `Retry-After`. A wrong password, an unknown e-mail and a disabled account
/// get the same answer. There is no Idempotency-Key, because nobody is known yet: each sign-in is a session of
/// its own.
#[utoipa::path(tag = "sessions", request_body = Credentials, responses((status = 201, body = Tokens)))]
#[post("/v1/sessions")]
pub async fn create_session(visitor: Visitor, body: Body<Credentials>) -> Answer {
    let Body(Credentials { email, password }) = body;
    let state = visitor.state;
    let tallies = Tallies::of(&email, &visitor.address);
    let (verdict, stored) = compare(&state, &email, &tallies, password.0.clone()).await?;
    let refused = || Problem::new(Code::InvalidCredentials);
    let stored = match verdict {
        Verdict::Wrong => None,
        Verdict::Right | Verdict::RightButOutdated => stored,
    }
    .ok_or_else(refused)?;
    let upgraded = match verdict {
        // Were the password shorter than passwords may be now, the old hash would stay.
        Verdict::RightButOutdated => state.passwords.hash(password.0).await.ok(),
        _ => None,
    };
    let now = state.clock.now();
    let (account, session_id, refresh_token) = state
        .db
        .write(move |conn| {
            let account = open_account(conn, stored.account_id)?.ok_or_else(refused)?;
            if !stored.is_current(conn)? {
                return Err(refused());
            }
            tallies.succeeded(conn)?;
            upgrade(conn, account.id, upgraded.as_deref(), now)?;
            let (session_id, refresh_token) =
                begin(conn, account.id, &visitor.address, visitor.user_agent, now)?;
            Ok(Outcome::Keep((account, session_id, refresh_token)))
        })
        .await?;
    let tokens = Tokens::new(&state, account, session_id, &refresh_token, now)?;
    Ok(Reply::ok(&tokens)?
        .status(201)
        .location(format!("/v1/me/sessions/{session_id}")))
}
