//! Does it fit: what is asked of a resource against what is there and what takes it.
//!
//! The surprising rule: a way out is offered only after it was checked as the request itself was.

pub mod books;
pub mod hours;
pub mod hull;
mod model;
pub mod money;
pub mod things;
pub mod titles;
mod ways;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::access::Reading;
use crate::capacity::allocations::{self, Quantity};
use crate::capacity::load::Source;
use crate::capacity::resources::{Overbooking, Resource, ResourceKind};
use crate::db::Id;
use crate::http::{Code, Problem};

pub use books::{Books, Period, Place};
pub use model::{Finding, FindingCode, FindingUnit, Taker, WayOut, WayOutKind};
use ways::Question;

/// How many takers a finding names.
const TAKERS: usize = 20;
/// How many places are told when a resource changes.
const PLACES: usize = 200;
/// For how many of the changes that are asked of a resource ways out are looked for.
const WAYS: usize = 20;
/// For how many findings of what stands already ways out are looked for.
const STANDING_WAYS: usize = 5;

/// What is asked of a resource.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its place in the request.
    pub change: usize,
    /// The allocation, where there is one already.
    pub allocation_id: Option<Id>,
    /// What it is for.
    pub campaign_id: Option<Id>,
    /// What it is for.
    pub event_id: Option<Id>,
    /// What it is for: this task counts by the allocation then.
    pub task_id: Option<Id>,
    /// When.
    pub period: Period,
    /// How much.
    pub quantity: Quantity,
}

/// What is found of what is asked of one resource, as if the allocations of `gone` were not there: those that are changed
/// or cancelled by the same request.
///
/// # Errors
/// What the database answers.
pub fn judge(
    reading: &mut Reading<'_>,
    resource: &Resource,
    asked: &[Asked],
    gone: &BTreeSet<Id>,
) -> Result<Vec<Finding>, Problem> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    // Wide enough for the ways out, too: opened twice they would cost more than the days that are not needed.
    let books = ways::open(reading, resource, asked, gone)?;
    let mut places = books.conflicts(asked);
    places.extend(books.unknown(asked));
    let mut findings = Vec::new();
    // A way out is one for the whole change: all findings in which it is in the way have the same.
    let mut out: BTreeMap<usize, Vec<WayOut>> = BTreeMap::new();
    for place in places {
        let mut finding = told(resource, &place, asked);
        if finding.is_conflict()
            && let Some(which) = in_the_way(&place)
        {
            let is_among_the_first = out.len() < WAYS;
            if let Entry::Vacant(vacant) = out.entry(which)
                && is_among_the_first
            {
                let question = Question {
                    resource,
                    asked,
                    which,
                    gone,
                    books: &books,
                };
                vacant.insert(ways::out(reading, &question)?);
            }
            finding.ways_out = out.get(&which).cloned().unwrap_or_default();
        }
        findings.push(finding);
    }
    titles::fill(reading, &mut findings)?;
    Ok(findings)
}

/// Looks for ways out of what does not fit already: what would fit in the place of the allocation that takes most of it, as
/// if that were gone.
///
/// # Errors
/// What the database answers.
pub fn tell_ways_out(
    reading: &mut Reading<'_>,
    resource: &Resource,
    finding: &mut Finding,
) -> Result<(), Problem> {
    let mut takers = finding.taken_by.iter();
    let Some(id) = takers.find_map(|taker| taker.allocation_id) else {
        return Ok(());
    };
    let asked = allocations::asked_of(&allocations::find(reading, id)?)?;
    let gone = BTreeSet::from([id]);
    let alone = std::slice::from_ref(&asked);
    let question = Question {
        resource,
        asked: alone,
        which: asked.change,
        gone: &gone,
        books: &ways::open(reading, resource, alone, &gone)?,
    };
    finding.ways_out = ways::out(reading, &question)?;
    for way in &mut finding.ways_out {
        way.change = None;
    }
    Ok(())
}

/// Where what was promised of a resource does not fit any more when there is less of it, or it is there at other times: from
/// today on.
///
/// # Errors
/// What the database answers.
pub fn outgrown(
    reading: &mut Reading<'_>,
    before: &Resource,
    after: &Resource,
) -> Result<Vec<Finding>, Problem> {
    let is_less = after.units < before.units || after.limit_minor < before.limit_minor;
    let has_other_hours = after.opening_hours != before.opening_hours;
    if after.overbooking == Overbooking::Allow || !(is_less || has_other_hours) {
        return Ok(Vec::new());
    }
    let is_closed = |place: &Place| place.code == FindingCode::Closed;
    let mut places = standing(reading, after)?;
    if has_other_hours && places.iter().any(is_closed) {
        // What did not fit the hours before is not the fault of the new ones.
        let old = standing(reading, before)?;
        let is_old = |one: &Place| {
            old.iter()
                .any(|other| is_closed(other) && other.taken == one.taken)
        };
        places.retain(|one| !is_closed(one) || !is_old(one));
    }
    places.retain(|one| {
        if is_closed(one) {
            has_other_hours
        } else {
            is_less
        }
    });
    places.truncate(PLACES);
    let mut findings: Vec<Finding> = places.iter().map(|place| told(after, place, &[])).collect();
    titles::fill(reading, &mut findings)?;
    for finding in findings.iter_mut().take(STANDING_WAYS) {
        tell_ways_out(reading, after, finding)?;
    }
    Ok(findings)
}

