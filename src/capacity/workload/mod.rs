//! Workload: who has how much to do, and how much of their time is free, as figures and as a picture.
//!
//! The surprising rule: minutes that are wanted somewhere within several days are laid on these days in proportion to what
//! each has open, because nobody has said on which. So a period can show too much although what is wanted could be moved:
//! whether it *fits* is what conflicts tell, by the interval condition.

mod measure;
mod model;
mod svg;
#[cfg(test)]
mod tests;

use actix_web::get;
use diesel::prelude::*;

pub use model::{Period, Workload, WorkloadBy, WorkloadFilter};

use super::days;
use super::team_load;
use crate::access::{Permission, Reading, Role, TeamScope};
use crate::db::rows::fold;
use crate::db::{Date, Id};
use crate::http::accept::preferred;
use crate::http::text::Name;
use crate::http::{Answer, Code, Problem, Query, Reply, ServiceConfig};
use crate::people::members;
use crate::schema::members as columns;

/// The most days that are shown at once: a leap year.
pub const MAX_DAYS: i64 = 366;
/// The most members that are shown at once.
pub const MAX_MEMBERS: usize = 500;

const JSON: &str = "application/json";
const SVG: &str = "image/svg+xml";

// ---------------------------------------------------------------- rules

/// The period runs forward, and is no longer than a year.
///
/// # Errors
/// `invalid_query`.
fn check_period(from: Date, to: Date) -> Result<(), Problem> {
    let days = (to.naive() - from.naive()).num_days() + 1;
    if (1..=MAX_DAYS).contains(&days) {
        return Ok(());
    }
    let detail = format!("Not before from, and at most {MAX_DAYS} days with it.");
    Err(Problem::parameter(Code::InvalidQuery, "to", detail))
}

// ---------------------------------------------------------------- queries

/// Who can hold work, by id: the members without the guests, and of them only those asked for. One more than is shown.
fn workers(reading: &mut Reading<'_>, wanted: Option<&[Id]>) -> Result<Vec<(Id, Name)>, Problem> {
    let query = members::in_team(reading.team).filter(columns::role.ne(Role::Guest));
    let query = match wanted {
        Some(ids) => query.filter(columns::id.eq_any(ids.to_vec())),
        None => query,
    };
    let most = i64::try_from(MAX_MEMBERS + 1).unwrap_or(i64::MAX);
    Ok(query
        .order(columns::id)
        .limit(most)
        .select((columns::id, columns::display_name))
        .load(reading.conn)?)
}

/// The workload of the members that are asked for.
///
/// # Errors
/// `invalid_query` for a period that is none or too long, or for somebody who is not in the team.
pub fn workload(reading: &mut Reading<'_>, filter: &WorkloadFilter) -> Result<Workload, Problem> {
    let (from, to) = (filter.from.naive(), filter.to.naive());
    check_period(filter.from, filter.to)?;
    let me = reading.me.member_id;
    let wanted = filter.member_id.as_ref();
    let wanted = wanted.map(|who| who.members(me, "member_id")).transpose()?;
    let mut workers = workers(reading, wanted.as_deref())?;
    let is_complete = workers.len() <= MAX_MEMBERS;
    workers.truncate(MAX_MEMBERS);
    let ids: Vec<Id> = workers.iter().map(|(id, _)| *id).collect();
    let loads = match wanted {
        None => team_load::of_team(reading)?,
        Some(_) => team_load::of_members(reading, &ids)?,
    };
    // As far as the demands that are shown reach, to lay them well.
    let (begin, end) = days::around(&loads, (from, to));
    let by = filter.by.unwrap_or(WorkloadBy::Week);
    let periods = measure::periods(from, to, by);
    workers.sort_by_cached_key(|(id, name)| (fold(name.as_str()), *id));
    let members = workers
        .into_iter()
        .map(|(id, name)| {
            let capacity = loads.calendar.capacity(id, begin, end);
            measure::measure((id, name), &capacity, loads.of(id), &periods)
        })
        .collect();
    Ok(Workload {
        from: filter.from,
        to: filter.to,
        by,
        periods,
        members,
        is_complete,
    })
}

// ---------------------------------------------------------------- handlers

/// Show the workload
///
/// Of everybody but guests, by day or by week, in whole minutes: what there is (working hours, less absences and holidays), what
/// approved allocations take, what open tasks with an estimate want, and what is left. Minutes that may be done on
/// several days are laid on these in proportion to what each has open; a period that shows too much is no conflict yet. Work that is left
/// begins today, or five years before it is due. What could not be counted is told for each member.
///
/// With `Accept: image/svg+xml` the same as a heat map, with an alternative text for each cell.
#[utoipa::path(tag = "workload", params(WorkloadFilter),
    responses((status = 200, content((Workload = "application/json"), (String = "image/svg+xml")))))]
#[get("/v1/teams/{team_id}/workload")]
pub async fn get_workload(scope: TeamScope, filter: Query<WorkloadFilter>) -> Answer {
    let form = preferred(scope.request(), &[JSON, SVG]);
    scope
        .read(Permission::WorkloadRead, move |reading| {
            let workload = workload(reading, &filter.0)?;
            if form == SVG {
                let picture = svg::draw(&workload, reading.today())?;
                return Ok(Reply::text(SVG, picture).tagged(reading.etag_today("svg")));
            }
            Ok(Reply::ok(&workload)?.tagged(reading.etag_today("json")))
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_workload);
}
