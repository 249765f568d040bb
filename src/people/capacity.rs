//! How many minutes members can work: their working hours, less their absences, less the team's holidays.
//!
//! The surprising rule: unknown is not zero. A day for which nobody wrote down any working hours, neither the member's own
//! nor the team's, has no capacity that could be exceeded, be the member away or not: it is `None`.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;

use super::absences::AbsenceState;
use crate::access::Reading;
use crate::db::{Date, Id};
use crate::http::Problem;
use crate::http::values::TimeZone;
use crate::schema::{absences, holidays, working_hours};

/// What there is of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCapacity {
    /// What the working hours in force say for the weekday.
    pub working_minutes: i32,
    /// How much of that approved absences take: at most all of it.
    pub absent_minutes: i32,
    /// Whether the team does not work.
    pub is_holiday: bool,
    /// By whose clocks: what the working hours in force say.
    pub time_zone: TimeZone,
}

impl DayCapacity {
    /// What is left: never below 0, and nothing on a holiday.
    #[must_use]
    pub const fn minutes(self) -> i32 {
        if self.is_holiday {
            0
        } else {
            self.working_minutes.saturating_sub(self.absent_minutes)
        }
    }
}

/// What there is of a member, day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberCapacity {
    /// The first day.
    pub first_on: NaiveDate,
    /// One for each day; `None` where no working hours are in force.
    pub days: Vec<Option<DayCapacity>>,
}

/// Minutes for each weekday, Monday first, from a day on.
#[derive(Debug, Clone, Copy)]
struct Hours {
    valid_from_on: NaiveDate,
    minutes: [i32; 7],
    time_zone: TimeZone,
}

/// Days of absence: whole ones, or so many minutes of each.
#[derive(Debug, Clone, Copy)]
struct Away {
    first_on: NaiveDate,
    last_on: NaiveDate,
    minutes_per_day: Option<i32>,
}

/// Days on which the team does not work.
#[derive(Debug, Clone, Copy)]
struct Closed {
    first_on: NaiveDate,
    last_on: NaiveDate,
}

// ---------------------------------------------------------------- rules

/// The days from `first_on` to `last_on`. `own` and `team` begin with the earliest; the member's own hours go before the
/// team's from their first day on.
fn days(
    (own, team): (&[Hours], &[Hours]),
    away: &[Away],
    closed: &[Closed],
    (first_on, last_on): (NaiveDate, NaiveDate),
) -> Vec<Option<DayCapacity>> {
    let (mut own, mut team) = (InForce::of(own), InForce::of(team));
    let mut days: Vec<Option<DayCapacity>> = first_on
        .iter_days()
        .take_while(|day| *day <= last_on)
        .map(|day| {
            let (own, team) = (own.on(day), team.on(day));
            let hours = own.or(team)?;
            let weekday = usize::try_from(day.weekday().num_days_from_monday()).ok()?;
            Some(DayCapacity {
                working_minutes: *hours.minutes.get(weekday)?,
                absent_minutes: 0,
                is_holiday: false,
                time_zone: hours.time_zone,
            })
        })
        .collect();
    for absence in away {
        for day in among(&mut days, first_on, absence.first_on, absence.last_on) {
            let more = absence.minutes_per_day.unwrap_or(day.working_minutes);
            day.absent_minutes = day
                .absent_minutes
                .saturating_add(more)
                .min(day.working_minutes);
        }
    }
    for holiday in closed {
        for day in among(&mut days, first_on, holiday.first_on, holiday.last_on) {
            day.is_holiday = true;
        }
    }
    days
}

/// What is in force on one day after the other: the latest that is valid by then.
struct InForce<'h> {
    now: Option<&'h Hours>,
    later: std::slice::Iter<'h, Hours>,
}

impl<'h> InForce<'h> {
    fn of(hours: &'h [Hours]) -> Self {
        Self {
            now: None,
            later: hours.iter(),
        }
    }

    fn on(&mut self, day: NaiveDate) -> Option<&'h Hours> {
        while let Some(next) = self.later.as_slice().first()
            && next.valid_from_on <= day
        {
            self.now = self.later.next();
        }
        self.now
    }
}

/// The known days from one date to another; `days` begins at `first_on`.
fn among(
    days: &mut [Option<DayCapacity>],
    first_on: NaiveDate,
    from: NaiveDate,
    to: NaiveDate,
) -> impl Iterator<Item = &mut DayCapacity> {
    let before = usize::try_from((from - first_on).num_days()).unwrap_or(0);
    let end = usize::try_from((to - first_on).num_days().saturating_add(1)).unwrap_or(0);
    days.iter_mut()
        .take(end)
        .skip(before)
        .filter_map(Option::as_mut)
}

// ---------------------------------------------------------------- queries

