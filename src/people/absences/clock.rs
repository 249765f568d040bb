//! Absences begin by the clock.

use chrono::Days;
use diesel::prelude::*;

use super::model::{Absence, AbsenceState};
use super::queries::in_team;
use crate::access::{State, Tx};
use crate::db::{Date, Id, Instant};
use crate::http::Problem;
use crate::http::values::TimeZone;
use crate::people::members;
use crate::schema::{absences, accounts, members as members_table, teams};

/// How many absences one look takes, and how many of one team begin in one revision. The next tick takes the rest.
const MOST: i64 = 500;

/// The latest day that it is anywhere.
fn latest_day(now: Instant) -> Date {
    let today = now.utc().date_naive();
    today.checked_add_days(Days::new(1)).unwrap_or(today).into()
}

/// The teams in which an absence begins at `now` that has not been seen to.
///
/// # Errors
/// What the database answers.
pub async fn due(state: &State, now: Instant) -> Result<Vec<Id>, Problem> {
    let waiting: Vec<(Id, Date, TimeZone)> = state
        .db
        .read(move |conn| {
            Ok::<_, Problem>(
                absences::table
                    .inner_join(teams::table.on(teams::id.eq(absences::team_id)))
                    .inner_join(
                        members_table::table.on(members_table::team_id
                            .eq(absences::team_id)
                            .and(members_table::id.eq(absences::member_id))),
                    )
                    .inner_join(accounts::table.on(accounts::id.eq(members_table::account_id)))
                    .filter(absences::state.eq(AbsenceState::Approved))
                    .filter(absences::begun_at.is_null())
                    .filter(absences::minutes_per_day.is_null())
                    .filter(absences::first_on.le(latest_day(now)))
                    .filter(members_table::left_at.is_null())
                    .filter(teams::deleted_at.is_null())
                    .order(absences::first_on)
                    .limit(MOST)
                    .select((absences::team_id, absences::first_on, accounts::time_zone))
                    .load(conn)?,
            )
        })
        .await?;
    let mut due: Vec<Id> = waiting
        .into_iter()
        .filter(|(_, first_on, zone)| *first_on <= zone.day_at(now))
        .map(|(team_id, ..)| team_id)
        .collect();
    due.sort_unstable();
    due.dedup();
    Ok(due)
}

/// Notes that absences of the team have begun, and answers those that are not over, with the day it is where the member
/// is. Whoever asks again, be it another server, gets none of them.
///
/// # Errors
/// What the database answers.
pub fn begin(tx: &mut Tx<'_>) -> Result<Vec<Absence>, Problem> {
    let waiting: Vec<Absence> = in_team(tx.team)
        .filter(absences::state.eq(AbsenceState::Approved))
        .filter(absences::begun_at.is_null())
        .filter(absences::minutes_per_day.is_null())
        .filter(absences::first_on.le(latest_day(tx.now)))
        .order((absences::first_on, absences::id))
        .limit(MOST)
        .select(Absence::as_select())
        .load(tx.conn)?;
    let ids: Vec<Id> = waiting.iter().map(|absence| absence.member_id).collect();
    let todays = members::todays(tx, &ids)?;
    let mut begun = Vec::new();
    for absence in waiting {
        let Some(today) = todays.get(&absence.member_id).copied() else {
            continue;
        };
        if absence.first_on > today {
            continue;
        }
        // The machine's own note: it is no change of the record.
        diesel::update(absences::table.find((absence.team_id, absence.id)))
            .set(absences::begun_at.eq(tx.now))
            .execute(tx.conn)?;
        tx.keep_unjournaled();
        if absence.takes_whole(today.naive()) {
            begun.push(absence);
        }
    }
    Ok(begun)
}
