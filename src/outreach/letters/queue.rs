//! Putting letters into the outbox.

use diesel::prelude::*;
use serde_json::{Value, json};

use super::model::{Letter, LetterKind, LetterState, Recipient};
use crate::access::Tx;
use crate::db::{Id, Json};
use crate::http::Problem;
use crate::schema::letters;

/// Puts a letter into the outbox, unless there is one for this cause. `cause` says why, in words that are the same each
/// time it is the same cause: `registration/<id>/confirmed`.
///
/// # Errors
/// What the database answers.
pub fn put(
    tx: &mut Tx<'_>,
    kind: LetterKind,
    event_id: Id,
    registration_id: Option<Id>,
    to: &Recipient,
    cause: &str,
) -> Result<(), Problem> {
    put_with(tx, kind, (event_id, registration_id), to, cause, json!({}))
}

/// The same, with what the letter has to say beside what the event and the registration say.
pub(super) fn put_with(
    tx: &mut Tx<'_>,
    kind: LetterKind,
    (event_id, registration_id): (Id, Option<Id>),
    to: &Recipient,
    cause: &str,
    details: Value,
) -> Result<(), Problem> {
    let there: Option<Id> = letters::table
        .filter(letters::team_id.eq(tx.team.id()))
        .filter(letters::cause.eq(cause))
        .select(letters::id)
        .first(tx.conn)
        .optional()?;
    if there.is_some() {
        return Ok(());
    }
    let letter = Letter {
        team_id: tx.team.id(),
        id: Id::new(),
        cause: cause.to_owned(),
        kind,
        event_id,
        registration_id,
        recipient: to.email.clone(),
        name: to.name.clone(),
        locale: to.locale.clone(),
        details: Json(details),
        state: LetterState::Queued,
        attempts: 0,
        next_attempt_at: tx.now,
        claimed_until: None,
        last_error: None,
        created_at: tx.now,
        sent_at: None,
    };
    diesel::insert_into(letters::table)
        .values(&letter)
        .execute(tx.conn)?;
    tx.keep_unjournaled();
    Ok(())
}
