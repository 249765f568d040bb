//! Reading the journal: the change feed of a team and the history of a record.
//!
//! The surprising rule: a line is shown only to whoever may see its record; a gap in the positions is
//! something that you may not see.

use actix_web::get;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::record::{Action, Kind};
use crate::access::{Permission, Reading, TeamScope};
use crate::db::rows::{Direction, behind};
use crate::db::{Id, Instant, Json, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::{AnyOf, Number};
use crate::http::{Answer, Code, Page, PageRequest, Problem, Query, Reply, ServiceConfig};
use crate::schema::journal;

/// A line of the journal: what one revision did to one record.
#[derive(Debug, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = journal)]
#[schema(example = json!({"revision": 42, "position": 1, "at": "2024-03-06T02:00:00.000Z", "actor_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a50", "on_behalf_of_id": null, "kind": "task", "record_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "action": "updated", "changes": {"status": {"from": "todo", "to": "in_progress"}}, "note": null, "campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "previous_campaign_id": null}))]
pub struct Change {
    /// The revision: 1, 2, 3 … in the team. Ask for what came after with `after=<revision>`.
    #[schema(minimum = 1)]
    pub revision: i64,
    /// The line's place in the revision.
    #[schema(minimum = 1)]
    pub position: i64,
    /// When.
    pub at: Instant,
    /// The member who did it; null when the clock did.
    #[schema(required = true)]
    pub actor_id: Option<Id>,
    /// The member in whose place `actor_id` did it, as a deputy; null when everybody acted for themselves.
    #[schema(required = true)]
    pub on_behalf_of_id: Option<Id>,
    /// What kind of record it is. More kinds will come: have a default branch.
    pub kind: Kind,
    /// The record.
    pub record_id: Id,
    /// What happened.
    pub action: Action,
    /// The fields that changed, each with `from` and `to`.
    #[schema(value_type = Object, example = json!({"status": {"from": "todo", "to": "in_progress"}}))]
    pub changes: Json<Value>,
    /// Why, where it was said: a reason, or that a rule was overridden.
    #[schema(required = true, max_length = 2000)]
    pub note: Option<String>,
    /// The campaign that the record belongs to.
    #[schema(required = true)]
    pub campaign_id: Option<Id>,
    /// The campaign that the record left with this line; null when it stayed where it was.
    #[schema(required = true)]
    pub previous_campaign_id: Option<Id>,
}

/// A page of changes.
pub type ChangePage = Page<Change>;

/// The part of the feed that is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangeFilter {
    /// Only what came after this revision; 0 or nothing for everything.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    after: Option<Number>,
    /// Only these kinds of records, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "task,campaign")]
    kind: Option<AnyOf<Kind>>,
    /// Only records of this campaign, and those that leave it: their last line has it as
    /// `previous_campaign_id`. A record that comes from another campaign begins with an `updated` line, so
    /// read it once when you do not know it yet.
    campaign_id: Option<Id>,
}

/// List changes
///
/// The change feed: everything that happened in the team after a revision, in order, page by page. `created`
/// and `restored` lines list every field that has a value (a field that is not listed is null), `updated`
/// lines those that changed, and a `deleted` line is a tombstone: remove the record, also when you never had
/// it. A task that is deleted takes its comments, checklist, dependencies and delegations along out of sight, and
/// brings them back with it; they get no lines of their own for that. A record's `version` is the `revision` of its last line, its `updated_at` that line's `at`.
///
/// Follow `next_cursor` to the end, for a page may end in the middle of a revision; then keep the last
/// `revision` you have seen and ask again with `after`. When nothing is new, the answer to `If-None-Match` is
/// 304.
#[utoipa::path(tag = "journal", params(ChangeFilter), responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/changes")]
pub async fn list_changes(
    scope: TeamScope,
    filter: Query<ChangeFilter>,
    page: PageRequest,
) -> Answer {
    let Query(filter) = filter;
    scope
        .list(Permission::JournalRead, move |reading| {
            load(reading, &page, |reading| feed(reading, &filter))
        })
        .await
}

/// Answers the history of one record, oldest first: a subject's own `…/history`. `find` looks for the record and answers
/// its id; whoever may not see records of this kind does not get that far.
///
/// # Errors
/// `insufficient_role`, and what `find` answers.
pub async fn history_of<F>(scope: TeamScope, page: PageRequest, kind: Kind, find: F) -> Answer
where
    F: FnOnce(&mut Reading<'_>) -> Result<Id, Problem> + Send + 'static,
{
    scope
        .list(Permission::JournalRead, move |reading| {
            reading.require(kind.permission())?;
            let record_id = find(reading)?;
            load(reading, &page, |reading| {
                journal::table
                    .filter(journal::team_id.eq(reading.team.id()))
                    .filter(journal::record_id.eq(record_id))
                    .into_boxed()
            })
        })
        .await
}

type Lines = journal::BoxedQuery<'static, MultiBackend>;

/// The lines that the caller may see and wants.
fn feed(reading: &Reading<'_>, filter: &ChangeFilter) -> Lines {
    let visible: Vec<Kind> = visible_kinds(reading)
        .into_iter()
        .filter(|kind| {
            filter
                .kind
                .as_ref()
                .is_none_or(|AnyOf(wanted)| wanted.contains(kind))
        })
        .collect();
    let mut query = journal::table
        .filter(journal::team_id.eq(reading.team.id()))
        .filter(journal::kind.eq_any(visible))
        .into_boxed();
    if let Some(Number(after)) = filter.after {
        query = query.filter(journal::revision.gt(after));
    }
    if let Some(campaign_id) = filter.campaign_id {
        query = query.filter(
            journal::campaign_id
                .eq(campaign_id)
                .or(journal::previous_campaign_id.eq(campaign_id)),
        );
    }
    query
}

fn load(
    reading: &mut Reading<'_>,
    page: &PageRequest,
    lines: impl Fn(&Reading<'_>) -> Lines,
) -> Answer {
    let mut query = lines(reading);
    if let Some((revision, position)) = behind_line(page)? {
        query = query.filter(behind(
            (journal::revision, journal::position),
            (revision, position),
            Direction::Ascending,
        ));
    }
    let rows: Vec<Change> = query
        .order((journal::revision, journal::position))
        .limit(page.fetch())
        .select(Change::as_select())
        .load(reading.conn)?;
    // A line has no id of its own: its record's stands in.
    let mut loaded = page.page(rows, |change| {
        ((change.revision, change.position), change.record_id)
    });
    if page.wants_total() {
        let counted: Vec<i64> = lines(reading)
            .select(journal::position)
            .limit(TOTAL_CAP + 1)
            .load(reading.conn)?;
        loaded = loaded.with_total(counted.len());
    }
    Reply::page(&loaded, page)
}

/// The place of the last line of the page before.
fn behind_line(page: &PageRequest) -> Result<Option<(i64, i64)>, Problem> {
    page.after::<(i64, i64)>()
        .map(|after| after.map(|(line, _)| line))
        .map_err(|_| Problem::new(Code::InvalidCursor))
}

fn visible_kinds(reading: &Reading<'_>) -> Vec<Kind> {
    Kind::ALL
        .iter()
        .copied()
        .filter(|kind| reading.may(kind.permission()))
        .collect()
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_changes);
}
