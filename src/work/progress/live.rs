//! How far things are now: read from the tasks that are in use, and the operations that answer it.

use std::collections::HashMap;

use actix_web::get;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{DayProgress, Progress, past, progress, progress_of_groups};
use crate::access::{Permission, Reading, TeamScope};
use crate::db::{Date, Id, Instant};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::values::Minutes;
use crate::http::{Answer, Code, Page, PageRequest, Problem, Query, Reply, ServiceConfig};
use crate::outreach::{campaigns, milestones};
use crate::schema;
use crate::schema::tasks;
use crate::work::task_status::TaskStatus;
use crate::work::tasks::queries::subtasks;
use crate::work::tasks::{find, named};
use crate::{keyset_page, text_enum};

/// How far a campaign is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "on": null, "progress": {"percent": 25, "basis": "count", "tasks_total": 4, "tasks_done": 1, "estimate_minutes_total": 300, "estimate_minutes_done": 120, "by_status": {"todo": 2, "in_progress": 1, "blocked": 0, "in_review": 0, "done": 1, "cancelled": 1}}}))]
pub struct CampaignProgress {
    /// The campaign.
    campaign_id: Id,
    /// The day at whose end it was so; null for now.
    #[schema(required = true)]
    on: Option<Date>,
    /// How far it is, and what that is derived from.
    progress: Progress,
}

/// How far a campaign was, day by day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "time_zone": "Europe/Paris", "days": []}))]
pub struct ProgressSeries {
    /// The campaign.
    campaign_id: Id,
    /// The time zone whose days these are: the team's.
    #[schema(max_length = 64)]
    time_zone: String,
    /// Each day from the first to the last, as it was when the day ended.
    #[schema(max_items = 366)]
    days: Vec<DayProgress>,
}

/// How far a milestone is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"milestone_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "progress": {"percent": null, "basis": "count", "tasks_total": 0, "tasks_done": 0, "estimate_minutes_total": 0, "estimate_minutes_done": 0, "by_status": {"todo": 0, "in_progress": 0, "blocked": 0, "in_review": 0, "done": 0, "cancelled": 0}}}))]
pub struct MilestoneProgress {
    /// The milestone.
    milestone_id: Id,
    /// How far it is, and what that is derived from.
    progress: Progress,
}

/// How far the tasks below a task are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "progress": {"percent": null, "basis": "count", "tasks_total": 0, "tasks_done": 0, "estimate_minutes_total": 0, "estimate_minutes_done": 0, "by_status": {"todo": 0, "in_progress": 0, "blocked": 0, "in_review": 0, "done": 0, "cancelled": 0}}}))]
pub struct TaskProgress {
    /// The task.
    task_id: Id,
    /// How far its subtasks are, and what that is derived from.
    progress: Progress,
}

/// How far one of the things on a dashboard is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "name": "Code freeze", "progress": {"percent": null, "basis": "count", "tasks_total": 0, "tasks_done": 0, "estimate_minutes_total": 0, "estimate_minutes_done": 0, "by_status": {"todo": 0, "in_progress": 0, "blocked": 0, "in_review": 0, "done": 0, "cancelled": 0}}}))]
pub struct ProgressEntry {
    /// The campaign or milestone.
    id: Id,
    /// Its name.
    #[schema(max_length = 100)]
    name: String,
    /// How far it is, and what that is derived from.
    progress: Progress,
}

/// A page of progress.
pub type ProgressEntryPage = Page<ProgressEntry>;

/// Which day is meant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DayFilter {
    /// As it was at the end of this day in the team's time zone; not in the future. Without it: now.
    on: Option<Date>,
}

/// Which days are meant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DaysFilter {
    /// The first day.
    from: Date,
    /// The last day: not in the future, and at most 366 days with the first.
    to: Date,
}

text_enum! {
    /// What progress is listed by.
    pub enum ProgressBy {
        /// The campaigns.
        Campaign = "campaign",
        /// The milestones.
        Milestone = "milestone",
    }
}

/// What a dashboard shows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProgressFilter {
    /// Each campaign, or each milestone.
    #[param(inline)]
    by: ProgressBy,
    /// Only these campaigns, or the milestones of these, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56")]
    campaign_id: Option<AnyOf<Id>>,
}

// ---------------------------------------------------------------- queries

/// So many tasks of one campaign or milestone have this status and this estimate.
type Group = (Option<Id>, TaskStatus, Option<i64>, i64);