/// Where what was promised of a thing or a budget does not fit, from today on.
fn standing(reading: &mut Reading<'_>, resource: &Resource) -> Result<Vec<Place>, Problem> {
    let today = reading.today().naive();
    let period = match resource.booking {
        Some(crate::capacity::resources::Booking::Minutes) => {
            Period::Instants(reading.now, reading.now)
        }
        _ => Period::Days(today, today),
    };
    let nothing = Asked {
        change: 0,
        allocation_id: None,
        campaign_id: None,
        event_id: None,
        task_id: None,
        period,
        quantity: Quantity::Units(0),
    };
    let far_ahead = 36_500;
    let books = match resource.kind {
        ResourceKind::Person => return Ok(Vec::new()),
        _ => Books::open(reading, resource, &[nothing], &BTreeSet::new(), far_ahead)?,
    };
    Ok(books.standing())
}

/// What was found there, in the form in which it is sent; titles come later, for all at once.
#[must_use]
pub fn told(resource: &Resource, place: &Place, asked: &[Asked]) -> Finding {
    let asked: BTreeMap<usize, &Asked> = asked.iter().map(|one| (one.change, one)).collect();
    let (days, instants) = place.period.parts();
    let unit = match resource.kind {
        ResourceKind::Person => FindingUnit::Minutes,
        ResourceKind::Budget => FindingUnit::Minor,
        _ => FindingUnit::Units,
    };
    let taken_by: Vec<Taker> = place
        .taken
        .iter()
        .take(TAKERS)
        .map(|(source, amount)| taker(*source, *amount, &asked))
        .collect();
    Finding {
        code: place.code,
        detail: sentence(resource, place, unit),
        resource_id: resource.id,
        resource_name: resource.name.as_str().to_owned(),
        overbooking: resource.overbooking,
        first_on: days.map(|(first, _)| first),
        last_on: days.map(|(_, last)| last),
        starts_at: instants.map(|(from, _)| from),
        ends_at: instants.map(|(_, until)| until),
        unit,
        currency: resource.currency,
        wanted: place.wanted.map(money::shown),
        there: place.there,
        left_out: place.taken.len().saturating_sub(taken_by.len()),
        taken_by,
        ways_out: Vec::new(),
    }
}

fn taker(source: Source, amount: i64, asked: &BTreeMap<usize, &Asked>) -> Taker {
    let mut taker = Taker {
        change: None,
        allocation_id: None,
        expense_id: None,
        campaign_id: None,
        event_id: None,
        task_id: None,
        title: None,
        amount,
    };
    match source {
        Source::Allocation(id) => taker.allocation_id = Some(id),
        Source::Task(id) => taker.task_id = Some(id),
        Source::Expense(id) => taker.expense_id = Some(id),
        Source::Asked(change) => {
            taker.change = Some(change);
            if let Some(one) = asked.get(&change) {
                taker.allocation_id = one.allocation_id;
                taker.campaign_id = one.campaign_id;
                taker.event_id = one.event_id;
                taker.task_id = one.task_id;
            }
        }
    }
    taker
}

fn sentence(resource: &Resource, place: &Place, unit: FindingUnit) -> String {
    let when = match place.period {
        Period::Days(first, last) if first == last => format!(" on {first}"),
        Period::Days(first, last) => format!(" from {first} to {last}"),
        Period::Instants(from, until) => format!(" from {from} to {until}"),
        Period::Whenever => String::new(),
    };
    let name = &resource.name;
    let (Some(wanted), Some(there)) = (place.wanted, place.there) else {
        return format!("{name}: nobody wrote down how much there is{when}.");
    };
    let what = match unit {
        FindingUnit::Minutes => "minutes".to_owned(),
        FindingUnit::Units => "units".to_owned(),
        FindingUnit::Minor => format!(
            "minor units of {}",
            resource
                .currency
                .as_ref()
                .map_or("money", |one| one.as_str())
        ),
    };
    if place.code == FindingCode::Closed {
        return format!(
            "{name}: {wanted} {what} are wanted{when}, which begins or ends outside of the opening hours."
        );
    }
    format!("{name}: {wanted} {what} are wanted{when}, {there} are there.")
}

/// The first of what was asked that has a part in it.
fn in_the_way(place: &Place) -> Option<usize> {
    place.taken.iter().find_map(|(source, _)| match source {
        Source::Asked(change) => Some(*change),
        _ => None,
    })
}

/// The refusal, where the policy of one of the resources refuses what was found.
#[must_use]
pub fn refusal(findings: &[Finding]) -> Option<Problem> {
    let first = findings
        .iter()
        .find(|one| one.is_conflict() && one.overbooking == Overbooking::Refuse)?;
    let code = match first.code {
        FindingCode::CapacityExceeded | FindingCode::Closed => Code::CapacityExceeded,
        FindingCode::OverAllocated | FindingCode::UnknownCapacity => Code::OverAllocated,
    };
    Some(
        Problem::new(code)
            .detail(first.detail.clone())
            .member("findings", findings),
    )
}
