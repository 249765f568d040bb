//! Ways out: what would fit instead. Each is checked as the request was before it is offered.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::Asked;
use super::books::{Books, Period, demands, instant};
use super::hours::{can_be_taken, openings};
use super::hull::Opened;
use super::model::{WayOut, WayOutKind};
use crate::access::{Reading, TeamId};
use crate::capacity::allocations::{Amount, Quantity};
use crate::capacity::feasibility;
use crate::capacity::load::{self, Source};
use crate::capacity::resources::queries::in_team;
use crate::capacity::resources::{Resource, ResourceKind};
use crate::db::rows::fold;
use crate::db::{Id, MultiBackend};
use crate::http::Problem;
use crate::schema::{resource_skills, resources};

/// How far later dates are looked for.
const DAYS: i64 = 180;
/// How many beginnings are tried.
const BEGINNINGS: usize = 400;
/// How many other resources are tried.
const OTHERS: usize = 8;
/// Among how many that have a skill in common these are looked for.
const LOOKED_AT: i64 = 200;

/// What is looked at.
pub(super) struct Question<'q> {
    pub(super) resource: &'q Resource,
    /// All that is asked of the resource.
    pub(super) asked: &'q [Asked],
    /// Which of it is to fit.
    pub(super) which: usize,
    /// The allocations that are as if they were not there.
    pub(super) gone: &'q BTreeSet<Id>,
    /// The books, with the days in which later dates are looked for.
    pub(super) books: &'q Books,
}

impl Question<'_> {
    fn one(&self) -> Option<&Asked> {
        self.asked.iter().find(|one| one.change == self.which)
    }

    /// What takes somebody's time beside the one that does not fit.
    fn present(&self, opened: &Opened) -> Vec<feasibility::Demand<Source>> {
        let others: Vec<Asked> = self
            .asked
            .iter()
            .filter(|other| other.change != self.which)
            .cloned()
            .collect();
        let mut present = opened.present.clone();
        present.extend(load::laid(
            demands(&others),
            &opened.capacity,
            &opened.minutes,
        ));
        present
    }

    /// All that is asked, with this in the place of the one that does not fit.
    fn instead(&self, other: &Asked) -> Vec<Asked> {
        self.asked
            .iter()
            .map(|one| {
                if one.change == self.which {
                    other.clone()
                } else {
                    one.clone()
                }
            })
            .collect()
    }
}

fn way(kind: WayOutKind, resource: &Resource, asked: &Asked) -> WayOut {
    let (days, instants) = asked.period.parts();
    WayOut {
        kind,
        change: Some(asked.change),
        allocation_id: asked.allocation_id,
        resource_id: resource.id,
        resource_name: resource.name.as_str().to_owned(),
        first_on: days.map(|(first, _)| first),
        last_on: days.map(|(_, last)| last),
        starts_at: instants.map(|(from, _)| from),
        ends_at: instants.map(|(_, until)| until),
        amount: Amount::from(asked.quantity.clone()),
    }
}

/// Opens the books for ways out: once for all that is asked of a resource.
///
/// # Errors
/// What the database answers.
pub(super) fn open(
    reading: &mut Reading<'_>,
    resource: &Resource,
    asked: &[Asked],
    gone: &BTreeSet<Id>,
) -> Result<Books, Problem> {
    let days = match resource.kind {
        ResourceKind::Budget => 0,
        _ => DAYS,
    };
    Books::open(reading, resource, asked, gone, days)
}

/// Up to three ways out, one of each kind.
///
/// # Errors
/// What the database answers.
pub(super) fn out(
    reading: &mut Reading<'_>,
    question: &Question<'_>,
) -> Result<Vec<WayOut>, Problem> {
    let Some(one) = question.one() else {
        return Ok(Vec::new());
    };
    let mut ways = Vec::new();
    if question.resource.kind != ResourceKind::Budget
        && let Some(later) = later(reading, question, one, question.books)
    {
        ways.push(way(WayOutKind::LaterDates, question.resource, &later));
    }
    ways.extend(elsewhere(reading, question, one)?);
    if let Some(number) = smaller(question, one) {
        ways.push(way(
            WayOutKind::SmallerAmount,
            question.resource,
            &with_number(one, number),
        ));
    }
    Ok(ways)
}

/// The most that fits of what is asked, where that is less.
fn smaller(question: &Question<'_>, one: &Asked) -> Option<i64> {
    let fits = |number: i64| {
        let instead = question.instead(&with_number(one, number));
        question.books.fits(&instead)
    };
    let below = one.quantity.number().saturating_sub(1);
    // Minutes in total are found at once, without trying.
    if let (Period::Days(first, last), Books::Person(opened), Quantity::Minutes(_)) =
        (one.period, question.books, &one.quantity)
    {
        let (first, last) = (opened.index(first)?, opened.index(last)?);
        let present = question.present(opened);
        let most = feasibility::largest_fit(&opened.minutes, &present, first, last)?;
        return Some(most.min(below)).filter(|number| *number > 0 && fits(*number));
    }
    feasibility::largest(below, fits)
}

fn with_number(asked: &Asked, number: i64) -> Asked {
    Asked {
        quantity: asked.quantity.with_number(number),
        ..asked.clone()
    }
}

