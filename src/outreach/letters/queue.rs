//! Putting letters into the outbox.

use std::collections::HashSet;

use diesel::prelude::*;
use serde_json::json;

use super::model::{Letter, LetterKind, LetterState, Recipient};
use crate::access::Tx;
use crate::db::{Id, Json};
use crate::http::Problem;
use crate::http::text::Name;
use crate::insert_all;
use crate::people::texts::Locale;
use crate::schema::letters;

/// How many letters are looked up at once.
pub(super) const AT_ONCE: usize = 500;

/// A letter that somebody has cause to send.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What it says.
    pub kind: LetterKind,
    /// About which event.
    pub event_id: Id,
    /// About whose place at it.
    pub registration_id: Option<Id>,
    /// To whom.
    pub to: Recipient,
    /// Why, in words that are the same each time it is the same cause: `registration/<id>/confirmed`.
    pub cause: String,
}

/// Puts a letter into the outbox, unless there is one for this cause.
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
    let draft = Draft {
        kind,
        event_id,
        registration_id,
        to: to.clone(),
        cause: cause.to_owned(),
    };
    put_all(tx, vec![draft])
}

/// Lets the letters that wait for their turn go to somebody by another name, in another language.
///
/// # Errors
/// What the database answers.
pub fn readdress(
    tx: &mut Tx<'_>,
    registration_id: Id,
    name: &Name,
    locale: &Locale,
) -> Result<(), Problem> {
    let waiting = letters::table
        .filter(letters::team_id.eq(tx.team.id()))
        .filter(letters::registration_id.eq(registration_id))
        .filter(letters::state.eq(LetterState::Queued));
    diesel::update(waiting)
        .set((letters::name.eq(name), letters::locale.eq(locale)))
        .execute(tx.conn)?;
    Ok(())
}

/// Whether a letter of this kind about somebody's registration waits for its turn. It will say how things stand then.
///
/// # Errors
/// What the database answers.
pub fn waits(tx: &mut Tx<'_>, registration_id: Id, kind: LetterKind) -> Result<bool, Problem> {
    let waiting: Option<Id> = letters::table
        .filter(letters::team_id.eq(tx.team.id()))
        .filter(letters::registration_id.eq(registration_id))
        .filter(letters::kind.eq(kind))
        .filter(letters::state.eq(LetterState::Queued))
        .select(letters::id)
        .first(tx.conn)
        .optional()?;
    Ok(waiting.is_some())
}

/// Puts letters into the outbox, of which no two have the same cause, but none for a cause for which there is one already.
///
/// # Errors
/// What the database answers.
pub fn put_all(tx: &mut Tx<'_>, drafts: Vec<Draft>) -> Result<(), Problem> {
    let causes: Vec<&str> = drafts.iter().map(|draft| draft.cause.as_str()).collect();
    let mut there: HashSet<String> = HashSet::new();
    for some in causes.chunks(AT_ONCE) {
        let found: Vec<String> = letters::table
            .filter(letters::team_id.eq(tx.team.id()))
            .filter(letters::cause.eq_any(some.to_vec()))
            .select(letters::cause)
            .load(tx.conn)?;
        there.extend(found);
    }
    let new: Vec<Letter> = drafts
        .into_iter()
        .filter(|draft| !there.contains(&draft.cause))
        .map(|draft| Letter {
            team_id: tx.team.id(),
            id: Id::new(),
            cause: draft.cause,
            kind: draft.kind,
            event_id: draft.event_id,
            registration_id: draft.registration_id,
            recipient: draft.to.email,
            name: draft.to.name,
            locale: draft.to.locale,
            details: Json(json!({})),
            state: LetterState::Queued,
            attempts: 0,
            next_attempt_at: tx.now,
            claimed_until: None,
            last_error: None,
            created_at: tx.now,
            sent_at: None,
        })
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    insert_all!(&mut *tx.conn, letters::table, new);
    tx.keep_unjournaled();
    Ok(())
}
