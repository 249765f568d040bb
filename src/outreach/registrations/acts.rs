//! What happens to a registration by somebody's word: the person's, or a member's.
//!
//! The surprising rule: who registers is told the same whether or not the address is known already; only the letter
//! says more.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::clock::UNVERIFIED;
use super::input::Details;
use super::model::Registration;
use super::queue::{accept, ask_again, enter, give_up, promote, run_out, save, tell};
use super::state::{Origin, RegistrationState};
use super::window::{check_is_on, closed, is_to_come};
use crate::access::Tx;
use crate::db::Id;
use crate::http::{Code, Problem};
use crate::outreach::events::Event;
use crate::outreach::letters::{CONCERNED, LetterKind};
use crate::outreach::registration_rules::RegistrationMode;
use crate::schema::{letters, registrations};

/// How many letters one registration may ask for within an hour.
const LETTERS: i64 = 3;

fn by_email(
    tx: &mut Tx<'_>,
    event: &Event,
    details: &Details,
) -> Result<Option<Registration>, Problem> {
    Ok(registrations::table
        .filter(registrations::team_id.eq(tx.team.id()))
        .filter(registrations::event_id.eq(event.id))
        .filter(registrations::email.eq(&details.email))
        .select(Registration::as_select())
        .first(tx.conn)
        .optional()?)
}

fn insert(tx: &mut Tx<'_>, registration: &Registration) -> Result<(), Problem> {
    diesel::insert_into(registrations::table)
        .values(registration)
        .execute(tx.conn)?;
    tx.created(&registration.kept())
}

/// Counts one more letter that a stranger asks for; none when there were enough within the hour.
fn with_a_letter(tx: &Tx<'_>, before: &Registration) -> Option<Registration> {
    let mut after = before.clone();
    match before.letters_since {
        Some(since) if tx.now < since.plus(TimeDelta::hours(1)) => {
            after.letters = before.letters.saturating_add(1);
        }
        _ => {
            after.letters = 1;
            after.letters_since = Some(tx.now);
        }
    }
    (after.letters <= LETTERS).then_some(after)
}

/// Somebody registers on the event's page.
pub(super) fn register(tx: &mut Tx<'_>, event: &Event, details: Details) -> Result<(), Problem> {
    let Some(before) = by_email(tx, event, &details)? else {
        let fresh = details.fresh(tx, event.id)?;
        let registration = Registration {
            letters: 1,
            letters_since: Some(tx.now),
            ..fresh
        };
        insert(tx, &registration)?;
        return tell(tx, LetterKind::ConfirmAddress, &registration);
    };
    let Some(counted) = with_a_letter(tx, &before) else {
        return Ok(());
    };
    if matches!(
        before.state,
        RegistrationState::Unverified | RegistrationState::Cancelled
    ) {
        let again = Registration {
            state: RegistrationState::Unverified,
            ..details.onto(&counted)
        };
        let again = save(tx, &before, again)?;
        return tell(tx, LetterKind::ConfirmAddress, &again);
    }
    // The record stays as it is, and nobody's edit fails for it.
    diesel::update(registrations::table.find((before.team_id, before.id)))
        .set((
            registrations::letters.eq(counted.letters),
            registrations::letters_since.eq(counted.letters_since),
        ))
        .execute(tx.conn)?;
    tx.updated(&before.kept(), &counted.kept())?;
    tell(tx, LetterKind::AlreadyRegistered, &before)
}

/// The link of the first letter was followed: from here on the registration counts. The link works once.
pub(super) fn confirm(
    tx: &mut Tx<'_>,
    event: &Event,
    before: &Registration,
) -> Result<Registration, Problem> {
    if before.state != RegistrationState::Unverified || before.updated_at.plus(UNVERIFIED) <= tx.now
    {
        return Err(Problem::not_found());
    }
    if let Some(reason) = closed(event, tx.now) {
        return Err(reason.problem(event));
    }
    let known = Registration {
        secret_number: before.secret_number.saturating_add(1),
        ..before.clone()
    };
    if event.registration.0.mode == RegistrationMode::Approval {
        let after = Registration {
            state: RegistrationState::Pending,
            ..known
        };
        let pending = save(tx, before, after)?;
        tell(tx, LetterKind::Pending, &pending)?;
        return Ok(pending);
    }
    enter(tx, event, &known)
}

/// The person takes the offered seats, or asks for seats again after an offer ran out.
pub(super) fn accept_or_ask(
    tx: &mut Tx<'_>,
    event: &Event,
    before: Registration,
) -> Result<Registration, Problem> {
    check_is_on(event)?;
    let is_late = before
        .offer_expires_at
        .is_some_and(|expires_at| expires_at <= tx.now);
    match before.state {
        RegistrationState::Offered if !is_late => accept(tx, &before),
        RegistrationState::Offered | RegistrationState::Expired => {
            if !is_to_come(event, tx.now) {
                return Err(super::window::ClosedReason::EventBegun.problem(event));
            }
            if before.state == RegistrationState::Expired {
                return ask_again(tx, event, &before);
            }
            // The clock has not come by yet: the offer ran out all the same, and others come first.
            let expired = run_out(tx, &before)?;
            promote(tx, event)?;
            let expired = super::queries::find(tx, event.id, expired.id)?;
            if expired.state == RegistrationState::Offered {
                return accept(tx, &expired);
            }
            ask_again(tx, event, &expired)
        }
        other => {
            other.check(RegistrationState::Confirmed)?;
            // Only somebody's word or a free seat leads from these states to a place.
            Err(Problem::transition(
                other.as_str(),
                RegistrationState::Confirmed.as_str(),
                &[],
            ))
        }
    }
}

