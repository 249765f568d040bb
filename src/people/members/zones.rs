//! Where the days of members begin and end: in the time zones of their accounts.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::access::Reading;
use crate::db::{Date, Id};
use crate::http::Problem;
use crate::http::values::TimeZone;
use crate::schema::{accounts, members};

/// Where the days of these members begin and end, or of everybody in the team: the zones of their accounts.
///
/// # Errors
/// What the database answers.
pub fn time_zones(
    reading: &mut Reading<'_>,
    only: Option<&[Id]>,
) -> Result<BTreeMap<Id, TimeZone>, Problem> {
    let query = members::table
        .inner_join(accounts::table.on(accounts::id.eq(members::account_id)))
        .filter(members::team_id.eq(reading.team.id()))
        .into_boxed();
    let query = match only {
        Some(ids) => query.filter(members::id.eq_any(ids.to_vec())),
        None => query.filter(members::left_at.is_null()),
    };
    let zones: Vec<(Id, TimeZone)> = query
        .select((members::id, accounts::time_zone))
        .load(reading.conn)?;
    Ok(zones.into_iter().collect())
}

/// Where the days of one member begin and end.
///
/// # Errors
/// What the database answers.
pub fn time_zone(reading: &mut Reading<'_>, id: Id) -> Result<TimeZone, Problem> {
    let zones = time_zones(reading, Some(&[id]))?;
    Ok(zones.get(&id).copied().unwrap_or(TimeZone::UTC))
}

/// What day it is now where each of these members is.
///
/// # Errors
/// What the database answers.
pub fn todays(reading: &mut Reading<'_>, ids: &[Id]) -> Result<BTreeMap<Id, Date>, Problem> {
    let now = reading.now;
    Ok(time_zones(reading, Some(ids))?
        .into_iter()
        .map(|(id, zone)| (id, zone.day_at(now)))
        .collect())
}
