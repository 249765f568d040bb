//! Accounts: people who can sign in. They belong to no team; being in one is a membership.
//!
//! The surprising rule: signing up with an e-mail that has an account says so (409). No answer could hide it:
//! without a mail to confirm the address, a stranger learns the same by signing in with what was just sent. A
//! made-up 201 would only leave the address's owner with a password that never works. Where membership is to be
//! confidential, set sign-up to `invitation`: then only the holder of an invitation to that e-mail gets so far.

use actix_web::post;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::invitations;
use super::sessions;
use super::texts::{Email, Locale, NewPassword, OpaqueSecret};
use super::visitor::Visitor;
use crate::access::SignUp;
use crate::access::passwords::PasswordError;
use crate::db::{AnyConnection, Id, Instant, Outcome};
use crate::http::text::Name;
use crate::http::values::TimeZone;
use crate::http::{Answer, Body, Code, Problem, Reply, ServiceConfig};
use crate::schema::{account_passwords, accounts};

/// Somebody who signs up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ada@example.org", "password": "a long and good one", "name": "Ada Lovelace", "locale": "en", "time_zone": "Europe/Paris"}))]
pub struct NewAccount {
    email: Email,
    /// 8 to 128 characters of any kind; nothing is trimmed.
    password: NewPassword,
    name: Name,
    /// `en` when nothing is said.
    locale: Option<Locale>,
    /// `UTC` when nothing is said.
    time_zone: Option<TimeZone>,
    /// The secret of an invitation to this e-mail; needed where sign-up is by invitation only. It stays valid:
    /// accept it when you are signed in.
    invitation: Option<OpaqueSecret>,
}