/// Counts the tasks in use whose `$column` is one of `ids`, in one query. What is in the trash is not counted.
macro_rules! grouped_by {
    ($reading:expr, $column:expr, $ids:expr) => {
        tasks::table
            .filter(tasks::team_id.eq($reading.team.id()))
            .filter(tasks::deleted_at.is_null())
            .filter($column.eq_any($ids))
            .group_by(($column, tasks::status, tasks::estimate_minutes))
            .select((
                $column,
                tasks::status,
                tasks::estimate_minutes,
                diesel::dsl::count_star(),
            ))
            .load::<Group>($reading.conn)?
    };
}

fn progress_of(groups: Vec<Group>) -> Progress {
    progress_of_groups(
        groups
            .into_iter()
            .map(|(_, status, estimate, tasks)| (status, estimate, tasks)),
    )
}

/// A row of what is listed: enough to name it and to go on behind it.
macro_rules! listed {
    ($name:ident, $table:ident) => {
        #[derive(Queryable, Selectable)]
        #[diesel(table_name = schema::$table)]
        struct $name {
            id: Id,
            name: String,
            created_at: Instant,
        }

        impl From<$name> for (Id, String) {
            fn from(row: $name) -> Self {
                (row.id, row.name)
            }
        }
    };
}

listed!(ListedCampaign, campaigns);
listed!(ListedMilestone, milestones);

/// The page with each row's progress, from one grouped query.
fn with_progress<T: Into<(Id, String)>>(page: Page<T>, groups: Vec<Group>) -> Page<ProgressEntry> {
    let mut by_id: HashMap<Id, Vec<Group>> = HashMap::new();
    for group in groups {
        if let Some(id) = group.0 {
            by_id.entry(id).or_default().push(group);
        }
    }
    page.map(|row| {
        let (id, name) = row.into();
        ProgressEntry {
            id,
            name,
            progress: progress_of(by_id.remove(&id).unwrap_or_default()),
        }
    })
}

fn by_campaign(
    reading: &mut Reading<'_>,
    filter: &ProgressFilter,
    page: &PageRequest,
) -> Result<ProgressEntryPage, Problem> {
    let filtered = |team| {
        let query = campaigns::in_team(team);
        match &filter.campaign_id {
            Some(AnyOf(ids)) => query.filter(schema::campaigns::id.eq_any(ids.clone())),
            None => query,
        }
    };
    let mut rows = keyset_page!(
        filtered(reading.team),
        reading.conn,
        page,
        Direction::Descending,
        ListedCampaign,
        (schema::campaigns::created_at, schema::campaigns::id),
        Instant,
        |row| row.created_at
    );
    if page.wants_total() {
        let ids: Vec<Id> = filtered(reading.team)
            .select(schema::campaigns::id)
            .limit(TOTAL_CAP + 1)
            .load(reading.conn)?;
        rows = rows.with_total(ids.len());
    }
    let ids: Vec<Id> = rows.items.iter().map(|row| row.id).collect();
    let groups = grouped_by!(reading, tasks::campaign_id, ids);
    Ok(with_progress(rows, groups))
}

fn by_milestone(
    reading: &mut Reading<'_>,
    filter: &ProgressFilter,
    page: &PageRequest,
) -> Result<ProgressEntryPage, Problem> {
    let filtered = |team| {
        let query = milestones::in_team(team);
        match &filter.campaign_id {
            Some(AnyOf(ids)) => query.filter(schema::milestones::campaign_id.eq_any(ids.clone())),
            None => query,
        }
    };
    let mut rows = keyset_page!(
        filtered(reading.team),
        reading.conn,
        page,
        Direction::Descending,
        ListedMilestone,
        (schema::milestones::created_at, schema::milestones::id),
        Instant,
        |row| row.created_at
    );
    if page.wants_total() {
        let ids: Vec<Id> = filtered(reading.team)
            .select(schema::milestones::id)
            .limit(TOTAL_CAP + 1)
            .load(reading.conn)?;
        rows = rows.with_total(ids.len());
    }
    let ids: Vec<Id> = rows.items.iter().map(|row| row.id).collect();
    let groups = grouped_by!(reading, tasks::milestone_id, ids);
    Ok(with_progress(rows, groups))
}

/// Refuses a day that is not over yet where the team is, unless it is today.
fn check_past(reading: &Reading<'_>, name: &str, day: Date) -> Result<(), Problem> {
    let today = reading.today();
    if day.naive() <= today.naive() {
        return Ok(());
    }
    Err(Problem::parameter(
        Code::InvalidQuery,
        name,
        format!("Not in the future; today is {today}."),
    ))
}

// ---------------------------------------------------------------- handlers

