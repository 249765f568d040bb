//! The books of a resource: what is there, what takes it, and whether more fits. Opened from the database once, then asked
//! as often as one likes.
//!
//! The surprising rule: what is asked is judged by what it makes worse. An interval counts only where something that is
//! asked for lies in it, so whoever asks for a free week is not refused because of another one.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use super::Asked;
use super::hull::{self, Opened};
use super::model::FindingCode;
use super::money::{self, Money};
use super::things::{Things, span, things};
use crate::access::Reading;
use crate::capacity::feasibility;
use crate::capacity::load::{self, Source};
use crate::capacity::resources::{Resource, ResourceKind};
use crate::db::{Date, Id, Instant};
use crate::http::Problem;

/// When something is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// From a day to a day, both included.
    Days(NaiveDate, NaiveDate),
    /// From an instant until another.
    Instants(Instant, Instant),
    /// At no time in particular.
    Whenever,
}

/// From one to another, where there are any.
type Span<T> = Option<(T, T)>;

impl Period {
    /// The period of an allocation.
    #[must_use]
    pub fn of(
        (first_on, last_on): (Option<Date>, Option<Date>),
        (starts_at, ends_at): (Option<Instant>, Option<Instant>),
    ) -> Self {
        match (first_on, last_on, starts_at, ends_at) {
            (_, _, Some(from), Some(until)) => Self::Instants(from, until),
            (Some(first), last, ..) => Self::Days(first.naive(), last.unwrap_or(first).naive()),
            _ => Self::Whenever,
        }
    }

    /// Its days or its instants: the other way round than [`Self::of`].
    #[must_use]
    pub fn parts(self) -> (Span<Date>, Span<Instant>) {
        match self {
            Self::Days(first, last) => (Some((first.into(), last.into())), None),
            Self::Instants(from, until) => (None, Some((from, until))),
            Self::Whenever => (None, None),
        }
    }
}

/// A place where something does not fit, or is not known to.
#[derive(Debug, Clone)]
pub struct Place {
    /// What is wrong.
    pub code: FindingCode,
    /// Where.
    pub period: Period,
    /// How much is wanted there; none where nothing is known.
    pub wanted: Option<i64>,
    /// How much there is.
    pub there: Option<i64>,
    /// Who takes how much, those who take most first.
    pub taken: Vec<(Source, i64)>,
}

/// The books of one resource.
pub enum Books {
    /// Of somebody's time.
    Person(Opened),
    /// Of a thing of which there is a number.
    Things(Things),
    /// Of money.
    Budget(Money),
}

/// A day as a number.
pub(in crate::capacity) fn number(day: NaiveDate) -> i64 {
    (day - NaiveDate::default()).num_days()
}

/// The day with this number.
pub(in crate::capacity) fn day(number: i64) -> NaiveDate {
    TimeDelta::try_days(number)
        .and_then(|days| NaiveDate::default().checked_add_signed(days))
        .unwrap_or_default()
}

/// The instant after so many microseconds.
pub(in crate::capacity) fn instant(microseconds: i64) -> Instant {
    Instant::new(chrono::DateTime::from_timestamp_micros(microseconds).unwrap_or_default())
}

/// The demand that something asked for is.
fn demand(asked: &Asked) -> Option<load::Demand> {
    let Period::Days(first_on, last_on) = asked.period else {
        return None;
    };
    Some(load::Demand {
        source: Source::Asked(asked.change),
        task_id: asked.task_id,
        first_on,
        last_on,
        effort: load::effort(&asked.quantity)?,
    })
}

/// What is asked for, as demands.
pub(super) fn demands(asked: &[Asked]) -> Vec<load::Demand> {
    asked.iter().filter_map(demand).collect()
}

impl Books {
    /// Opens the books for what is asked, and for so many days behind it, as if the allocations of `gone` were not there.
    ///
    /// # Errors
    /// What the database answers.
    pub fn open(
        reading: &mut Reading<'_>,
        resource: &Resource,
        asked: &[Asked],
        gone: &BTreeSet<Id>,
        days_behind: i64,
    ) -> Result<Self, Problem> {
        match resource.kind {
            ResourceKind::Person => {
                let mut all = persons(reading, &[resource.id], asked, gone, days_behind)?;
                all.pop().map(Self::Person).ok_or_else(Problem::not_found)
            }
            ResourceKind::Budget => money::budget(reading, resource, gone).map(Self::Budget),
            _ => {
                let span = span(&periods(asked), days_behind);
                things(reading, resource, span, gone).map(Self::Things)
            }
        }
    }

