//! What is free of a resource: minutes or units by day, units by exact intervals, or money.
//!
//! The surprising rule: what is free on each of two days is not free on both. Work that may be done on either day leaves
//! room on each, but takes it on one; whether something fits, the check tells.

use std::collections::BTreeSet;

use actix_web::get;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::feasibility;
use super::fit::hours::{day_begins, day_ends, open_times};
use super::fit::money::{self, Balance, shown};
use super::fit::{books, hull, things};
use super::load::NotCounted;
use super::resources::{self, Booking, Resource, ResourceKind};
use crate::access::{Permission, Reading, TeamScope};
use crate::db::{Date, Id, Instant};
use crate::http::values::Currency;
use crate::http::{Answer, Code, Problem, Query, Reply, ServiceConfig, period};

/// How many days one may look at.
const MOST_DAYS: i64 = 366;

/// From when to when.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DayRange {
    /// The first day.
    #[param(example = "2026-11-02")]
    pub from: Date,
    /// The last day: not before the first, and at most 366 days in all.
    #[param(example = "2026-11-30")]
    pub to: Date,
}

impl DayRange {
    /// The first and the last day.
    ///
    /// # Errors
    /// `invalid_query` when they are the wrong way round, or too far apart.
    pub fn days(self) -> Result<(NaiveDate, NaiveDate), Problem> {
        period::check_filter(Some(self.from), Some(self.to))?;
        let (from, to) = (self.from.naive(), self.to.naive());
        if (to - from).num_days() >= MOST_DAYS {
            let detail = "At most 366 days in all.";
            return Err(Problem::parameter(Code::InvalidQuery, "to", detail));
        }
        Ok((from, to))
    }
}

/// What is free on a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"on": "2026-11-02", "capacity": 480, "free": 120}))]
pub struct FreeDay {
    /// The day.
    pub on: Date,
    /// What there is of it: minutes of a person, units of a thing; null where nobody knows.
    #[schema(required = true, minimum = 0)]
    pub capacity: Option<i64>,
    /// How much more could be had on this day alone; null where nobody knows.
    #[schema(required = true, minimum = 0)]
    pub free: Option<i64>,
}

/// An interval in which the same number of units is free.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"starts_at": "2026-11-02T08:00:00.000Z", "ends_at": "2026-11-02T12:30:00.000Z", "free": 2}))]
pub struct FreeInterval {
    /// From this instant,
    pub starts_at: Instant,
    /// until before this one.
    pub ends_at: Instant,
    /// So many units are free.
    #[schema(minimum = 0)]
    pub free: i64,
}

/// What is left of a budget.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"currency": "EUR", "limit_minor": 250_000, "committed_minor": 100_000, "spent_minor": 20_000, "left_minor": 150_000}))]
pub struct FreeMoney {
    /// The currency.
    pub currency: Currency,
    /// What there is.
    pub limit_minor: i64,
    /// What is promised, and what was spent beyond or without a promise. Of a promise that is over only what was spent counts.
    pub committed_minor: i64,
    /// How much of that was spent.
    pub spent_minor: i64,
    /// The limit less what is committed; negative where that is more.
    #[schema(value_type = Balance)]
    pub left_minor: i64,
}

/// What is free of a resource.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"resource_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61", "from": "2026-11-02", "to": "2026-11-03", "days": [{"on": "2026-11-02", "capacity": 480, "free": 120}, {"on": "2026-11-03", "capacity": null, "free": null}], "intervals": [], "money": null, "not_counted": []}))]
pub struct Availability {
    /// The resource.
    pub resource_id: Id,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Day by day, for persons and things taken by whole days.
    #[schema(max_items = 366)]
    pub days: Vec<FreeDay>,
    /// Without gaps but for those of the opening hours, for things taken by minutes.
    #[schema(max_items = 100_000)]
    pub intervals: Vec<FreeInterval>,
    /// What is left of a budget, whatever the days.
    #[schema(required = true)]
    pub money: Option<FreeMoney>,
    /// The open tasks of a person that do not count, and why.
    #[schema(max_items = 100_000)]
    pub not_counted: Vec<NotCounted>,
}