/// Show how far a campaign is
///
/// Derived from its tasks in use: weighted by estimate where every counted task has one, by count otherwise, and
/// `basis` says which. Each task of the campaign counts once, a parent and its subtasks alike; cancelled ones
/// do not. With `on`: as it was at the end of that day, derived from the journal.
#[utoipa::path(tag = "progress", params(DayFilter), responses((status = 200, body = CampaignProgress)))]
#[get("/v1/teams/{team_id}/campaigns/{campaign_id}/progress")]
pub async fn get_campaign_progress(scope: TeamScope, filter: Query<DayFilter>) -> Answer {
    let campaign_id = scope.id("campaign_id")?;
    let Query(DayFilter { on }) = filter;
    scope
        .list(Permission::TaskRead, move |reading| {
            campaigns::find(reading, campaign_id)?;
            let progress = match on {
                None => progress_of(grouped_by!(reading, tasks::campaign_id, [campaign_id])),
                Some(day) => {
                    check_past(reading, "on", day)?;
                    past::on(reading, campaign_id, day)?
                }
            };
            Reply::ok(&CampaignProgress {
                campaign_id,
                on,
                progress,
            })
        })
        .await
}

/// Show how far a campaign was, day by day
///
/// One entry for each day, as it was when the day ended in the team's present time zone; derived from the
/// journal.
#[utoipa::path(tag = "progress", params(DaysFilter), responses((status = 200, body = ProgressSeries)))]
#[get("/v1/teams/{team_id}/campaigns/{campaign_id}/progress-series")]
pub async fn get_campaign_progress_series(scope: TeamScope, filter: Query<DaysFilter>) -> Answer {
    let campaign_id = scope.id("campaign_id")?;
    let Query(DaysFilter { from, to }) = filter;
    scope
        .list(Permission::TaskRead, move |reading| {
            campaigns::find(reading, campaign_id)?;
            check_past(reading, "to", to)?;
            let days = past::series(reading, campaign_id, from, to)?;
            Reply::ok(&ProgressSeries {
                campaign_id,
                time_zone: reading.time_zone.clone(),
                days,
            })
        })
        .await
}

/// Show how far a milestone is
///
/// Derived from its tasks in use, as for a campaign.
#[utoipa::path(tag = "progress", responses((status = 200, body = MilestoneProgress)))]
#[get("/v1/teams/{team_id}/milestones/{milestone_id}/progress")]
pub async fn get_milestone_progress(scope: TeamScope) -> Answer {
    let milestone_id = scope.id("milestone_id")?;
    scope
        .list(Permission::TaskRead, move |reading| {
            milestones::find(reading, milestone_id)?;
            let groups = grouped_by!(reading, tasks::milestone_id, [milestone_id]);
            Reply::ok(&MilestoneProgress {
                milestone_id,
                progress: progress_of(groups),
            })
        })
        .await
}

/// Show how far the subtasks of a task are
///
/// Derived from everything below the task, at any depth; the task itself does not count. Without subtasks,
/// `percent` is null.
#[utoipa::path(tag = "progress", responses((status = 200, body = TaskProgress)))]
#[get("/v1/teams/{team_id}/tasks/{task_id}/progress")]
pub async fn get_task_progress(scope: TeamScope) -> Answer {
    let name = named(&scope, "task_id")?;
    scope
        .list(Permission::TaskRead, move |reading| {
            let task_id = find(reading, name)?.id;
            let below = subtasks(reading, task_id)?;
            Reply::ok(&TaskProgress {
                task_id,
                progress: progress(
                    below
                        .iter()
                        .map(|task| (task.status, task.estimate_minutes.map(Minutes::get))),
                ),
            })
        })
        .await
}

/// List how far everything is
///
/// For dashboards: every campaign or milestone in use with its progress, newest first.
#[utoipa::path(tag = "progress", params(ProgressFilter), responses((status = 200, body = ProgressEntryPage)))]
#[get("/v1/teams/{team_id}/progress")]
pub async fn list_progress(
    scope: TeamScope,
    filter: Query<ProgressFilter>,
    page: PageRequest,
) -> Answer {
    let Query(filter) = filter;
    scope
        .list(Permission::TaskRead, move |reading| {
            let loaded = match filter.by {
                ProgressBy::Campaign => by_campaign(reading, &filter, &page)?,
                ProgressBy::Milestone => by_milestone(reading, &filter, &page)?,
            };
            Reply::page(&loaded, &page)
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_progress)
        .service(get_campaign_progress)
        .service(get_campaign_progress_series)
        .service(get_milestone_progress)
        .service(get_task_progress);
}
