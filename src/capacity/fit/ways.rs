//! Ways out: what would fit instead. Each is checked as the request was before it is offered.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::Asked;
use super::books::{Books, Period, demands, instant};
use super::hours::{can_be_taken, openings};
use super::model::{WayOut, WayOutKind};
use crate::access::Reading;
use crate::capacity::allocations::{Amount, Quantity};
use crate::capacity::feasibility;
use crate::capacity::load;
use crate::capacity::resources::queries::of_kind;
use crate::capacity::resources::{Resource, ResourceKind};
use crate::db::Id;
use crate::db::rows::fold;
use crate::http::Problem;

/// How far later dates are looked for.
const DAYS: i64 = 180;
/// How many beginnings are tried.
const BEGINNINGS: usize = 400;
/// How many other resources are tried.
const OTHERS: usize = 8;

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
    let smaller = feasibility::largest(one.quantity.number().saturating_sub(1), |number| {
        let instead = question.instead(&with_number(one, number));
        question.books.fits(&instead)
    });
    if let Some(number) = smaller {
        ways.push(way(
            WayOutKind::SmallerAmount,
            question.resource,
            &with_number(one, number),
        ));
    }
    Ok(ways)
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
            let others: Vec<Asked> = question
                .asked
                .iter()
                .filter(|other| other.change != question.which)
                .cloned()
                .collect();
            let mut present = opened.present.clone();
            present.extend(load::laid(&demands(&others), &opened.capacity));
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

/// The same of another resource that can do the same.
fn elsewhere(
    reading: &mut Reading<'_>,
    question: &Question<'_>,
    one: &Asked,
) -> Result<Option<WayOut>, Problem> {
    let own = question.resource;
    let skills = |resource: &Resource| -> BTreeSet<String> {
        let words = &resource.skills.0.0;
        words.iter().map(|word| fold(word.as_str())).collect()
    };
    let wanted = skills(own);
    let mut others: Vec<(usize, Resource)> = of_kind(reading, &[own.kind])?
        .into_iter()
        .filter(|other| {
            other.id != own.id && other.booking == own.booking && other.currency == own.currency
        })
        .map(|other| (skills(&other).intersection(&wanted).count(), other))
        .filter(|(shared, _)| *shared > 0 || wanted.is_empty())
        .collect();
    others.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
    for (_, other) in others.into_iter().take(OTHERS) {
        if can_be_taken(reading, &other, one.period).is_err() {
            continue;
        }
        let alone = std::slice::from_ref(one);
        let books = Books::open(reading, &other, alone, question.gone, 0)?;
        if books.fits(alone) {
            return Ok(Some(way(WayOutKind::AnotherResource, &other, one)));
        }
    }
    Ok(None)
}
