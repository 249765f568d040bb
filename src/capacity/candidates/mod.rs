//! Candidates: whom to ask for a task, with the reasons in figures.
//!
//! The surprising rule: there is no hidden score. It is the sum of the points that are shown, times the weights that are shown and
//! that the request can set; who is not ranked is listed with the reason.

mod model;
mod score;

use actix_web::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use sha2::{Digest as _, Sha256};

use model::{
    Candidate, CandidateFilter, CandidateWeights, Candidates, Hundredths, NotAsked, NotRanked,
};

use super::fit::hull;
use super::load::Demand;
use super::team_load::{self, TeamLoad};
use super::workload::{MAX_MEMBERS, Period};
use crate::access::{Permission, Reading, Role, TeamScope};
use crate::db::rows::fold;
use crate::db::{Date, Id, Json};
use crate::http::query::AnyOf;
use crate::http::text::Name;
use crate::http::values::TimeZone;
use crate::http::{Answer, Code, Problem, Query, Reply, ServiceConfig};
use crate::people::capacity::MemberCapacity;
use crate::people::members::{self, Skills};
use crate::schema::members as columns;
use crate::work::tasks::{self, Task};

/// How many days are looked at where the task does not say.
const ASSUMED_DAYS: u64 = 14;
/// The most days that are looked at.
const MOST_DAYS: u64 = 366;
/// How many are shown unless the request says so.
const BEST: i64 = 20;
/// How many of those who cannot be asked are listed.
const MOST_NOT_RANKED: usize = 100;

impl CandidateFilter {
    fn weights(&self) -> CandidateWeights {
        let or = |weight: Option<Hundredths>, usual| weight.map_or(usual, |weight| weight.0);
        CandidateWeights {
            skills: or(self.skills_weight, 40),
            free: or(self.free_weight, 25),
            load: or(self.load_weight, 15),
            overlap: or(self.overlap_weight, 10),
            experience: or(self.experience_weight, 10),
        }
    }

    fn best(&self) -> Result<usize, Problem> {
        let best = self.best.map_or(BEST, |best| best.0);
        usize::try_from(best)
            .ok()
            .filter(|best| *best > 0)
            .ok_or_else(|| Problem::parameter(Code::InvalidQuery, "best", "From 1 to 100."))
    }

    /// The task's labels and the skills of the request, folded, each once.
    fn wanted(&self, task: &Task) -> Vec<String> {
        let labels = task.labels.0.0.iter().map(|label| label.as_str());
        let asked = self.skills.iter().flat_map(|AnyOf(skills)| skills);
        let mut wanted: Vec<String> = Vec::new();
        for skill in labels.chain(asked.map(|skill| skill.0.as_str())).map(fold) {
            if !wanted.contains(&skill) {
                wanted.push(skill);
            }
        }
        wanted
    }
}

/// The days that are looked at, and whether the task did not say which.
fn window(task: &Task, today: NaiveDate) -> (NaiveDate, NaiveDate, bool) {
    let begins = task.starts_on.map_or(today, Date::naive).max(today);
    match task.due_on.map(Date::naive).filter(|due| *due >= today) {
        Some(due) => {
            let first = begins.min(due);
            (first, due.min(first + Days::new(MOST_DAYS - 1)), false)
        }
        None => (begins, begins + Days::new(ASSUMED_DAYS - 1), true),
    }
}

/// Whether somebody works on no day of a window because of absence.
fn is_absent(capacity: &MemberCapacity, (first, last): (NaiveDate, NaiveDate)) -> bool {
    let mut works = false;
    for (on, day) in capacity.first_on.iter_days().zip(&capacity.days) {
        if on < first || on > last {
            continue;
        }
        match day {
            None => return false,
            Some(day) if day.minutes() > 0 => return false,
            Some(day) => works |= day.absent_minutes > 0,
        }
    }
    works
}

// ---------------------------------------------------------------- queries

/// A member as far as it matters here.
type Row = (Id, Name, Role, Json<Skills>);

/// The members, by id, one more than is looked at; or of them those that are asked about.
fn everybody(reading: &mut Reading<'_>, only: Option<Vec<Id>>) -> Result<Vec<Row>, Problem> {
    let query = members::in_team(reading.team);
    let query = match only {
        Some(ids) => query.filter(columns::id.eq_any(ids)),
        None => query,
    };
    Ok(query
        .order(columns::id)
        .limit(i64::try_from(MAX_MEMBERS + 1).unwrap_or(i64::MAX))
        .select((
            columns::id,
            columns::display_name,
            columns::role,
            columns::skills,
        ))
        .load(reading.conn)?)
}

/// What somebody has to do besides the task itself.
fn besides(loads: &TeamLoad, member_id: Id, task_id: Id) -> Vec<Demand> {
    loads
        .of(member_id)
        .demands
        .iter()
        .filter(|demand| demand.task_id != Some(task_id))
        .copied()
        .collect()
}

