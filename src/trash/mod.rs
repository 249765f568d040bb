//! The trash: what was deleted and can be restored for 30 days.
//!
//! The surprising rule: what goes to the trash together stays together. Everything that a deletion takes along
//! names its root in `trash_root_id`; the list shows roots only, and restoring one brings back all of it.

use std::collections::HashMap;

use actix_web::{get, post};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::{Permission, Reading, TeamScope, Tx};
use crate::capacity::{budget_lines, expenses, resources};
use crate::db::rows::{Direction, behind};
use crate::db::{Id, Instant, Json};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::values::Money;
use crate::http::{Answer, Code, Page, PageRequest, Problem, Query, Reply, ServiceConfig};
use crate::journal::Action;
use crate::outreach::series::Pattern;
use crate::outreach::trashing;
use crate::schema;
use crate::text_enum;
use crate::work::tasks;

mod campaign;
mod purge;

pub use purge::purge_expired;

/// How many days something stays in the trash.
pub const DAYS: i64 = 30;
text_enum! {
    /// What kind of thing is in the trash.
    pub enum TrashKind {
        /// A campaign, with its milestones, events and tasks.
        Campaign = "campaign",
        /// A milestone; its tasks stayed.
        Milestone = "milestone",
        /// An event; its tasks stayed.
        Event = "event",
        /// A series of events, with those that were still to come.
        EventSeries = "event_series",
        /// A task, with its subtasks.
        Task = "task",
        /// A resource; it was promised to nobody.
        Resource = "resource",
        /// A line of a budget; nothing was promised or spent of it.
        BudgetLine = "budget_line",
        /// An expense; it counts nowhere.
        Expense = "expense",
    }
}

/// Something that was deleted, with all that went along.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"kind": "campaign", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "name": "Kubernetes 1.30 release", "deleted_at": "2024-05-02T09:00:00.000Z", "deleted_by_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a50", "purge_at": "2024-06-01T09:00:00.000Z", "version": 91}))]
pub struct TrashEntry {
    /// What it is.
    pub kind: TrashKind,
    /// Its id.
    pub id: Id,
    /// Its name, the title of an event or a task, or the amount of an expense in minor units.
    #[schema(max_length = 200)]
    pub name: String,
    /// When it was deleted.
    pub deleted_at: Instant,
    /// The member who deleted it; null when the clock did.
    #[schema(required = true)]
    pub deleted_by_id: Option<Id>,
    /// When it is purged for good.
    pub purge_at: Instant,
    /// The revision that deleted it; for `If-Match`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of the trash.
pub type TrashEntryPage = Page<TrashEntry>;

/// What came back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"kind": "campaign", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "campaigns": 1, "milestones": 12, "series": 0, "events": 3, "tasks": 39}))]
pub struct Restored {
    /// What was restored.
    pub kind: TrashKind,
    /// Its id.
    pub id: Id,
    /// How many campaigns are back.
    pub campaigns: usize,
    /// How many milestones are back.
    pub milestones: usize,
    /// How many series of events are back.
    pub series: usize,
    /// How many events are back.
    pub events: usize,
    /// How many tasks are back.
    pub tasks: usize,
}

/// Which part of the trash is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrashFilter {
    /// Any of these kinds, separated by commas.
    #[param(value_type = Option<String>, max_length = 100, example = "campaign,task")]
    kind: Option<AnyOf<TrashKind>>,
}

/// A root, as its table has it.
type Root = (Id, String, Option<Instant>, i64);

// ---------------------------------------------------------------- queries

/// The roots of one table that can still be restored.
macro_rules! roots {
    ($reading:expr, $table:ident) => {
        schema::$table::table
            .filter(schema::$table::team_id.eq($reading.team.id()))
            .filter(schema::$table::trash_root_id.eq(schema::$table::id.nullable()))
            .filter(schema::$table::deleted_at.gt($reading.now.plus(TimeDelta::days(-DAYS))))
            .into_boxed()
    };
}

