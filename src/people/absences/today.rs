//! Who is away today, each where they are, and who stands in.
//!
//! The surprising rule: whoever is away for a part of the day is there, and answers in the other part.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Days;
use diesel::prelude::*;

use super::model::{Absence, AbsenceState};
use super::queries::in_team;
use crate::access::{Reading, Role};
use crate::db::{Date, Id};
use crate::http::Problem;
use crate::people::members;
use crate::schema::{absences, members as members_table};

/// A member who is away today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away {
    /// The last day.
    pub until_on: Date,
    /// Who stands in: a member of the team who is no guest.
    pub substitute_id: Option<Id>,
}

/// Those of these members who are away the whole of today.
///
/// # Errors
/// What the database answers.
pub fn away(reading: &mut Reading<'_>, ids: &[Id]) -> Result<BTreeMap<Id, Away>, Problem> {
    // Today is one of three dates, wherever one is.
    let today = reading.now.utc().date_naive();
    let earliest = today.checked_sub_days(Days::new(1)).unwrap_or(today);
    let latest = today.checked_add_days(Days::new(1)).unwrap_or(today);
    let found: Vec<Absence> = in_team(reading.team)
        .filter(absences::member_id.eq_any(ids.to_vec()))
        .filter(absences::state.eq(AbsenceState::Approved))
        .filter(absences::minutes_per_day.is_null())
        .filter(absences::first_on.le(Date::from(latest)))
        .filter(absences::last_on.ge(Date::from(earliest)))
        .order((absences::created_at.desc(), absences::id.desc()))
        .select(Absence::as_select())
        .load(reading.conn)?;
    if found.is_empty() {
        return Ok(BTreeMap::new());
    }
    let absent: Vec<Id> = found.iter().map(|absence| absence.member_id).collect();
    let todays = members::todays(reading, &absent)?;
    let workers = workers(
        reading,
        found.iter().filter_map(|absence| absence.substitute_id),
    )?;
    let mut away: BTreeMap<Id, Away> = BTreeMap::new();
    for absence in found {
        let is_today = todays
            .get(&absence.member_id)
            .is_some_and(|today| absence.takes_whole(today.naive()));
        if !is_today {
            continue;
        }
        let substitute_id = absence.substitute_id.filter(|id| workers.contains(id));
        away.entry(absence.member_id)
            .and_modify(|known| {
                known.until_on = known.until_on.max(absence.last_on);
                known.substitute_id = known.substitute_id.or(substitute_id);
            })
            .or_insert(Away {
                until_on: absence.last_on,
                substitute_id,
            });
    }
    Ok(away)
}

/// Those of these who are members of the team and no guests.
fn workers(
    reading: &mut Reading<'_>,
    ids: impl Iterator<Item = Id>,
) -> Result<BTreeSet<Id>, Problem> {
    let ids: Vec<Id> = ids.collect();
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let found: Vec<Id> = members::in_team(reading.team)
        .filter(members_table::id.eq_any(ids))
        .filter(members_table::role.ne(Role::Guest))
        .select(members_table::id)
        .load(reading.conn)?;
    Ok(found.into_iter().collect())
}