fn at(asked: &Asked, period: Period) -> Asked {
    Asked {
        period,
        ..asked.clone()
    }
}

/// The same later, the first time that it fits.
fn later(
    reading: &Reading<'_>,
    question: &Question<'_>,
    one: &Asked,
    books: &Books,
) -> Option<Asked> {
    let fits = |other: &Asked| {
        can_be_taken(reading, question.resource, other.period).is_ok()
            && books.fits(&question.instead(other))
    };
    match (one.period, books) {
        (Period::Days(first, last), Books::Person(opened))
            if matches!(one.quantity, Quantity::Minutes(_)) =>
        {
            let present = question.present(opened);
            let today = reading.today().naive();
            let from = first.succ_opt()?.max(today);
            let length = usize::try_from((last - first).num_days())
                .ok()?
                .saturating_add(1);
            let found = feasibility::earliest_fit(
                &opened.minutes,
                &present,
                opened.index(from)?,
                length,
                one.quantity.number(),
            )?;
            let begin = opened.day(found);
            let end = begin.checked_add_signed(last - first)?;
            Some(at(one, Period::Days(begin, end))).filter(fits)
        }
        (Period::Days(first, last), _) => {
            let from = first.succ_opt()?.max(reading.today().naive());
            from.iter_days()
                .take(usize::try_from(DAYS).unwrap_or_default())
                .filter_map(|begin| {
                    Some(at(
                        one,
                        Period::Days(begin, begin.checked_add_signed(last - first)?),
                    ))
                })
                .find(fits)
        }
        (Period::Instants(from, until), Books::Things(things)) => {
            let length = until.utc() - from.utc();
            let after = from.max(reading.now).utc().timestamp_micros();
            let horizon = from.plus(TimeDelta::days(DAYS));
            let mut beginnings: Vec<i64> = things.ends();
            beginnings.extend(openings(reading, question.resource, (from, horizon)));
            beginnings.retain(|begin| *begin > after && instant(*begin) < horizon);
            beginnings.sort_unstable();
            beginnings.dedup();
            beginnings
                .into_iter()
                .take(BEGINNINGS)
                .map(|begin| {
                    let begin = instant(begin);
                    at(one, Period::Instants(begin, begin.plus(length)))
                })
                .find(fits)
        }
        _ => None,
    }
}

/// Those that can do the same, as far as they are tried: those with the most skills in common first.
///
/// # Errors
/// What the database answers.
fn others(reading: &mut Reading<'_>, own: &Resource) -> Result<Vec<Resource>, Problem> {
    let wanted: Vec<String> = own
        .skills
        .0
        .0
        .iter()
        .map(|word| fold(word.as_str()))
        .collect();
    let most = i64::try_from(OTHERS).unwrap_or(0);
    let like = like(reading.team, own);
    if wanted.is_empty() {
        return Ok(like
            .order((resources::created_at, resources::id))
            .limit(most)
            .select(Resource::as_select())
            .load(reading.conn)?);
    }
    let shared: Vec<(Id, i64)> = resource_skills::table
        .filter(resource_skills::team_id.eq(reading.team.id()))
        .filter(resource_skills::skill.eq_any(wanted))
        .group_by(resource_skills::resource_id)
        .select((resource_skills::resource_id, count_star()))
        .order((count_star().desc(), resource_skills::resource_id))
        .limit(LOOKED_AT)
        .load(reading.conn)?;
    let ids: Vec<Id> = shared.into_iter().map(|(id, _)| id).collect();
    let mut others: Vec<Resource> = like
        .filter(resources::id.eq_any(ids.clone()))
        .select(Resource::as_select())
        .load(reading.conn)?;
    others.sort_by_key(|other| ids.iter().position(|id| *id == other.id));
    others.truncate(OTHERS);
    Ok(others)
}

/// The others of the same kind that are taken in the same way.
fn like(team: TeamId, own: &Resource) -> resources::BoxedQuery<'static, MultiBackend> {
    let query = in_team(team)
        .filter(resources::kind.eq(own.kind))
        .filter(resources::id.ne(own.id));
    let query = match own.booking {
        Some(booking) => query.filter(resources::booking.eq(booking)),
        None => query,
    };
    match own.currency {
        Some(currency) => query.filter(resources::currency.eq(currency)),
        None => query,
    }
}

/// The same of another resource that can do the same.
fn elsewhere(
    reading: &mut Reading<'_>,
    question: &Question<'_>,
    one: &Asked,
) -> Result<Option<WayOut>, Problem> {
    let mut others = others(reading, question.resource)?;
    others.retain(|other| can_be_taken(reading, other, one.period).is_ok());
    let alone = std::slice::from_ref(one);
    // The books of people are opened together, in as many queries as those of one.
    let at_once = match question.resource.kind {
        ResourceKind::Person => OTHERS,
        _ => 1,
    };
    for some in others.chunks(at_once) {
        let all = Books::open_like(reading, some, alone, question.gone)?;
        for (other, books) in some.iter().zip(all) {
            if books.fits(alone) {
                return Ok(Some(way(WayOutKind::AnotherResource, other, one)));
            }
        }
    }
    Ok(None)
}
