//! Offers and people who are away: when one is made, and when an absence begins.
//!
//! The surprising rule: a countered offer is answered. It waits for the delegator, so it stays where it is. And an offer that
//! is made to somebody who is away may wait, because its maker is told; one that is there when an absence begins may not.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::acts::{Words, campaign_of, lapse, turn_by_clock};
use super::chain::Link;
use super::model::{Delegation, InCampaign, OfferWarning, WarningCode};
use super::queries::active_chain;
use super::rules::{Act, DelegationState};
use super::stand_in::{Presence, Recipient, recipient};
use crate::access::{Reading, Tx};
use crate::db::rows::columns;
use crate::db::{Date, Id};
use crate::http::text::Note;
use crate::http::{Code, FieldError, Problem};
use crate::people::absences::{self, AbsentOffers, today};
use crate::people::{members, teams};
use crate::schema::delegations;

/// Who is away, until when, as far as it was looked.
type Until = BTreeMap<Id, Date>;

/// Whom an offer goes to today, and until when those are away who were looked at.
fn look(
    reading: &mut Reading<'_>,
    chain: &[Link<Id>],
    delegator: Id,
    named: Id,
) -> Result<(Recipient<Id>, Until), Problem> {
    let mut until = Until::new();
    let found = recipient(chain, delegator, named, |member| {
        Ok::<_, Problem>(match today::away(reading, &[member])?.get(&member) {
            None => Presence::Here,
            Some(away) => {
                until.insert(member, away.until_on);
                Presence::Away {
                    substitute: away.substitute_id,
                }
            }
        })
    })?;
    Ok((found, until))
}

/// Where an offer goes: to whom, in whose place, and what its maker should know.
pub(super) struct Address {
    pub(super) delegate_id: Id,
    pub(super) in_place_of_id: Option<Id>,
    /// Why it goes where it goes though somebody is away; without the delegation, which is not there yet.
    pub(super) warning: Option<(WarningCode, String, Vec<Id>, Date)>,
}

impl Address {
    /// The warning about the delegation that was made.
    pub(super) fn warnings(self, delegation_id: Id) -> Vec<OfferWarning> {
        self.warning
            .into_iter()
            .map(|(code, detail, away_ids, until_on)| OfferWarning {
                code,
                detail,
                delegation_id,
                away_ids,
                until_on,
            })
            .collect()
    }
}

/// Where the caller's offer to `named` goes today; the inner error is about the field that names the delegate.
pub(super) fn address(
    reading: &mut Reading<'_>,
    chain: &[Link<Id>],
    named: Id,
) -> Result<Result<Address, FieldError>, Problem> {
    let delegator = reading.me.member_id;
    let (found, until) = look(reading, chain, delegator, named)?;
    let to = |delegate_id, in_place_of_id, warning| {
        Ok(Ok(Address {
            delegate_id,
            in_place_of_id,
            warning,
        }))
    };
    let until_on = until.get(&named).copied();
    match (found, until_on) {
        (Recipient::StandIn(stand_in), _) => to(stand_in, Some(named), None),
        (Recipient::Nobody(away), Some(until_on)) => {
            let detail = format!(
                "Away until {until_on}, and nobody stands in: the offer waits, or withdraw it and ask somebody else."
            );
            let warning = (WarningCode::NobodyThere, detail, away, until_on);
            to(named, None, Some(warning))
        }
        (Recipient::Unsuitable(stand_in, away), Some(until_on)) => {
            let who = if stand_in == delegator {
                "you would stand in"
            } else {
                "whoever would stand in delegated the task before"
            };
            let detail = format!(
                "Away until {until_on}, and {who}: the offer waits, or withdraw it and ask somebody else."
            );
            let warning = (WarningCode::UnsuitableSubstitute, detail, away, until_on);
            to(named, None, Some(warning))
        }
        (Recipient::Endless(away), _) => Ok(Err(FieldError::body(
            "/delegate_id",
            "nobody_there",
            format!(
                "This member is away, and so are all who would stand in, as far as they were followed ({}). Name somebody else.",
                away.len()
            ),
        )
        .with(serde_json::json!({"away_ids": away})))),
        (Recipient::Named | Recipient::Nobody(_) | Recipient::Unsuitable(..), _) => {
            to(named, None, None)
        }
    }
}

