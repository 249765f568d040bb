//! Changing what is known of a person who registered: by a lead, who was told so.
//!
//! The surprising rule: the address is not changed. One place belongs to one address, which its person confirmed: who
//! wants the letters elsewhere registers with the other address.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::answers::{Demand, Given, checked};
use super::input::search_text;
use super::model::{Companions, Registration, Seats};
use super::queries::find;
use super::queue::{promote, save, tell};
use super::seats::fits;
use super::state::RegistrationState;
use crate::access::Tx;
use crate::db::Json;
use crate::db::rows::fold;
use crate::http::strict::{nullable, present};
use crate::http::text::{Name, Note};
use crate::http::{Code, FieldError, Problem};
use crate::outreach::events::Event;
use crate::outreach::letters::{self, CONCERNED, LetterKind};
use crate::people::texts::Locale;

/// What changes in a registration: absent keeps, null clears, arrays replace. The address stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"seats": 1, "companions": [], "note": "Called: comes alone."}))]
pub struct RegistrationPatch {
    /// The person's name.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<Name>,
    /// The person's language.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    locale: Option<Locale>,
    /// How many come. Who has or is offered seats gets more only if so many are free and nobody waits who could use them.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    seats: Option<Seats>,
    /// The names of those who come along, at most one fewer than seats.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, value_type = Option<Vec<Name>>, max_items = 9)]
    companions: Option<Companions>,
    /// Answers to the event's questions, by the questions' keys: those that are absent stay, null takes one away.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, value_type = Option<Object>)]
    answers: Option<Given>,
    /// What the team should know. The person does not see it.
    #[serde(default, deserialize_with = "nullable")]
    note: Option<Option<Note>>,
}

/// The answers with those that were given now.
fn answered(
    event: &Event,
    before: &Registration,
    mut given: Map<String, Value>,
) -> Result<Map<String, Value>, Problem> {
    let mut answers = before.answers.0.clone();
    // Also one whose question is no longer asked can be taken away.
    given.retain(|key, answer| !answer.is_null() || answers.shift_remove(key).is_none());
    let named: Vec<String> = given.keys().cloned().collect();
    let questions = &event.registration.0.questions.0;
    let mut kept = checked(questions, given, Demand::Given)?;
    for key in named {
        match kept.shift_remove(&key) {
            Some(answer) => answers.insert(key, answer),
            None => answers.shift_remove(&key),
        };
    }
    Ok(answers)
}

/// What a patch makes of a registration, with nothing saved.
fn patched(
    event: &Event,
    before: &Registration,
    patch: RegistrationPatch,
) -> Result<Registration, Problem> {
    let mut wrong = Vec::new();
    let mut after = before.clone();
    let names_companions = patch.companions.is_some();
    after.name = patch.name.unwrap_or(after.name);
    after.locale = patch.locale.unwrap_or(after.locale);
    after.seats = patch.seats.unwrap_or(after.seats);
    after.note = patch.note.unwrap_or(after.note);
    if let Some(companions) = patch.companions {
        after.companions = Json(companions);
    }
    let most = usize::try_from(after.seats.get())
        .unwrap_or(1)
        .saturating_sub(1);
    if after.companions.0.0.len() > most {
        let place = if names_companions {
            "/companions"
        } else {
            "/seats"
        };
        let detail = "At most one companion's name fewer than seats.";
        wrong.push(FieldError::body(place, "too_many", detail).with(json!({"max": most})));
    }
    match patch
        .answers
        .map(|Given(given)| answered(event, before, given))
        .transpose()
    {
        Ok(Some(answers)) => after.answers = Json(answers),
        Ok(None) => {}
        Err(problem) => wrong.extend(problem.errors().iter().cloned()),
    }
    if !wrong.is_empty() {
        return Err(Problem::fields(wrong));
    }
    after.name_key = fold(after.name.as_str()).into_bytes();
    after.search = search_text(&after.name, &after.email, &after.companions.0);
    Ok(after)
}

/// Changes a registration. Seats that it no longer needs go to those who wait, at once.
///
/// # Errors
/// `validation_failed`; `capacity_exceeded` for more seats than are free.
pub(super) fn edit(
    tx: &mut Tx<'_>,
    event: &Event,
    before: Registration,
    patch: RegistrationPatch,
) -> Result<Registration, Problem> {
    let after = patched(event, &before, patch)?;
    let more = after.seats.get().saturating_sub(before.seats.get());
    if more == 0 && before.personal_changes(&after).is_empty() {
        return Ok(before);
    }
    if more > 0 && RegistrationState::SEATED.contains(&before.state) {
        let free = promote(tx, event)?;
        if !fits(free, more) {
            return Err(Problem::new(Code::CapacityExceeded)
                .detail("Fewer seats are free than would be taken besides.")
                .member("wanted", more)
                .member("free", free));
        }
    }
    let saved = save(tx, &before, after)?;
    if before.name != saved.name || before.locale != saved.locale {
        letters::readdress(tx, saved.id, &saved.name, &saved.locale)?;
    }
    let stands = if more == 0 {
        saved
    } else {
        promote(tx, event)?;
        find(tx, event.id, saved.id)?
    };
    if more != 0 || before.companions != stands.companions {
        tell_of_party(tx, event, &before, &stands)?;
    }
    Ok(stands)
}

/// Tells the person that the party is another, unless another letter does.
fn tell_of_party(
    tx: &mut Tx<'_>,
    event: &Event,
    before: &Registration,
    stands: &Registration,
) -> Result<(), Problem> {
    // Whoever is offered seats now is told by that letter, an address that was never confirmed is not written to, and
    // whoever has been there knows.
    let is_concerned =
        CONCERNED.contains(&stands.state) && stands.state != RegistrationState::Attended;
    let is_told = stands.state != before.state
        || letters::waits(tx, stands.id, LetterKind::RegistrationChanged)?;
    if is_concerned && !is_told && event.status.is_open() {
        tell(tx, LetterKind::RegistrationChanged, stands)?;
    }
    Ok(())
}