/// Whom to ask for this task.
///
/// # Errors
/// What the database answers.
fn candidates(
    reading: &mut Reading<'_>,
    task: &Task,
    filter: &CandidateFilter,
) -> Result<Candidates, Problem> {
    let best = filter.best()?;
    let (first, last, is_window_assumed) = window(task, reading.today().naive());
    let needed = task
        .remaining_minutes
        .or(task.estimate_minutes)
        .map(|minutes| minutes.get());
    let wanted = filter.wanted(task);
    let weights = filter.weights();

    let me = reading.me.member_id;
    let only = filter.member_id.as_ref();
    let only = only.map(|who| who.members(me, "member_id")).transpose()?;
    let mut everybody = everybody(reading, only)?;
    let is_complete = everybody.len() <= MAX_MEMBERS;
    everybody.truncate(MAX_MEMBERS);
    let loads = team_load::of_team(reading)?;
    let week_of = |member: Id| {
        let end = first + Days::new(score::WEEK - 1);
        loads.calendar.capacity(member, first, end)
    };
    let accountable = score::hours(&week_of(task.accountable_id), first);
    let zones = members::time_zones(reading, None)?;
    let labels: Vec<&str> = task.labels.0.0.iter().map(|label| label.as_str()).collect();
    let experience = loads.experience.of_kind(&labels, task.id);
    let zone = |id: &Id| zones.get(id).copied().unwrap_or(TimeZone::UTC);

    let holder = task.assignee_id.unwrap_or(task.accountable_id);
    let mut ranked = Vec::new();
    let mut not_ranked = Vec::new();
    for (member_id, display_name, role, skills) in everybody {
        let load = besides(&loads, member_id, task.id);
        let opened = hull::opened(&loads.calendar, member_id, &load, (first, last));
        let reason = if role == Role::Guest {
            Some(NotAsked::Guest)
        } else if member_id == holder {
            Some(NotAsked::HasTheTask)
        } else if is_absent(&opened.capacity, (first, last)) {
            Some(NotAsked::Absent)
        } else {
            None
        };
        if let Some(reason) = reason {
            not_ranked.push(NotRanked {
                member_id,
                display_name,
                reason,
            });
            continue;
        }
        let skills = score::skills(&wanted, skills.0.0.iter().map(|skill| skill.as_str()));
        let time = score::time(&opened, &load, (first, last), needed);
        let overlap = score::overlap(
            (&week_of(member_id), zone(&member_id)),
            accountable.as_ref(),
            first,
        );
        let experience = score::experience(experience.get(&member_id).copied().unwrap_or(0));
        ranked.push(Candidate {
            member_id,
            display_name,
            score: weights.score(&skills, time, &overlap, experience),
            skills,
            free: time.0,
            load: time.1,
            overlap,
            experience,
        });
    }
    let name = |name: &Name, id: Id| (fold(name.as_str()), id);
    ranked.sort_by_cached_key(|one| {
        let free = one.free.free_minutes.unwrap_or(-1);
        (-one.score, -free, name(&one.display_name, one.member_id))
    });
    not_ranked.sort_by_cached_key(|one| name(&one.display_name, one.member_id));
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let (ranked_total, not_ranked_total) = (count(ranked.len()), count(not_ranked.len()));
    ranked.truncate(best);
    not_ranked.truncate(MOST_NOT_RANKED);
    Ok(Candidates {
        task_id: task.id,
        window: Period {
            first_on: first.into(),
            last_on: last.into(),
        },
        is_window_assumed,
        needed_minutes: needed,
        wanted_skills: wanted,
        weights,
        candidates: ranked,
        ranked_total,
        not_ranked,
        not_ranked_total,
        is_complete,
    })
}

// ---------------------------------------------------------------- handlers

/// List whom to ask for a task
///
/// The members who could take it, the best first, each with the reasons in figures: which of the wanted skills (the task's labels and
/// `skills`) they have, what they could still do until it is due, how much they have to do already, how many of their hours
/// are common with the accountable member's (by the `time_zone` of the working hours in force), and how many delegations to them
/// of tasks with a label in common were confirmed. Each part has 0 to 100 points; the score is their sum by the weights, and nothing else. Unknown figures are null and earn no
/// points. Whoever cannot be asked is listed with the reason. With `member_id` only these are compared.
#[utoipa::path(tag = "workload", params(CandidateFilter), responses((status = 200, body = Candidates)))]
#[get("/v1/teams/{team_id}/tasks/{task_id}/candidates")]
pub async fn list_task_candidates(scope: TeamScope, filter: Query<CandidateFilter>) -> Answer {
    let name = tasks::named(&scope, "task_id")?;
    scope
        .read(Permission::WorkloadRead, move |reading| {
            let task = tasks::find(reading, name)?;
            let reply = Reply::ok(&candidates(reading, &task, &filter.0)?)?;
            // The zones of accounts are told too, and no revision of the team tells when they change.
            let told =
                URL_SAFE_NO_PAD.encode(Sha256::digest(&reply.body).get(..9).unwrap_or_default());
            Ok(reply.tagged(reading.etag_today(&told)))
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_task_candidates);
}