/// A member adds somebody, who has seats at once if so many are free.
pub(super) fn add(
    tx: &mut Tx<'_>,
    event: &Event,
    details: Details,
) -> Result<Registration, Problem> {
    check_is_on(event)?;
    let Some(before) = by_email(tx, event, &details)? else {
        let fresh = details.fresh(tx, event.id)?;
        insert(tx, &fresh)?;
        return enter(tx, event, &fresh);
    };
    if matches!(
        before.state,
        RegistrationState::Unverified | RegistrationState::Cancelled
    ) {
        let again = Registration {
            secret_number: before.secret_number.saturating_add(1),
            ..details.onto(&before)
        };
        return enter(tx, event, &again);
    }
    Err(Problem::new(Code::AlreadyExists)
        .detail("Somebody with this address is registered for the event.")
        .member("pointer", "/email")
        .member("registration_id", before.id))
}

/// A member approves: seats if so many are free, the queue otherwise.
pub(super) fn approve(
    tx: &mut Tx<'_>,
    event: &Event,
    before: &Registration,
) -> Result<Registration, Problem> {
    check_is_on(event)?;
    if before.state != RegistrationState::Pending {
        let allowed: Vec<&str> = before
            .state
            .allowed()
            .iter()
            .map(|one| one.as_str())
            .collect();
        return Err(Problem::transition(
            before.state.as_str(),
            RegistrationState::Confirmed.as_str(),
            &allowed,
        )
        .detail("Only a registration that is pending can be approved."));
    }
    enter(tx, event, before)
}

/// A member says no.
pub(super) fn reject(tx: &mut Tx<'_>, before: &Registration) -> Result<Registration, Problem> {
    before.state.check(RegistrationState::Rejected)?;
    let after = Registration {
        state: RegistrationState::Rejected,
        ..before.clone()
    };
    let rejected = save(tx, before, after)?;
    tell(tx, LetterKind::Rejected, &rejected)?;
    Ok(rejected)
}

/// A member cancels in the person's place, who is told. An address that was never confirmed is not written to.
pub(super) fn cancel(
    tx: &mut Tx<'_>,
    event: &Event,
    before: &Registration,
) -> Result<Registration, Problem> {
    let cancelled = give_up(tx, event, before, before.secret_number)?;
    if CONCERNED.contains(&before.state) && event.status.is_open() {
        tell(tx, LetterKind::RegistrationCancelled, &cancelled)?;
    }
    Ok(cancelled)
}

/// The person is there.
pub(super) fn check_in(tx: &mut Tx<'_>, before: &Registration) -> Result<Registration, Problem> {
    before.state.check(RegistrationState::Attended)?;
    let after = Registration {
        state: RegistrationState::Attended,
        checked_in_at: Some(tx.now),
        ..before.clone()
    };
    save(tx, before, after)
}

/// The person was not there. That can be said once the event has begun.
pub(super) fn mark_absent(
    tx: &mut Tx<'_>,
    event: &Event,
    before: &Registration,
) -> Result<Registration, Problem> {
    before.state.check(RegistrationState::NoShow)?;
    if is_to_come(event, tx.now) {
        return Err(Problem::transition(
            before.state.as_str(),
            RegistrationState::NoShow.as_str(),
            &["attended", "cancelled"],
        )
        .detail("The event has not begun yet."));
    }
    let after = Registration {
        state: RegistrationState::NoShow,
        ..before.clone()
    };
    save(tx, before, after)
}

/// Forgets a person: what remains is a seat that counts where it was had, and no way back to the person.
pub(super) fn erase(tx: &mut Tx<'_>, event: &Event, before: &Registration) -> Result<(), Problem> {
    let is_kept = matches!(
        before.state,
        RegistrationState::Attended | RegistrationState::NoShow
    ) || !is_to_come(event, tx.now);
    let email = format!("{}@erased.invalid", before.id);
    let name = "-";
    let erased = Registration {
        email: crate::people::texts::Email::new(&email)
            .ok_or_else(|| Problem::internal("an address that is none"))?,
        name: crate::http::text::Name::new(name).map_err(Problem::internal)?,
        name_key: Vec::new(),
        companions: crate::db::Json(super::model::Companions::default()),
        answers: crate::db::Json(serde_json::Map::new()),
        note: None,
        state: if is_kept {
            before.state
        } else {
            RegistrationState::Cancelled
        },
        queue_number: None,
        queued_at: None,
        offer_expires_at: None,
        secret_number: before.secret_number.saturating_add(1),
        erased_at: Some(tx.now),
        search: String::new(),
        updated_at: tx.now,
        version: tx.revision,
        ..before.clone()
    };
    diesel::update(registrations::table.find((erased.team_id, erased.id)))
        .set(&erased)
        .execute(tx.conn)?;
    // The letters carry the name and the address, too.
    diesel::delete(
        letters::table
            .filter(letters::team_id.eq(before.team_id))
            .filter(letters::registration_id.eq(before.id)),
    )
    .execute(tx.conn)?;
    tx.deleted(&before.kept())?;
    promote(tx, event).map(drop)
}

/// How a member adds somebody.
pub(super) const BY_HAND: Origin = Origin::Team;

/// Whose registration a code names.
pub(super) fn by_code(tx: &mut Tx<'_>, event_id: Id, code: &str) -> Result<Registration, Problem> {
    let found: Option<Registration> = super::queries::in_event(tx.team, event_id)
        .filter(registrations::check_in_code.eq(code.to_ascii_uppercase()))
        .select(Registration::as_select())
        .first(tx.conn)
        .optional()?;
    found.ok_or_else(|| {
        Problem::field(
            "/code",
            "unknown_reference",
            "Nobody at this event has this code.",
        )
    })
}