/// The capacity of these members for each day from `first_on` to `last_on`, with three queries however many there are.
/// Only approved absences count.
///
/// # Errors
/// What the database answers.
pub fn capacities(
    reading: &mut Reading<'_>,
    members: &[Id],
    first_on: NaiveDate,
    last_on: NaiveDate,
) -> Result<BTreeMap<Id, MemberCapacity>, Problem> {
    let hours = hours(reading, members, last_on)?;
    let away = away(reading, members, first_on, last_on)?;
    let closed = closed(reading, first_on, last_on)?;
    let none = Vec::new();
    let team = hours.get(&None).unwrap_or(&none);
    let capacity = |member: Id| MemberCapacity {
        first_on,
        days: days(
            (hours.get(&Some(member)).unwrap_or(&none), team),
            away.get(&member).map_or(&[], Vec::as_slice),
            &closed,
            (first_on, last_on),
        ),
    };
    Ok(members
        .iter()
        .map(|member| (*member, capacity(*member)))
        .collect())
}

/// The working hours of these members, and under `None` those of the team, the earliest first.
fn hours(
    reading: &mut Reading<'_>,
    members: &[Id],
    last_on: NaiveDate,
) -> Result<BTreeMap<Option<Id>, Vec<Hours>>, Problem> {
    type Minutes = (i64, i64, i64, i64, i64, i64, i64);
    type Row = (Option<Id>, Date, TimeZone, Minutes);
    let rows: Vec<Row> = working_hours::table
        .filter(working_hours::team_id.eq(reading.team.id()))
        .filter(working_hours::valid_from_on.le(Date::from(last_on)))
        .filter(
            working_hours::member_id
                .is_null()
                .or(working_hours::member_id
                    .eq_any(members.to_vec())
                    .assume_not_null()),
        )
        .order(working_hours::valid_from_on)
        .select((
            working_hours::member_id,
            working_hours::valid_from_on,
            working_hours::time_zone,
            (
                working_hours::monday_minutes,
                working_hours::tuesday_minutes,
                working_hours::wednesday_minutes,
                working_hours::thursday_minutes,
                working_hours::friday_minutes,
                working_hours::saturday_minutes,
                working_hours::sunday_minutes,
            ),
        ))
        .load(reading.conn)?;
    let mut hours: BTreeMap<Option<Id>, Vec<Hours>> = BTreeMap::new();
    for (member, valid_from_on, time_zone, (mo, tu, we, th, fr, sa, su)) in rows {
        hours.entry(member).or_default().push(Hours {
            valid_from_on: valid_from_on.naive(),
            minutes: [mo, tu, we, th, fr, sa, su].map(minutes),
            time_zone,
        });
    }
    Ok(hours)
}

fn away(
    reading: &mut Reading<'_>,
    members: &[Id],
    first_on: NaiveDate,
    last_on: NaiveDate,
) -> Result<BTreeMap<Id, Vec<Away>>, Problem> {
    let rows: Vec<(Id, Date, Date, Option<i64>)> = absences::table
        .filter(absences::team_id.eq(reading.team.id()))
        .filter(absences::member_id.eq_any(members.to_vec()))
        .filter(absences::state.eq(AbsenceState::Approved))
        .filter(absences::first_on.le(Date::from(last_on)))
        .filter(absences::last_on.ge(Date::from(first_on)))
        .select((
            absences::member_id,
            absences::first_on,
            absences::last_on,
            absences::minutes_per_day,
        ))
        .load(reading.conn)?;
    let mut away: BTreeMap<Id, Vec<Away>> = BTreeMap::new();
    for (member, first_on, last_on, minutes_per_day) in rows {
        away.entry(member).or_default().push(Away {
            first_on: first_on.naive(),
            last_on: last_on.naive(),
            minutes_per_day: minutes_per_day.map(minutes),
        });
    }
    Ok(away)
}

fn closed(
    reading: &mut Reading<'_>,
    first_on: NaiveDate,
    last_on: NaiveDate,
) -> Result<Vec<Closed>, Problem> {
    let rows: Vec<(Date, Date)> = holidays::table
        .filter(holidays::team_id.eq(reading.team.id()))
        .filter(holidays::first_on.le(Date::from(last_on)))
        .filter(holidays::last_on.ge(Date::from(first_on)))
        .select((holidays::first_on, holidays::last_on))
        .load(reading.conn)?;
    Ok(rows
        .into_iter()
        .map(|(first_on, last_on)| Closed {
            first_on: first_on.naive(),
            last_on: last_on.naive(),
        })
        .collect())
}

/// Minutes of a day, which the types that come in keep within 0 to 1,440.
fn minutes(column: i64) -> i32 {
    i32::try_from(column).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
