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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hours {
    valid_from_on: NaiveDate,
    minutes: [i32; 7],
    time_zone: TimeZone,
}

/// Days of absence: whole ones, or so many minutes of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Away {
    first_on: NaiveDate,
    last_on: NaiveDate,
    minutes_per_day: Option<i32>,
}

/// Days on which the team does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    let many = (last_on - first_on).num_days().saturating_add(1);
    let mut days: Vec<Option<DayCapacity>> = first_on
        .iter_days()
        .take(usize::try_from(many).unwrap_or_default())
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

/// When people work: their working hours and the team's, their approved absences, and the team's holidays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Of each member, and under `None` of the team: the earliest first.
    hours: BTreeMap<Option<Id>, Vec<Hours>>,
    away: BTreeMap<Id, Vec<Away>>,
    closed: Vec<Closed>,
}

impl Calendar {
    /// Of everybody in the team, and for all time, with three queries.
    ///
    /// # Errors
    /// What the database answers.
    pub fn of_everybody(reading: &mut Reading<'_>) -> Result<Self, Problem> {
        Self::read(reading, None, None)
    }

    /// Of these members, enough for the days from `first_on` to `last_on`, with three queries however many there are.
    ///
    /// # Errors
    /// What the database answers.
    pub fn of_members(
        reading: &mut Reading<'_>,
        members: &[Id],
        first_on: NaiveDate,
        last_on: NaiveDate,
    ) -> Result<Self, Problem> {
        Self::read(reading, Some(members), Some((first_on, last_on)))
    }

    fn read(
        reading: &mut Reading<'_>,
        members: Option<&[Id]>,
        period: Option<(NaiveDate, NaiveDate)>,
    ) -> Result<Self, Problem> {
        let period = period.map(|(first_on, last_on)| (first_on.into(), last_on.into()));
        Ok(Self {
            hours: hours(reading, members, period)?,
            away: away(reading, members, period)?,
            closed: closed(reading, period)?,
        })
    }

    /// The capacity of a member for each day from `first_on` to `last_on`.
    #[must_use]
    pub fn capacity(&self, member: Id, first_on: NaiveDate, last_on: NaiveDate) -> MemberCapacity {
        let hours = |whose| self.hours.get(&whose).map_or(&[][..], Vec::as_slice);
        MemberCapacity {
            first_on,
            days: days(
                (hours(Some(member)), hours(None)),
                self.away.get(&member).map_or(&[], Vec::as_slice),
                &self.closed,
                (first_on, last_on),
            ),
        }
    }

    /// How many records it has.
    #[must_use]
    pub fn len(&self) -> usize {
        let hours: usize = self.hours.values().map(Vec::len).sum();
        let away: usize = self.away.values().map(Vec::len).sum();
        hours + away + self.closed.len()
    }

    /// Whether nobody wrote anything down.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn hours(
    reading: &mut Reading<'_>,
    members: Option<&[Id]>,
    period: Option<(Date, Date)>,
) -> Result<BTreeMap<Option<Id>, Vec<Hours>>, Problem> {
    type Minutes = (i64, i64, i64, i64, i64, i64, i64);
    type Row = (Option<Id>, Date, TimeZone, Minutes);
    let mut query = working_hours::table
        .filter(working_hours::team_id.eq(reading.team.id()))
        .into_boxed();
    if let Some(members) = members {
        query = query.filter(
            working_hours::member_id
                .is_null()
                .or(working_hours::member_id
                    .eq_any(members.to_vec())
                    .assume_not_null()),
        );
    }
    if let Some((_, last_on)) = period {
        query = query.filter(working_hours::valid_from_on.le(last_on));
    }
    let rows: Vec<Row> = query
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
    members: Option<&[Id]>,
    period: Option<(Date, Date)>,
) -> Result<BTreeMap<Id, Vec<Away>>, Problem> {
    let mut query = absences::table
        .filter(absences::team_id.eq(reading.team.id()))
        .filter(absences::state.eq(AbsenceState::Approved))
        .into_boxed();
    if let Some(members) = members {
        query = query.filter(absences::member_id.eq_any(members.to_vec()));
    }
    if let Some((first_on, last_on)) = period {
        query = query
            .filter(absences::first_on.le(last_on))
            .filter(absences::last_on.ge(first_on));
    }
    let rows: Vec<(Id, Date, Date, Option<i64>)> = query
        .order((absences::first_on, absences::id))
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

fn closed(reading: &mut Reading<'_>, period: Option<(Date, Date)>) -> Result<Vec<Closed>, Problem> {
    let mut query = holidays::table
        .filter(holidays::team_id.eq(reading.team.id()))
        .into_boxed();
    if let Some((first_on, last_on)) = period {
        query = query
            .filter(holidays::first_on.le(last_on))
            .filter(holidays::last_on.ge(first_on));
    }
    let rows: Vec<(Date, Date)> = query
        .order((holidays::first_on, holidays::id))
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