/// Sees to the unanswered offers of those whose absence begins, as the team has chosen.
///
/// # Errors
/// What the database answers.
pub fn begin(tx: &mut Tx<'_>) -> Result<(), Problem> {
    let begun = absences::clock::begin(tx)?;
    if begun.is_empty() {
        return Ok(());
    }
    let choice = teams::current(tx)?.absent_offers;
    for absence in begun {
        let name = match members::find(tx, absence.member_id) {
            Ok(member) => member.display_name,
            // Who has left the team has no offers.
            Err(problem) if problem.code() == Code::NotFound => continue,
            Err(problem) => return Err(problem),
        };
        for offer in unanswered(tx, absence.member_id)? {
            if lapse(tx, &offer)? {
                continue;
            }
            let away = format!("{name} is away until {}", absence.last_on);
            let back = match choice {
                AbsentOffers::Return => Some("and has not answered"),
                AbsentOffers::Reroute => {
                    tx.say(format!("{away}."));
                    reroute(tx, &offer)?
                }
            };
            if let Some(why) = back {
                give_back(tx, &offer, &format!("{away} {why}."))?;
            }
        }
    }
    Ok(())
}

/// The offers to a member that wait for an answer, also of tasks in the trash.
fn unanswered(reading: &mut Reading<'_>, member_id: Id) -> Result<Vec<Delegation>, Problem> {
    Ok(delegations::table
        .filter(delegations::team_id.eq(reading.team.id()))
        .filter(delegations::delegate_id.eq(member_id))
        .filter(delegations::state.eq(DelegationState::Offered))
        .order((delegations::created_at, delegations::id))
        .select(Delegation::as_select())
        .load(reading.conn)?)
}

/// The offer goes to whoever stands in and is there. Where there is no such one it says why not: the offer would wait for
/// nobody, so it is for the delegator to ask somebody else.
fn reroute(tx: &mut Tx<'_>, before: &Delegation) -> Result<Option<&'static str>, Problem> {
    let chain = active_chain(tx, before.task_id)?;
    let above: Vec<Link<Id>> = chain
        .iter()
        .filter(|link| link.id != before.id)
        .map(Delegation::link)
        .collect();
    let (found, _) = look(tx, &above, before.delegator_id, before.delegate_id)?;
    let stand_in = match found {
        Recipient::StandIn(stand_in) => stand_in,
        Recipient::Named => return Ok(None),
        Recipient::Nobody(_) => return Ok(Some("and nobody stands in")),
        Recipient::Unsuitable(..) => return Ok(Some("and whoever would stand in cannot take it")),
        Recipient::Endless(_) => {
            return Ok(Some(
                "and all who would stand in are away too, as far as they were followed (five steps)",
            ));
        }
    };
    let named = before.in_place_of_id.unwrap_or(before.delegate_id);
    let after: Delegation = diesel::update(delegations::table.find((tx.team.id(), before.id)))
        .set((
            delegations::delegate_id.eq(stand_in),
            delegations::in_place_of_id.eq((named != stand_in).then_some(named)),
            delegations::updated_at.eq(tx.now),
            delegations::version.eq(tx.revision),
        ))
        .returning(columns::<Delegation>())
        .get_result(tx.conn)?;
    let campaign_id = campaign_of(tx, before.task_id)?;
    let in_campaign = |delegation| InCampaign {
        delegation,
        campaign_id,
    };
    tx.updated(&in_campaign(before), &in_campaign(&after))?;
    Ok(None)
}

/// The offer goes back to whoever made it.
fn give_back(tx: &mut Tx<'_>, before: &Delegation, reason: &str) -> Result<(), Problem> {
    let words = Words {
        reason: Note::new(reason).ok(),
        ..Words::default()
    };
    tx.say(reason);
    turn_by_clock(tx, before, Act::Withdraw, &words)
}
