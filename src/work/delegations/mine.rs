//! What waits for me, over all my teams.
//!
//! The surprising rule: it begins at the account and not at a team, so it looks into all teams in sight: where the caller
//! is a member now, in a role that may read delegations.

use actix_web::get;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::expand::{DelegationReference, ExpandedMyDelegationPage, expand};
use super::model::{Delegation, DelegationSort};
use super::queries::{active_states, in_sight};
use super::rules::DelegationState;
use crate::access::{AccountScope, Sight};
use crate::db::rows::Direction;
use crate::db::{Date, Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::text::Title;
use crate::http::{Answer, Expand, Page, PageRequest, Problem, Query, Reply};
use crate::schema::delegations;
use crate::work::task_status::TaskStatus;
use crate::work::tasks::{self, TaskKey, TasksById};
use crate::{keyset_page, text_enum};

text_enum! {
    /// Whose turn it is, as I see it.
    pub enum WaitsFor {
        /// My answer: an offer to me, or a proposal to an offer of mine.
        MyAnswer = "my_answer",
        /// My confirmation: work that was submitted to me.
        MyConfirmation = "my_confirmation",
        /// My work: what I accepted and did not hand on.
        MyWork = "my_work",
        /// Somebody else's answer: an offer of mine, or a proposal that I made.
        TheirAnswer = "their_answer",
    }
}

/// Which of my delegations are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MyDelegationFilter {
    /// Any of these, separated by commas; without it every active delegation that I am a party to.
    #[param(value_type = Option<String>, max_length = 200, example = "my_answer,my_confirmation")]
    waits_for: Option<AnyOf<WaitsFor>>,
}

/// A delegation that I am a party to, with what it is about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a60", "task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "parent_id": null, "delegator_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "delegate_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "in_place_of_id": null, "state": "offered", "authority": "decide_and_report", "may_redelegate": true, "message": null, "respond_by": null, "due_on": null, "proposed_due_on": null, "proposed_scope": null, "reason": null, "submission_note": null, "created_at": "2026-02-26T09:00:00.000Z", "answered_at": null, "submitted_at": null, "ended_at": null, "updated_at": "2026-02-26T09:00:00.000Z", "version": 42, "task": {"key": "K8S-12", "title": "Cut the release branch", "status": "todo", "due_on": "2026-03-12"}}))]
pub struct MyDelegation {
    #[allow(missing_docs)]
    #[serde(flatten)]
    pub delegation: Delegation,
    /// The task.
    pub task: MyDelegatedTask,
}

/// A task, as far as one must know it to answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyDelegatedTask {
    /// Its name for people.
    pub key: TaskKey,
    /// Its title.
    pub title: Title,
    /// Where it stands.
    pub status: TaskStatus,
    /// Its last day.
    #[schema(required = true)]
    pub due_on: Option<Date>,
}

/// A page of my delegations.
pub type MyDelegationPage = Page<MyDelegation>;

// ---------------------------------------------------------------- queries

/// The states in which a delegation is wanted, by my part in it.
#[derive(Default)]
struct Wanted {
    as_delegate: Vec<DelegationState>,
    as_delegator: Vec<DelegationState>,
    /// As the delegate, where I did not hand on.
    as_worker: Vec<DelegationState>,
}

impl Wanted {
    fn of(filter: &MyDelegationFilter) -> Self {
        let Some(AnyOf(waiting)) = &filter.waits_for else {
            return Self {
                as_delegate: active_states(),
                as_delegator: active_states(),
                as_worker: Vec::new(),
            };
        };
        let mut wanted = Self::default();
        for one in waiting {
            match one {
                WaitsFor::MyAnswer => {
                    wanted.as_delegate.push(DelegationState::Offered);
                    wanted.as_delegator.push(DelegationState::Countered);
                }
                WaitsFor::MyConfirmation => wanted.as_delegator.push(DelegationState::Submitted),
                WaitsFor::MyWork => wanted.as_worker.push(DelegationState::Accepted),
                WaitsFor::TheirAnswer => {
                    wanted.as_delegate.push(DelegationState::Countered);
                    wanted.as_delegator.push(DelegationState::Offered);
                }
            }
        }
        wanted
    }
}

