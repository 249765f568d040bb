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
use super::fit::hours::{day_begins, day_ends};
use super::fit::{self, Finding, Period, Place, money, things, titles};
use super::load::Source;
use super::resources::queries::{of_kind, these_in_use};
use super::resources::{self, Resource, ResourceKind};
use super::team_load;
use crate::access::{Permission, Reading, TeamScope};
use crate::db::rows::CHUNK;
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

/// Who takes a thing, when, and how many of it.
type Use = (Source, Period, i64);

/// Whether a place is one of these days.
fn touches(place: &Place, (first, last): (NaiveDate, NaiveDate)) -> bool {
    match place.period {
        Period::Days(from, to) => from <= last && first <= to,
        Period::Instants(..) | Period::Whenever => true,
    }
}

/// Where it does not fit of people.
fn of_persons(
    reading: &mut Reading<'_>,
    filter: &ConflictFilter,
    days: (NaiveDate, NaiveDate),
    findings: &mut Vec<Finding>,
) -> Result<(), Problem> {
    if !filter.has_kind(ResourceKind::Person) {
        return Ok(());
    }
    let load = team_load::of_team(reading)?;
    let mut places: BTreeMap<Id, Vec<Place>> = BTreeMap::new();
    for member in load.members().filter(|member| filter.has_id(*member)) {
        let standing = load.standing(member);
        let touching = standing.iter().filter(|place| touches(place, days));
        let touching: Vec<Place> = touching.cloned().collect();
        if !touching.is_empty() {
            places.insert(member, touching);
        }
    }
    let members: Vec<Id> = places.keys().copied().collect();
    for person in these_in_use(reading, &members)? {
        for place in places.remove(&person.id).unwrap_or_default() {
            findings.push(fit::told(&person, &place, &[]));
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

/// What was promised of these things within the days.
fn uses(
    reading: &mut Reading<'_>,
    things: &[Resource],
    days: DayRange,
) -> Result<BTreeMap<Id, Vec<Use>>, Problem> {
    let mut uses: BTreeMap<Id, Vec<Use>> = BTreeMap::new();
    let ids: Vec<Id> = things.iter().map(|thing| thing.id).collect();
    for some in ids.chunks(CHUNK) {
        for (id, one) in rows(reading, some, days)? {
            uses.entry(id).or_default().push(one);
        }
    }
    Ok(uses)
}

fn rows(
    reading: &mut Reading<'_>,
    things: &[Id],
    days: DayRange,
) -> Result<Vec<(Id, Use)>, Problem> {
    let (begins, ends) = (day_begins(reading, days.from), day_ends(reading, days.to));
    let rows: Vec<Row> = allocations::in_team(reading.team)
        .filter(a::resource_id.eq_any(things.to_vec()))
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
    let mut uses = Vec::with_capacity(rows.len());
    for (resource_id, id, days, instants, Json(amount)) in rows {
        if let Quantity::Units(units) = amount.kept()? {
            let period = Period::of(days, instants);
            uses.push((resource_id, (Source::Allocation(id), period, units)));
        }
    }
    Ok(uses)
}

impl ConflictFilter {
    fn has_kind(&self, kind: ResourceKind) -> bool {
        let asked = self.kind.as_ref();
        asked.is_none_or(|kinds| kinds.0.contains(&kind))
    }

    fn has_id(&self, id: Id) -> bool {
        let asked = self.resource_id.as_ref();
        asked.is_none_or(|ids| ids.0.contains(&id))
    }

    /// The resources of these kinds that are asked about.
    fn of_kind(
        &self,
        reading: &mut Reading<'_>,
        kinds: &[ResourceKind],
    ) -> Result<Vec<Resource>, Problem> {
        let kinds: Vec<ResourceKind> = kinds
            .iter()
            .copied()
            .filter(|kind| self.has_kind(*kind))
            .collect();
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let mut all = of_kind(reading, &kinds)?;
        all.retain(|one| self.has_id(one.id));
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
    of_persons(reading, filter, days, &mut findings)?;
    let of_units: Vec<ResourceKind> = ResourceKind::ALL
        .iter()
        .copied()
        .filter(|kind| kind.has_units())
        .collect();
    let things = filter.of_kind(reading, &of_units)?;
    let mut uses = uses(reading, &things, range)?;
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
