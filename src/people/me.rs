//! The own account: profile and password.
//!
//! The surprising rule: a new password ends all other sessions but not this one, so that whoever changes it
//! because a stranger got in is alone afterwards.

use actix_web::{get, patch, post};
use diesel::prelude::*;
use serde::Deserialize;
use utoipa::ToSchema;

use super::accounts::{self, Account};
use super::sessions::{self, compare};
use super::tallies::Tallies;
use super::texts::{GivenPassword, Locale, NewPassword};
use super::visitor::address_of;
use crate::access::AccountScope;
use crate::access::passwords::Verdict;
use crate::db::rows::columns;
use crate::db::{AnyConnection, Id};
use crate::http::strict::present;
use crate::http::text::Name;
use crate::http::values::TimeZone;
use crate::http::{Answer, Body, Problem, Reply, ServiceConfig};
use crate::schema::accounts as table;

/// What changes in the own account: absent keeps.
#[derive(Debug, PartialEq, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = table)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"locale": "fr", "time_zone": "Europe/Paris"}))]
pub struct AccountPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<Name>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    locale: Option<Locale>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    time_zone: Option<TimeZone>,
}

/// A new password, with the present one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "a long and good one", "new_password": "an even better one"}))]
pub struct PasswordChange {
    current_password: GivenPassword,
    /// 8 to 128 characters of any kind; nothing is trimmed.
    new_password: NewPassword,
}

// ---------------------------------------------------------------- queries

/// The account with this id.
fn find(conn: &mut AnyConnection, id: Id) -> Result<Account, Problem> {
    Ok(table::table
        .find(id)
        .select(Account::as_select())
        .first(conn)?)
}

// ---------------------------------------------------------------- handlers

/// Show my account
#[utoipa::path(tag = "accounts", responses((status = 200, body = Account)))]
#[get("/v1/me")]
pub async fn get_me(scope: AccountScope) -> Answer {
    scope
        .show(|tx| {
            let account = find(tx.conn, tx.account_id)?;
            Reply::record(&account, account.version)
        })
        .await
}

/// Change my account
///
/// A JSON Merge Patch: absent keeps. The display name in teams is the member's own and does not follow.
#[utoipa::path(tag = "accounts", request_body = AccountPatch, responses((status = 200, body = Account)))]
#[patch("/v1/me")]
pub async fn update_me(scope: AccountScope, body: Body<AccountPatch>) -> Answer {
    let Body(patch) = body;
    scope
        .write(move |tx| {
            let before = find(tx.conn, tx.account_id)?;
            tx.expect_version(before.version)?;
            let is_same = patch.name.as_ref().is_none_or(|name| *name == before.name)
                && patch
                    .locale
                    .as_ref()
                    .is_none_or(|locale| *locale == before.locale)
                && patch.time_zone.is_none_or(|zone| zone == before.time_zone);
            if is_same {
                return Reply::record(&before, before.version);
            }
            let account: Account = diesel::update(table::table.find(tx.account_id))
                .set((
                    &patch,
                    table::updated_at.eq(tx.now),
                    table::version.eq(before.version.saturating_add(1)),
                ))
                .returning(columns::<Account>())
                .get_result(tx.conn)?;
            Reply::record(&account, account.version)
        })
        .await
}

/// Change my password
///
/// Ends all other sessions of the account; this one goes on. The present password is asked for and throttled as
/// at a sign-in, so that a stolen access token is not enough. An Idempotency-Key is not kept: a retry finds the
/// present password changed.
#[utoipa::path(tag = "accounts", request_body = PasswordChange, responses((status = 204)))]
#[post("/v1/me/password")]
pub async fn change_password(scope: AccountScope, body: Body<PasswordChange>) -> Answer {
    let Body(change) = body;
    let scope = scope.without_key();
    let account = scope.read(|tx| find(tx.conn, tx.account_id)).await?;
    let tallies = Tallies::of(&account.email, &address_of(scope.request()));
    let state = scope.state();
    let (verdict, stored) =
        compare(state, &account.email, &tallies, change.current_password.0).await?;
    let wrong = || {
        Problem::field(
            "/current_password",
            "wrong_password",
            "This is not the present password.",
        )
    };
    let stored = match verdict {
        Verdict::Wrong => None,
        Verdict::Right | Verdict::RightButOutdated => stored,
    }
    .ok_or_else(wrong)?;
    let hash = state
        .passwords
        .hash(change.new_password.0)
        .await
        .map_err(accounts::password_problem)?;
    scope
        .write(move |tx| {
            if !stored.is_current(tx.conn)? {
                return Err(wrong());
            }
            tallies.succeeded(tx.conn)?;
            accounts::set_password(tx.conn, tx.account_id, &hash, tx.now)?;
            sessions::end_others(tx.conn, tx.account_id, tx.session_id, tx.now)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(get_me)
        .service(update_me)
        .service(change_password);
}