/// A page of the roots of one table, the last deleted first.
macro_rules! page_of_roots {
    ($reading:expr, $page:expr, $table:ident, $name:ident as $type:ty) => {{
        let mut query = roots!($reading, $table);
        if let Some((at, id)) = $page.after::<Instant>()? {
            query = query.filter(behind(
                (schema::$table::deleted_at, schema::$table::id),
                (at, id),
                Direction::Descending,
            ));
        }
        query
            .order((schema::$table::deleted_at.desc(), schema::$table::id.desc()))
            .limit($page.fetch())
            .select((
                schema::$table::id,
                schema::$table::$name,
                schema::$table::deleted_at,
                schema::$table::version,
            ))
            .load::<(Id, $type, Option<Instant>, i64)>($reading.conn)?
    }};
}

/// How many roots one table has, counted up to a little more than a total says.
macro_rules! count_roots {
    ($reading:expr, $table:ident) => {
        roots!($reading, $table)
            .select(schema::$table::id)
            .limit(TOTAL_CAP + 1)
            .load::<Id>($reading.conn)?
            .len()
    };
}

fn load_page(
    reading: &mut Reading<'_>,
    filter: &TrashFilter,
    page: &PageRequest,
) -> Result<TrashEntryPage, Problem> {
    let kinds = match &filter.kind {
        Some(AnyOf(kinds)) => kinds.clone(),
        None => TrashKind::ALL.to_vec(),
    };
    let mut entries: Vec<TrashEntry> = Vec::new();
    let mut total = 0_usize;
    for kind in TrashKind::ALL.iter().filter(|kind| kinds.contains(kind)) {
        let roots = match kind {
            TrashKind::Campaign => page_of_roots!(reading, page, campaigns, name as String),
            TrashKind::Milestone => page_of_roots!(reading, page, milestones, name as String),
            TrashKind::Event => page_of_roots!(reading, page, events, title as String),
            TrashKind::EventSeries => named(page_of_roots!(
                reading,
                page,
                event_series,
                pattern as Json<Pattern>
            )),
            TrashKind::Task => page_of_roots!(reading, page, tasks, title as String),
            TrashKind::Resource => page_of_roots!(reading, page, resources, name as String),
            TrashKind::BudgetLine => page_of_roots!(reading, page, budget_lines, name as String),
            TrashKind::Expense => spent(page_of_roots!(
                reading,
                page,
                expenses,
                amount as Json<Money>
            )),
        };
        entries.extend(roots.into_iter().filter_map(|root| entry(*kind, root)));
        if page.wants_total() {
            total = total.saturating_add(match kind {
                TrashKind::Campaign => count_roots!(reading, campaigns),
                TrashKind::Milestone => count_roots!(reading, milestones),
                TrashKind::Event => count_roots!(reading, events),
                TrashKind::EventSeries => count_roots!(reading, event_series),
                TrashKind::Task => count_roots!(reading, tasks),
                TrashKind::Resource => count_roots!(reading, resources),
                TrashKind::BudgetLine => count_roots!(reading, budget_lines),
                TrashKind::Expense => count_roots!(reading, expenses),
            });
        }
    }
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.deleted_at, entry.id)));
    let mut loaded = page.page(entries, |entry| (entry.deleted_at, entry.id));
    if page.wants_total() {
        loaded = loaded.with_total(total);
    }
    let ids: Vec<Id> = loaded.items.iter().map(|entry| entry.id).collect();
    let mut actors = who_deleted(reading, ids)?;
    Ok(loaded.map(|entry| TrashEntry {
        deleted_by_id: actors.remove(&entry.id).flatten(),
        ..entry
    }))
}

/// A series is called what its events are called.
fn named(series: Vec<(Id, Json<Pattern>, Option<Instant>, i64)>) -> Vec<Root> {
    series
        .into_iter()
        .map(|(id, Json(pattern), at, version)| (id, pattern.title.into_string(), at, version))
        .collect()
}

/// An expense is called what it was: `4900 EUR` in minor units.
fn spent(expenses: Vec<(Id, Json<Money>, Option<Instant>, i64)>) -> Vec<Root> {
    expenses
        .into_iter()
        .map(|(id, Json(money), at, version)| {
            let name = format!("{} {}", money.amount_minor.get(), money.currency.as_str());
            (id, name, at, version)
        })
        .collect()
}