fn mine(sight: &Sight<'_>, wanted: Wanted) -> delegations::BoxedQuery<'static, MultiBackend> {
    let me = sight.me();
    let handed_on = diesel::alias!(delegations as handed_on);
    in_sight(sight).filter(
        delegations::delegate_id
            .eq_any(me.clone())
            .and(delegations::state.eq_any(wanted.as_delegate))
            .or(delegations::delegator_id
                .eq_any(me.clone())
                .and(delegations::state.eq_any(wanted.as_delegator)))
            .or(delegations::delegate_id
                .eq_any(me)
                .and(delegations::state.eq_any(wanted.as_worker))
                .and(diesel::dsl::not(diesel::dsl::exists(
                    handed_on
                        .filter(
                            handed_on
                                .field(delegations::team_id)
                                .eq(delegations::team_id),
                        )
                        .filter(
                            handed_on
                                .field(delegations::parent_id)
                                .eq(delegations::id.nullable()),
                        )
                        .filter(handed_on.field(delegations::state).eq_any(active_states())),
                )))),
    )
}

fn load_page(
    sight: &mut Sight<'_>,
    filter: &MyDelegationFilter,
    page: &PageRequest,
) -> Result<MyDelegationPage, Problem> {
    let (sort, direction) = page.sort((DelegationSort::CreatedAt, Direction::Descending))?;
    let loaded: Page<Delegation> = match sort {
        DelegationSort::CreatedAt => keyset_page!(
            mine(sight, Wanted::of(filter)),
            sight.conn,
            page,
            direction,
            Delegation,
            (delegations::created_at, delegations::id),
            Instant,
            |delegation| delegation.created_at
        ),
    };
    let of_tasks = loaded.items.iter().map(|one| one.task_id).collect();
    let tasks = tasks::these(sight, of_tasks)?;
    let loaded = with_tasks(loaded, &tasks)?;
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = mine(sight, Wanted::of(filter))
        .select(delegations::id)
        .limit(TOTAL_CAP.saturating_add(1))
        .load(sight.conn)?;
    Ok(loaded.with_total(ids.len()))
}

fn with_tasks(page: Page<Delegation>, tasks: &TasksById) -> Result<MyDelegationPage, Problem> {
    let items = page
        .items
        .into_iter()
        .map(|delegation| {
            let task = tasks
                .get(delegation.task_id)
                .ok_or_else(|| Problem::internal("a delegation without its task"))?;
            Ok(MyDelegation {
                task: MyDelegatedTask {
                    key: task.key.clone(),
                    title: task.title.clone(),
                    status: task.status,
                    due_on: task.due_on,
                },
                delegation,
            })
        })
        .collect::<Result<_, Problem>>()?;
    Ok(Page {
        items,
        next_cursor: page.next_cursor,
        total: None,
        total_is_exact: None,
    })
}

// ---------------------------------------------------------------- handlers

/// List my delegations
///
/// Over all my teams, newest first unless sorted otherwise: what waits for my answer, for my confirmation, for my work, or
/// for somebody else's answer. Without `waits_for` every active delegation that I am a party to.
#[utoipa::path(tag = "me",
    params(MyDelegationFilter, ("sort" = inline(Option<DelegationSort>), Query), Expand<DelegationReference>),
    responses((status = 200, body = ExpandedMyDelegationPage)))]
#[get("/v1/me/delegations")]
pub async fn list_my_delegations(
    scope: AccountScope,
    filter: Query<MyDelegationFilter>,
    wanted: Query<Expand<DelegationReference>>,
    page: PageRequest,
) -> Answer {
    scope
        .read(move |tx| {
            let mut sight = tx.sight()?;
            let loaded = load_page(&mut sight, &filter.0, &page)?;
            let shown = loaded.items.iter().map(|one| &one.delegation);
            let expanded = expand(&mut sight, &wanted.0, shown)?;
            Reply::page_beside(&loaded, &page, expanded)
        })
        .await
}