    /// Opens the books of several of one kind for the same question; those of people together.
    ///
    /// # Errors
    /// What the database answers.
    pub(super) fn open_like(
        reading: &mut Reading<'_>,
        resources: &[Resource],
        asked: &[Asked],
        gone: &BTreeSet<Id>,
    ) -> Result<Vec<Self>, Problem> {
        let is_person = |one: &Resource| one.kind == ResourceKind::Person;
        if !resources.iter().all(is_person) {
            let open = |one| Self::open(reading, one, asked, gone, 0);
            return resources.iter().map(open).collect();
        }
        let people: Vec<Id> = resources.iter().map(|one| one.id).collect();
        let all = persons(reading, &people, asked, gone, 0)?;
        Ok(all.into_iter().map(Self::Person).collect())
    }

    /// Where what is asked does not fit.
    #[must_use]
    pub fn conflicts(&self, asked: &[Asked]) -> Vec<Place> {
        match self {
            Self::Person(opened) => {
                let added = load::laid(demands(asked), &opened.capacity, &opened.minutes);
                opened.places(feasibility::caused(
                    &opened.minutes,
                    &opened.present,
                    &added,
                ))
            }
            Self::Things(things) => things.conflicts(asked),
            Self::Budget(money) => money.conflicts(asked),
        }
    }

    /// Where nobody knows.
    #[must_use]
    pub fn unknown(&self, asked: &[Asked]) -> Vec<Place> {
        let Self::Person(opened) = self else {
            return Vec::new();
        };
        let added = load::laid(demands(asked), &opened.capacity, &opened.minutes);
        let (from, to) = (
            added.iter().map(|one| one.first).min().unwrap_or_default(),
            added.iter().map(|one| one.last).max().unwrap_or_default(),
        );
        feasibility::unknown(&opened.minutes, &added)
            .into_iter()
            .map(|run| Place {
                code: FindingCode::UnknownCapacity,
                period: Period::Days(
                    opened.day(run.first.max(from)),
                    opened.day(run.last.min(to)),
                ),
                wanted: None,
                there: None,
                taken: run.sources.into_iter().map(|one| (one, 0)).collect(),
            })
            .collect()
    }

    /// Whether all of it is known to fit.
    #[must_use]
    pub fn fits(&self, asked: &[Asked]) -> bool {
        self.conflicts(asked).is_empty() && self.unknown(asked).is_empty()
    }

    /// Where what is there already does not fit.
    #[must_use]
    pub fn standing(&self) -> Vec<Place> {
        match self {
            Self::Person(opened) => opened.standing(),
            Self::Things(things) => things.standing(),
            Self::Budget(money) => money.standing(),
        }
    }
}

fn periods(asked: &[Asked]) -> Vec<Period> {
    asked.iter().map(|one| one.period).collect()
}

/// The days of these people that matter for what is asked, in their order.
fn persons(
    reading: &mut Reading<'_>,
    people: &[Id],
    asked: &[Asked],
    gone: &BTreeSet<Id>,
    days_behind: i64,
) -> Result<Vec<Opened>, Problem> {
    let covered: BTreeSet<Id> = asked.iter().filter_map(|one| one.task_id).collect();
    let span = span_of_days(&periods(asked), days_behind);
    hull::open(reading, people, span, &demands(asked), gone, &covered)
}

/// All these periods, and so many days behind them.
pub(super) fn span_of_days(periods: &[Period], days_behind: i64) -> (NaiveDate, NaiveDate) {
    let days = |one: &Period| match one {
        Period::Days(first, last) => Some((*first, *last)),
        _ => None,
    };
    let first = periods
        .iter()
        .filter_map(days)
        .map(|(first, _)| first)
        .min();
    let last = periods.iter().filter_map(days).map(|(_, last)| last).max();
    let last = last.unwrap_or_default();
    let behind = TimeDelta::try_days(days_behind).unwrap_or_default();
    (
        first.unwrap_or_default(),
        last.checked_add_signed(behind).unwrap_or(last),
    )
}