fn entry(kind: TrashKind, (id, name, deleted_at, version): Root) -> Option<TrashEntry> {
    let deleted_at = deleted_at?;
    Some(TrashEntry {
        kind,
        id,
        name,
        deleted_at,
        deleted_by_id: None,
        purge_at: deleted_at.plus(TimeDelta::days(DAYS)),
        version,
    })
}

/// Who last deleted each of these records: the journal knows.
fn who_deleted(
    reading: &mut Reading<'_>,
    ids: Vec<Id>,
) -> Result<HashMap<Id, Option<Id>>, Problem> {
    use schema::journal;
    let lines: Vec<(Id, Option<Id>)> = journal::table
        .filter(journal::team_id.eq(reading.team.id()))
        .filter(journal::record_id.eq_any(ids))
        .filter(journal::action.eq(Action::Deleted))
        .order((journal::revision, journal::position))
        .select((journal::record_id, journal::actor_id))
        .load(reading.conn)?;
    Ok(lines.into_iter().collect())
}

/// The root with this id and its version.
fn find_root(tx: &mut Tx<'_>, id: Id) -> Result<(TrashKind, i64), Problem> {
    macro_rules! look {
        ($kind:ident, $table:ident) => {
            roots!(tx, $table)
                .filter(schema::$table::id.eq(id))
                .select(schema::$table::version)
                .first::<i64>(tx.conn)
                .optional()?
                .map(|version| (TrashKind::$kind, version))
        };
    }
    let mut found = look!(Campaign, campaigns);
    if found.is_none() {
        found = look!(Milestone, milestones);
    }
    if found.is_none() {
        found = look!(Event, events);
    }
    if found.is_none() {
        found = look!(EventSeries, event_series);
    }
    if found.is_none() {
        found = look!(Task, tasks);
    }
    if found.is_none() {
        found = look!(Resource, resources);
    }
    if found.is_none() {
        found = look!(BudgetLine, budget_lines);
    }
    if found.is_none() {
        found = look!(Expense, expenses);
    }
    match found {
        Some(found) => Ok(found),
        None => Err(went_along(tx, id)?),
    }
}

/// What is wrong with an id that is no root: it went to the trash with something else, or it is not there.
fn went_along(tx: &mut Tx<'_>, id: Id) -> Result<Problem, Problem> {
    macro_rules! look {
        ($table:ident) => {
            schema::$table::table
                .filter(schema::$table::team_id.eq(tx.team.id()))
                .filter(schema::$table::id.eq(id))
                .filter(schema::$table::deleted_at.is_not_null())
                .select(schema::$table::trash_root_id)
                .first::<Option<Id>>(tx.conn)
                .optional()?
                .flatten()
        };
    }
    let mut root = look!(milestones);
    if root.is_none() {
        root = look!(events);
    }
    if root.is_none() {
        root = look!(tasks);
    }
    Ok(match root {
        Some(root) if root != id => still_in_trash(root)
            .detail("It went to the trash together with something else: restore that."),
        _ => Problem::not_found(),
    })
}