/// What is free of somebody's time.
fn of_person(
    reading: &mut Reading<'_>,
    resource: &Resource,
    (first, last): (NaiveDate, NaiveDate),
    availability: &mut Availability,
) -> Result<(), Problem> {
    let none = BTreeSet::new();
    let person = [resource.id];
    let mut opened = hull::open(reading, &person, (first, last), &[], &none, &none)?;
    let opened = opened.pop().ok_or_else(Problem::not_found)?;
    let free = feasibility::free(&opened.minutes, &opened.present);
    availability.days = first
        .iter_days()
        .take_while(|day| *day <= last)
        .map(|day| {
            let of = |minutes: &[Option<i64>]| {
                let index = opened.index(day)?;
                minutes.get(index).copied().flatten()
            };
            FreeDay {
                on: day.into(),
                capacity: of(&opened.minutes),
                free: of(&free),
            }
        })
        .collect();
    availability.not_counted = opened.not_counted;
    Ok(())
}

fn of_things(
    reading: &mut Reading<'_>,
    resource: &Resource,
    (first, last): (NaiveDate, NaiveDate),
    availability: &mut Availability,
) -> Result<(), Problem> {
    let instants = (
        day_begins(reading, availability.from),
        day_ends(reading, availability.to),
    );
    let span = things::Span {
        days: (first, last),
        instants,
    };
    let things = things::things(reading, resource, span, &BTreeSet::new())?;
    let units = resource.units.map_or(0, |units| units.get());
    if resource.booking == Some(Booking::Minutes) {
        for (opens, closes) in open_times(reading, resource, instants) {
            for span in things.free(opens, closes) {
                availability.intervals.push(FreeInterval {
                    starts_at: books::instant(span.from),
                    ends_at: books::instant(span.until),
                    free: span.units.max(0),
                });
            }
        }
        return Ok(());
    }
    let hours = resource.opening_hours.as_ref().map(|hours| &hours.0);
    let is_open = |day| hours.is_none_or(|hours| hours.on(day).is_some());
    for span in things.free(books::number(first), books::number(last).saturating_add(1)) {
        for number in span.from..span.until {
            let day = books::day(number);
            let is_open = is_open(day);
            availability.days.push(FreeDay {
                on: day.into(),
                capacity: Some(if is_open { units } else { 0 }),
                free: Some(if is_open { span.units.max(0) } else { 0 }),
            });
        }
    }
    Ok(())
}

fn of_budget(
    reading: &mut Reading<'_>,
    resource: &Resource,
    availability: &mut Availability,
) -> Result<(), Problem> {
    let money = money::budget(reading, resource, &BTreeSet::new())?;
    availability.money = resource.currency.map(|currency| FreeMoney {
        currency,
        limit_minor: resource.limit_minor.map_or(0, |limit| limit.get()),
        committed_minor: shown(money.committed()),
        spent_minor: shown(money.spent()),
        left_minor: shown(money.left()),
    });
    Ok(())
}

/// Show what is free of a resource
///
/// Of a person the minutes that could still be put on each day alone, with its capacity: working hours less absences and
/// holidays, taken up by approved allocations and by open tasks with an estimate. Of things the free units, by day or by
/// exact intervals. Of a budget what is left. Capacity that nobody wrote down is null, and not 0.
#[utoipa::path(tag = "resources", params(DayRange), responses((status = 200, body = Availability)))]
#[get("/v1/teams/{team_id}/resources/{resource_id}/availability")]
pub async fn get_resource_availability(scope: TeamScope, range: Query<DayRange>) -> Answer {
    let id = scope.id("resource_id")?;
    let Query(range) = range;
    scope
        .live(Permission::AllocationRead, move |reading| {
            let days = range.days()?;
            let resource = resources::find(reading, id)?;
            let mut availability = Availability {
                resource_id: resource.id,
                from: range.from,
                to: range.to,
                days: Vec::new(),
                intervals: Vec::new(),
                money: None,
                not_counted: Vec::new(),
            };
            match resource.kind {
                ResourceKind::Person => of_person(reading, &resource, days, &mut availability)?,
                ResourceKind::Budget => of_budget(reading, &resource, &mut availability)?,
                _ => of_things(reading, &resource, days, &mut availability)?,
            }
            Reply::ok(&availability)
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_resource_availability);
}
