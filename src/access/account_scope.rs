//! The scope of an account: what a person has beyond any team (profile, sessions, the list of teams).
//!
//! The surprising rule: a write takes the account's next version first, which orders the writes of one account
//! as the revision orders those of a team.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use diesel::prelude::*;

use super::caller::Caller;
use super::follow::Followers;
use super::idempotency::IdempotencyKey;
use super::state::State;
use super::versions::{self, Tags};
use crate::db::{AnyConnection, Id, Instant, Outcome};
use crate::http::{Answer, Code, Problem};
use crate::schema::{accounts, sessions};

/// A request about the caller's own account.
pub struct AccountScope {
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    takes_key: bool,
}

impl FromRequest for AccountScope {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// What an account's request has at hand, reading or writing.
pub struct AccountTx<'c> {
    /// The connection.
    pub conn: &'c mut AnyConnection,
    /// The caller's account.
    pub account_id: Id,
    /// The session that the request runs in.
    pub session_id: Id,
    /// The one time of the request.
    pub now: Instant,
    /// What follows from what is done in a team that the account enters.
    pub(crate) followers: Followers,
    if_match: Option<Tags>,
}

impl AccountTx<'_> {
    /// Checks `If-Match` against the record that the request is about.
    ///
    /// # Errors
    /// `version_conflict`, with the present tag.
    pub fn expect_version(&self, version: i64) -> Result<(), Problem> {
        versions::expect(self.if_match.as_ref(), version)
    }
}

impl AccountScope {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let caller = Caller::of(request)?;
        if caller.on_behalf_of.is_some() {
            return Err(Problem::new(Code::InvalidHeader).detail(
                "Deputies act in a team only: an account is its owner's. Send this without On-Behalf-Of.",
            ));
        }
        let state = request
            .app_data::<web::Data<State>>()
            .ok_or_else(|| Problem::internal("the state is missing"))?
            .clone();
        Ok(Self {
            state,
            caller,
            request: request.clone(),
            takes_key: true,
        })
    }

    /// The same without Idempotency-Key, for a body with a password: the key is kept beside a digest of the
    /// body, from which a password could be guessed.
    #[must_use]
    pub fn without_key(mut self) -> Self {
        self.takes_key = false;
        self
    }

    /// An id from the path; what is no id names nothing.
    ///
    /// # Errors
    /// `not_found`.
    pub fn id(&self, name: &str) -> Result<Id, Problem> {
        self.request
            .match_info()
            .get(name)
            .and_then(|text| text.parse().ok())
            .ok_or_else(Problem::not_found)
    }

    /// What every handler shares.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Who asks.
    #[must_use]
    pub const fn caller(&self) -> Caller {
        self.caller
    }

    /// The request itself.
    #[must_use]
    pub const fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// Reads.
    ///
    /// # Errors
    /// `unauthenticated` when the session has ended, and what `work` answers.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Problem>
    where
        F: FnOnce(&mut AccountTx<'_>) -> Result<T, Problem> + Send + 'static,
        T: Send + 'static,
    {
        let (caller, now) = (self.caller, self.state.clock.now());
        let followers = self.state.followers;
        self.state
            .db
            .read(move |conn| {
                check_session(conn, caller, now)?;
                work(&mut AccountTx {
                    conn,
                    account_id: caller.account_id,
                    session_id: caller.session_id,
                    now,
                    if_match: None,
                    followers,
                })
            })
            .await
    }

    /// Reads one record that has its own version. 304 when the client has it.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn show<F>(&self, work: F) -> Answer
    where
        F: FnOnce(&mut AccountTx<'_>) -> Answer + Send + 'static,
    {
        let known = Tags::if_none_match(&self.request)?;
        let reply = self.read(work).await?;
        Ok(Tags::unless_known(known.as_ref(), reply))
    }

    /// Writes, all or nothing.
    ///
    /// # Errors
    /// `unauthenticated` when the session has ended, and what `work` answers.
    pub async fn write<F>(&self, work: F) -> Answer
    where
        F: FnOnce(&mut AccountTx<'_>) -> Answer + Send + 'static,
    {
        let (caller, now) = (self.caller, self.state.clock.now());
        let followers = self.state.followers;
        let if_match = Tags::if_match(&self.request)?;
        let key = if self.takes_key {
            IdempotencyKey::of(&self.request)?
        } else {
            None
        };
        self.state
            .db
            .write(move |conn| {
                // Locks the account's row until the end of the transaction.
                diesel::update(accounts::table.find(caller.account_id))
                    .set(accounts::updated_at.eq(accounts::updated_at))
                    .execute(conn)?;
                check_session(conn, caller, now)?;
                if let Some(key) = &key
                    && let Some(reply) = key.replay(conn, Id::nil(), caller.account_id)?
                {
                    return Ok(Outcome::Discard(reply));
                }
                let reply = work(&mut AccountTx {
                    conn,
                    account_id: caller.account_id,
                    session_id: caller.session_id,
                    now,
                    if_match,
                    followers,
                })?;
                if let Some(key) = key {
                    key.keep(conn, Id::nil(), caller.account_id, &reply, now)?;
                }
                Ok(Outcome::Keep(reply))
            })
            .await
    }
}

/// Whether the caller's session lasts.
///
/// # Errors
/// `unauthenticated`.
pub(super) fn check_session(
    conn: &mut AnyConnection,
    caller: Caller,
    now: Instant,
) -> Result<(), Problem> {
    let lasts = diesel::select(diesel::dsl::exists(
        sessions::table
            .find(caller.session_id)
            .filter(sessions::account_id.eq(caller.account_id))
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.gt(now)),
    ))
    .get_result::<bool>(conn)?;
    if lasts {
        Ok(())
    } else {
        Err(Problem::new(Code::Unauthenticated)
            .detail("The session has ended. Sign in again with POST /v1/sessions."))
    }
}
