//! Where what was promised does not fit: all resources of the team at once.
//!
//! The surprising rule: nobody need have done anything wrong. An absence, a holiday or fewer units make a conflict of what
//! fitted when it was approved.

use std::collections::BTreeMap;

use actix_web::get;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::allocations::{self, AllocationState, Amount, Quantity};
use super::availability::DayRange;
use super::feasibility;
use super::fit::hours::{day_begins, day_ends};
use super::fit::{self, Finding, Period, Place, books, hull, money, things, titles};
use super::load::Source;
use super::resources::queries::of_kind;
use super::resources::{self, Resource, ResourceKind};
use super::team_load;
use crate::access::{Permission, Reading, TeamScope};
use crate::db::{Date, Id, Instant, Json};
use crate::http::query::{AnyOf, Flag};
use crate::http::{Answer, Problem, Query, Reply, ServiceConfig};
use crate::schema::allocations as a;

/// How many conflicts an answer has at most.
const MOST: usize = 200;
/// For how many of them ways out are looked for.
const MOST_WITH_WAYS: usize = 20;

/// Which days, and how much is told of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConflictFilter {
    /// The first day.
    #[param(example = "2026-11-02")]
    from: Date,
    /// The last day: not before the first, and at most 366 days in all.
    #[param(example = "2026-11-30")]
    to: Date,
    /// Only of these kinds of resources, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "person,equipment")]
    kind: Option<AnyOf<ResourceKind>>,
    /// Only of these resources, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000)]
    resource_id: Option<AnyOf<Id>>,
    /// Whether to look for ways out, too: for the first 20 conflicts, up to three each. Takes longer.
    #[param(value_type = Option<bool>, example = true)]
    include_ways_out: Option<Flag>,
}

/// Where what was promised does not fit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"from": "2026-11-02", "to": "2026-11-30", "items": [], "is_complete": true}))]
pub struct Conflicts {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// What does not fit, by resource. Ways out are there where `include_ways_out` was sent: what would fit in the place of
    /// the allocation that takes most.
    #[schema(max_items = 200)]
    pub items: Vec<Finding>,
    /// Whether that is all: an answer has at most 200.
    pub is_complete: bool,
}

/// Who takes how many of a thing, and when.
type Uses = Vec<(Source, Period, i64)>;

/// Whether a place is one of these days.
fn touches(place: &Place, (first, last): (NaiveDate, NaiveDate)) -> bool {
    match place.period {
        Period::Days(from, to) => from <= last && first <= to,
        Period::Instants(..) | Period::Whenever => true,
    }
}

fn of_persons(
    reading: &mut Reading<'_>,
    persons: &[Resource],
    days: (NaiveDate, NaiveDate),
    findings: &mut Vec<Finding>,
) -> Result<(), Problem> {
    let members: Vec<Id> = persons.iter().map(|person| person.id).collect();
    let loads = team_load::of_team(reading)?;
    let all = hull::opened(reading, &members, days, &loads)?;
    for (person, (_, opened)) in persons.iter().zip(all) {
        let shortfalls = feasibility::shortfalls(&opened.minutes, &opened.present);
        for place in books::short(&opened, shortfalls) {
            if touches(&place, days) {
                findings.push(fit::told(person, &place, &[]));
            }
        }
    }
    Ok(())
}

type Row = (
    Id,
    Id,
    (Option<Date>, Option<Date>),
    (Option<Instant>, Option<Instant>),
    Json<Amount>,
);

/// What was promised of all these things within the days.
fn rows(reading: &mut Reading<'_>, days: DayRange) -> Result<BTreeMap<Id, Uses>, Problem> {
    let (begins, ends) = (day_begins(reading, days.from), day_ends(reading, days.to));
    let rows: Vec<Row> = allocations::in_team(reading.team)
        .filter(a::state.eq(AllocationState::Approved))
        .filter(
            a::first_on
                .le(days.to)
                .and(a::last_on.ge(days.from))
                .assume_not_null()
                .or(a::starts_at
                    .lt(ends)
                    .and(a::ends_at.gt(begins))
                    .assume_not_null()),
        )
        .select((
            a::resource_id,
            a::id,
            (a::first_on, a::last_on),
            (a::starts_at, a::ends_at),
            a::amount,
        ))
        .load(reading.conn)?;
    let mut uses: BTreeMap<Id, Uses> = BTreeMap::new();
    for (resource_id, id, days, instants, Json(amount)) in rows {
        if let Quantity::Units(units) = amount.kept()? {
            let period = Period::of(days, instants);
            uses.entry(resource_id)
                .or_default()
                .push((Source::Allocation(id), period, units));
        }
    }
    Ok(uses)
}