/// The own account.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = accounts)]
#[schema(example = json!({"id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "email": "ada@example.org", "name": "Ada Lovelace", "locale": "en", "time_zone": "Europe/Paris", "created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z", "version": 1}))]
pub struct Account {
    /// The account's id.
    pub id: Id,
    /// What to sign in with.
    pub email: Email,
    /// The person's name; members begin with it as their display name.
    pub name: Name,
    /// The language and region.
    pub locale: Locale,
    /// Where the person is.
    pub time_zone: TimeZone,
    /// When it was disabled: never sent, because nobody sees a disabled account.
    #[serde(skip)]
    pub disabled_at: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// Counts the changes; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// What makes an account.
#[derive(Debug)]
pub struct Profile {
    /// What to sign in with.
    pub email: Email,
    /// The person's name.
    pub name: Name,
    /// The language and region.
    pub locale: Locale,
    /// Where the person is.
    pub time_zone: TimeZone,
}

// ---------------------------------------------------------------- rules

/// The problem behind a password that was neither hashed nor compared.
pub(super) fn password_problem(error: PasswordError) -> Problem {
    match error {
        PasswordError::Busy => Problem::new(Code::Unavailable)
            .detail("Too many sign-ins at once. Try again in a second."),
        PasswordError::TooShort => {
            Problem::field("/password", "too_short", "At least 8 characters.")
        }
        PasswordError::TooLong => {
            Problem::field("/password", "too_long", "At most 128 characters.")
        }
        error => Problem::internal(error),
    }
}

// ---------------------------------------------------------------- queries

/// The account that signs in with this e-mail.
///
/// # Errors
/// `not_found`.
pub fn find(conn: &mut AnyConnection, email: &Email) -> Result<Account, Problem> {
    Ok(accounts::table
        .filter(accounts::email.eq(email))
        .select(Account::as_select())
        .first(conn)?)
}

/// Makes an account. `hash` is what [`crate::access::passwords::hash`] answered.
///
/// # Errors
/// `already_exists`.
pub fn create(
    conn: &mut AnyConnection,
    profile: Profile,
    hash: &str,
    now: Instant,
) -> Result<Account, Problem> {
    let taken = || {
        Problem::new(Code::AlreadyExists)
            .detail("There is an account with this e-mail. Sign in with it.")
    };
    let there: Option<Id> = accounts::table
        .filter(accounts::email.eq(&profile.email))
        .select(accounts::id)
        .first(conn)
        .optional()?;
    if there.is_some() {
        return Err(taken());
    }
    let account = Account {
        id: Id::new(),
        email: profile.email,
        name: profile.name,
        locale: profile.locale,
        time_zone: profile.time_zone,
        disabled_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    diesel::insert_into(accounts::table)
        .values(&account)
        .execute(conn)
        .map_err(|error| match Problem::from(error) {
            // Somebody else signed up with it in this very moment.
            problem if problem.code() == Code::AlreadyExists => taken(),
            problem => problem,
        })?;
    diesel::insert_into(account_passwords::table)
        .values((
            account_passwords::account_id.eq(account.id),
            account_passwords::hash.eq(hash),
            account_passwords::changed_at.eq(now),
        ))
        .execute(conn)?;
    Ok(account)
}

/// Sets another password and ends all sessions.
///
/// # Errors
/// `not_found`.
pub fn reset_password(
    conn: &mut AnyConnection,
    email: &Email,
    hash: &str,
    now: Instant,
) -> Result<Account, Problem> {
    let account = locked(conn, email)?;
    set_password(conn, account.id, hash, now)?;
    sessions::end_all(conn, account.id, now)?;
    Ok(account)
}

/// Shuts an account and ends its sessions: nobody can sign in with it. What it did stays.
///
/// # Errors
/// `not_found`.
pub fn disable(conn: &mut AnyConnection, email: &Email, now: Instant) -> Result<Account, Problem> {
    let account = locked(conn, email)?;
    if account.disabled_at.is_none() {
        diesel::update(accounts::table.find(account.id))
            .set(accounts::disabled_at.eq(now))
            .execute(conn)?;
    }
    sessions::end_all(conn, account.id, now)?;
    Ok(account)
}

/// Opens a disabled account again.
///
/// # Errors
/// `not_found`.
pub fn enable(conn: &mut AnyConnection, email: &Email) -> Result<Account, Problem> {
    let account = locked(conn, email)?;
    diesel::update(accounts::table.find(account.id))
        .set(accounts::disabled_at.eq(None::<Instant>))
        .execute(conn)?;
    Ok(account)
}

/// Stores another password.
pub(super) fn set_password(
    conn: &mut AnyConnection,
    account_id: Id,
    hash: &str,
    now: Instant,
) -> Result<(), Problem> {
    diesel::update(account_passwords::table.find(account_id))
        .set((
            account_passwords::hash.eq(hash),
            account_passwords::changed_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// The account, its row locked until the transaction ends, so that no session begins meanwhile.
fn locked(conn: &mut AnyConnection, email: &Email) -> Result<Account, Problem> {
    Ok(
        diesel::update(accounts::table.filter(accounts::email.eq(email)))
            .set(accounts::updated_at.eq(accounts::updated_at))
            .returning(crate::db::rows::columns::<Account>())
            .get_result(conn)?,
    )
}

// ---------------------------------------------------------------- handlers

/// Sign up
///
/// Makes an account. Where sign-up is by invitation only, `invitation` must be the secret of a valid invitation
/// to this e-mail; where it is closed, the answer is 403. There is no Idempotency-Key, because nobody is known
/// yet: when an answer got lost, sign in.
///
/// An e-mail that has an account is 409 `already_exists`: open sign-up tells who has one, as slowly as the bucket of
/// sign-ins allows. Where that is to be confidential, let sign-up be by invitation only: then it is told to nobody but the
/// holder of an invitation to that e-mail.
#[utoipa::path(tag = "accounts", request_body = NewAccount, responses((status = 201, body = Account)))]
#[post("/v1/accounts")]
pub async fn create_account(visitor: Visitor, body: Body<NewAccount>) -> Answer {
    let Body(new) = body;
    let state = visitor.state;
    let sign_up = state.settings.sign_up;
    if sign_up == SignUp::Closed {
        return Err(Problem::new(Code::SignUpClosed));
    }
    let hash = state
        .passwords
        .hash(new.password.0)
        .await
        .map_err(password_problem)?;
    let now = state.clock.now();
    state
        .db
        .write(move |conn| {
            let invited = match &new.invitation {
                None => false,
                Some(secret) => invitations::is_valid_for(conn, &secret.0, &new.email, now)?,
            };
            match (sign_up, &new.invitation) {
                (SignUp::Open, None) => {}
                _ if invited => {}
                (SignUp::Open, Some(_)) => {
                    return Err(Problem::field(
                        "/invitation",
                        "unknown_reference",
                        "This is no valid invitation to this e-mail.",
                    ));
                }
                _ => return Err(Problem::new(Code::SignUpClosed)),
            }
            let profile = Profile {
                email: new.email,
                name: new.name,
                locale: new.locale.unwrap_or_default(),
                time_zone: new.time_zone.unwrap_or(TimeZone::UTC),
            };
            let account = create(conn, profile, &hash, now)?;
            let reply = Reply::created(&account, account.version, "/v1/me".to_owned())?;
            Ok(Outcome::Keep(reply))
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_account);
}