/// Refuses to bring anything back below something that stays in the trash.
fn check_above(tx: &mut Tx<'_>, root: Id) -> Result<(), Problem> {
    use schema::{campaigns, events, milestones, tasks};
    let team_id = tx.team.id();
    let of_tasks = tasks::table
        .filter(tasks::team_id.eq(team_id))
        .filter(tasks::trash_root_id.eq(root))
        .select(tasks::campaign_id);
    let of_milestones = milestones::table
        .filter(milestones::team_id.eq(team_id))
        .filter(milestones::trash_root_id.eq(root))
        .select(milestones::campaign_id);
    let of_events = events::table
        .filter(events::team_id.eq(team_id))
        .filter(events::trash_root_id.eq(root))
        .select(events::campaign_id);
    let campaign: Option<Id> = campaigns::table
        .filter(campaigns::team_id.eq(team_id))
        .filter(campaigns::trash_root_id.ne(root))
        .filter(
            campaigns::id
                .nullable()
                .eq_any(of_tasks)
                .or(campaigns::id.nullable().eq_any(of_milestones.nullable()))
                .or(campaigns::id.nullable().eq_any(of_events)),
        )
        .select(campaigns::id)
        .first(tx.conn)
        .optional()?;
    if let Some(campaign) = campaign {
        return Err(
            still_in_trash(campaign).detail("Its campaign is in the trash: restore that first.")
        );
    }
    let parent = diesel::alias!(tasks as parent);
    let above: Option<Option<Id>> = tasks::table
        .inner_join(
            parent.on(parent
                .field(tasks::team_id)
                .eq(tasks::team_id)
                .and(parent.field(tasks::id).nullable().eq(tasks::parent_id))),
        )
        .filter(tasks::team_id.eq(team_id))
        .filter(tasks::trash_root_id.eq(root))
        .filter(parent.field(tasks::trash_root_id).ne(root))
        .select(parent.field(tasks::trash_root_id))
        .first(tx.conn)
        .optional()?;
    match above.flatten() {
        Some(above) => Err(still_in_trash(above)
            .detail("The task that it is a part of is in the trash: restore that first.")),
        None => Ok(()),
    }
}

fn still_in_trash(root: Id) -> Problem {
    Problem::new(Code::StillInTrash).member("trash_id", root)
}

// ---------------------------------------------------------------- handlers

/// List the trash
///
/// What was deleted in the last 30 days, the last first. Each entry stands for all that went along with it:
/// the milestones, events and tasks of a campaign, the events of a series, the subtasks of a task.
#[utoipa::path(tag = "trash", params(TrashFilter), responses((status = 200, body = TrashEntryPage)))]
#[get("/v1/teams/{team_id}/trash")]
pub async fn list_trash(scope: TeamScope, filter: Query<TrashFilter>, page: PageRequest) -> Answer {
    let Query(filter) = filter;
    scope
        .live(Permission::TrashRead, move |reading| {
            let loaded = load_page(reading, &filter, &page)?;
            Reply::page(&loaded, &page)
        })
        .await
}

/// Restore from the trash
///
/// Brings an entry of the trash back, with everything that went along. Nothing can come back below a campaign
/// or task that is itself in the trash: that is 409 `still_in_trash` with the `trash_id` to restore first. An expense must fit
/// the limit of its budget again, or it is 409 `over_allocated`; money whose campaign counts in another currency by now is 409
/// `other_currency`.
#[utoipa::path(tag = "trash", responses((status = 200, body = Restored, description = "It is back.")))]
#[post("/v1/teams/{team_id}/trash/{trash_id}/restore")]
pub async fn restore_from_trash(scope: TeamScope) -> Answer {
    let id = scope.id("trash_id")?;
    scope
        .write(Permission::TrashRestore, move |tx| {
            let (kind, version) = find_root(tx, id)?;
            tx.expect_version(version)?;
            check_above(tx, id)?;
            match kind {
                TrashKind::Resource => resources::trashing::restore(tx, id)?,
                TrashKind::BudgetLine => budget_lines::trashing::restore(tx, id)?,
                TrashKind::Expense => expenses::trashing::restore(tx, id)?,
                _ => {}
            }
            let campaigns = usize::from(kind == TrashKind::Campaign);
            if kind == TrashKind::Campaign {
                trashing::restore_campaign(tx, id)?;
            }
            let series = usize::from(kind == TrashKind::EventSeries);
            if kind == TrashKind::EventSeries {
                trashing::restore_series(tx, id)?;
            }
            let milestones = trashing::restore_milestones(tx, id)?;
            let events = trashing::restore_events(tx, id)?;
            let tasks = tasks::restore_with(tx, id)?.len();
            Reply::ok(&Restored {
                kind,
                id,
                campaigns,
                milestones,
                series,
                events,
                tasks,
            })
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(campaign::delete_campaign)
        .service(list_trash)
        .service(restore_from_trash);
}