impl ConflictFilter {
    fn has(&self, resource: &Resource) -> bool {
        let of_kind = self.kind.as_ref();
        let of_id = self.resource_id.as_ref();
        of_kind.is_none_or(|kinds| kinds.0.contains(&resource.kind))
            && of_id.is_none_or(|ids| ids.0.contains(&resource.id))
    }

    /// The resources of these kinds that are asked about.
    fn of_kind(
        &self,
        reading: &mut Reading<'_>,
        kinds: &[ResourceKind],
    ) -> Result<Vec<Resource>, Problem> {
        let mut all = of_kind(reading, kinds)?;
        all.retain(|one| self.has(one));
        Ok(all)
    }
}

fn all(reading: &mut Reading<'_>, filter: &ConflictFilter) -> Result<Vec<Finding>, Problem> {
    let range = DayRange {
        from: filter.from,
        to: filter.to,
    };
    let days = range.days()?;
    let mut findings = Vec::new();
    let persons = filter.of_kind(reading, &[ResourceKind::Person])?;
    if !persons.is_empty() {
        of_persons(reading, &persons, days, &mut findings)?;
    }
    let of_units: Vec<ResourceKind> = ResourceKind::ALL
        .iter()
        .copied()
        .filter(|kind| kind.has_units())
        .collect();
    let things = filter.of_kind(reading, &of_units)?;
    let mut uses = if things.is_empty() {
        BTreeMap::new()
    } else {
        rows(reading, range)?
    };
    for thing in things {
        let uses = uses.remove(&thing.id).unwrap_or_default();
        let books = things::Things::with(reading, &thing, uses);
        for place in books.standing() {
            findings.push(fit::told(&thing, &place, &[]));
        }
    }
    let budgets = filter.of_kind(reading, &[ResourceKind::Budget])?;
    for (budget, books) in budgets.iter().zip(money::budgets(reading, &budgets)?) {
        for place in books.standing() {
            findings.push(fit::told(budget, &place, &[]));
        }
    }
    Ok(findings)
}

/// Show conflicts
///
/// Where approved allocations, together with the tasks that people were assigned, do not fit within these days: of people,
/// of things, and of budgets, whatever their policy. Each names the interval, what is wanted, what is there, and who takes
/// it. What is still to come of a thing and begins or ends outside of its opening hours is told as `closed`. Days for which nobody wrote down how much somebody works are not judged. With `include_ways_out=true` each of the
/// first 20 also tells what would fit in the place of the allocation that takes most of it: later dates, another resource,
/// or less of it.
#[utoipa::path(tag = "allocations", params(ConflictFilter), responses((status = 200, body = Conflicts)))]
#[get("/v1/teams/{team_id}/conflicts")]
pub async fn get_conflicts(scope: TeamScope, filter: Query<ConflictFilter>) -> Answer {
    let Query(filter) = filter;
    scope
        .live(Permission::AllocationRead, move |reading| {
            let mut items = all(reading, &filter)?;
            let is_complete = items.len() <= MOST;
            items.truncate(MOST);
            titles::fill(reading, &mut items)?;
            if filter.include_ways_out == Some(Flag(true)) {
                for finding in items.iter_mut().take(MOST_WITH_WAYS) {
                    let resource = resources::find(reading, finding.resource_id)?;
                    fit::tell_ways_out(reading, &resource, finding)?;
                }
            }
            Reply::ok(&Conflicts {
                from: filter.from,
                to: filter.to,
                items,
                is_complete,
            })
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_conflicts);
}
