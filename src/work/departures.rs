//! A member leaves the team: what the member held goes to others first.
//!
//! The surprising rule: nothing is left behind and nothing is dropped. While open work refers to the member, leaving needs
//! a successor (409 `still_referenced` counts what there is), who takes over what the member answers for and handed out.
//! What the member was doing goes back to where it came from, not to the successor, and nobody takes part in the member's place.

use actix_web::delete;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::delegations::acts::{Words, lapse, settle, turn};
use super::delegations::chain::{Parting, part, place};
use super::delegations::model::{Delegation, InCampaign};
use super::delegations::queries::{active_chain, active_states};
use super::delegations::rules::{TaskMove, effect, step};
use super::delegations::{self};
use super::task_status::TaskStatus;
use super::tasks::{self, Task};
use super::time_entries;
use crate::access::{Permission, Reading, Role, TeamScope, Tx};
use crate::db::Id;
use crate::db::rows::columns;
use crate::http::{Answer, Code, Problem, Query, Reply, ServiceConfig};
use crate::outreach::campaign_status::CampaignStatus;
use crate::outreach::campaigns::{self, Campaign};
use crate::people::members::{self, Member};
use crate::schema;

/// Who takes over.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Succession {
    /// The member, no guest, who takes over what the leaving one answers for. Needed while anything refers to that one.
    successor_id: Option<Id>,
}

/// What still refers to a member.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct References {
    accountable_tasks: usize,
    assigned_tasks: usize,
    active_delegations: usize,
    led_campaigns: usize,
}

// ---------------------------------------------------------------- queries

/// Refuses to make a guest of a member who holds tasks or is a party to active delegations: a guest can do neither.
/// Guests may lead campaigns.
///
/// # Errors
/// `still_referenced`, with the counts.
pub(super) fn check_holds_nothing(reading: &mut Reading<'_>, member: Id) -> Result<(), Problem> {
    let references = References {
        led_campaigns: 0,
        ..count(reading, member)?
    };
    if references == References::default() {
        return Ok(());
    }
    Err(Problem::new(Code::StillReferenced)
        .detail("A guest holds no work: first give the open tasks to others, and end or recall the delegations.")
        .member("references", references))
}

fn count(reading: &mut Reading<'_>, member: Id) -> Result<References, Problem> {
    let open =
        || tasks::in_team(reading.team).filter(schema::tasks::status.eq_any(TaskStatus::open()));
    let (accountable, assigned) = (
        open().filter(schema::tasks::accountable_id.eq(member)),
        open().filter(schema::tasks::assignee_id.eq(member)),
    );
    let party = delegations::in_team(reading.team)
        .filter(schema::delegations::state.eq_any(active_states()))
        .filter(
            schema::delegations::delegator_id
                .eq(member)
                .or(schema::delegations::delegate_id.eq(member)),
        );
    let led = led_campaigns(reading, member)?.len();
    let number = |count: i64| usize::try_from(count).unwrap_or(usize::MAX);
    Ok(References {
        accountable_tasks: number(accountable.count().get_result(reading.conn)?),
        assigned_tasks: number(assigned.count().get_result(reading.conn)?),
        active_delegations: number(party.count().get_result(reading.conn)?),
        led_campaigns: led,
    })
}

/// The tasks whose chains the member is in, also those in the trash, which may come back.
fn delegated_tasks(reading: &mut Reading<'_>, member: Id) -> Result<Vec<Id>, Problem> {
    Ok(schema::delegations::table
        .filter(schema::delegations::team_id.eq(reading.team.id()))
        .filter(schema::delegations::state.eq_any(active_states()))
        .filter(
            schema::delegations::delegator_id
                .eq(member)
                .or(schema::delegations::delegate_id.eq(member)),
        )
        .select(schema::delegations::task_id)
        .distinct()
        .order(schema::delegations::task_id)
        .load(reading.conn)?)
}

/// The open tasks that the member answers for or does, also those in the trash.
fn held_tasks(reading: &mut Reading<'_>, member: Id) -> Result<Vec<Task>, Problem> {
    Ok(schema::tasks::table
        .filter(schema::tasks::team_id.eq(reading.team.id()))
        .filter(schema::tasks::status.eq_any(TaskStatus::open()))
        .filter(
            schema::tasks::accountable_id
                .eq(member)
                .or(schema::tasks::assignee_id.eq(member).assume_not_null()),
        )
        .order(schema::tasks::number)
        .select(Task::as_select())
        .load(reading.conn)?)
}

/// The open tasks that the member takes part in, also those in the trash.
fn joined_tasks(reading: &mut Reading<'_>, member: Id) -> Result<Vec<Task>, Problem> {
    let joined = schema::task_participants::table
        .filter(schema::task_participants::team_id.eq(reading.team.id()))
        .filter(schema::task_participants::member_id.eq(member))
        .select(schema::task_participants::task_id);
    Ok(schema::tasks::table
        .filter(schema::tasks::team_id.eq(reading.team.id()))
        .filter(schema::tasks::status.eq_any(TaskStatus::open()))
        .filter(schema::tasks::id.eq_any(joined))
        .order(schema::tasks::number)
        .select(Task::as_select())
        .load(reading.conn)?)
}

/// The campaigns that the member leads and that are not over.
fn led_campaigns(reading: &mut Reading<'_>, member: Id) -> Result<Vec<Campaign>, Problem> {
    let over = [
        CampaignStatus::Completed,
        CampaignStatus::Cancelled,
        CampaignStatus::Archived,
    ];
    Ok(campaigns::in_team(reading.team)
        .filter(schema::campaigns::lead_id.eq(member))
        .filter(schema::campaigns::status.ne_all(over))
        .order(schema::campaigns::id)
        .select(Campaign::as_select())
        .load(reading.conn)?)
}

/// The successor, who must be able to hold tasks and somebody else.
fn find_successor(reading: &mut Reading<'_>, id: Id, leaver: Id) -> Result<Id, Problem> {
    let refuse = |detail: &str| Problem::parameter(Code::InvalidQuery, "successor_id", detail);
    if id == leaver {
        return Err(refuse("Somebody else than the member who leaves."));
    }
    let role: Option<Role> = members::in_team(reading.team)
        .filter(schema::members::id.eq(id))
        .select(schema::members::role)
        .first(reading.conn)
        .optional()?;
    match role {
        None => Err(refuse("There is no such member in this team.")),
        Some(Role::Guest) => Err(refuse("A guest cannot take over.")),
        Some(_) => Ok(id),
    }
}

// ---------------------------------------------------------------- what happens

/// Hands over all that the member holds, in the one revision of the departure.
fn hand_over(tx: &mut Tx<'_>, leaver: Id, successor: Id) -> Result<(), Problem> {
    for task_id in delegated_tasks(tx, leaver)? {
        leave_chain(tx, task_id, leaver, successor)?;
    }
    for task in held_tasks(tx, leaver)? {
        tasks::take_over(tx, task, leaver, successor)?;
    }
    for campaign in led_campaigns(tx, leaver)? {
        lead(tx, campaign, successor)?;
    }
    Ok(())
}

/// Takes the member out of one task's chain; [`part`] says how.
fn leave_chain(tx: &mut Tx<'_>, task_id: Id, leaver: Id, successor: Id) -> Result<(), Problem> {
    let task: Task = schema::tasks::table
        .find((tx.team.id(), task_id))
        .select(Task::as_select())
        .first(tx.conn)?;
    let mut chain = active_chain(tx, task_id)?;
    if let Some(leaf) = chain.last()
        && lapse(tx, leaf)?
    {
        chain.pop();
    }
    let links: Vec<_> = chain.iter().map(Delegation::link).collect();
    let mut assignee = None;
    let mut status = task.status;
    for parting in part(&links, leaver, successor) {
        let (Parting::Act { link, .. } | Parting::HandOver { link }) = parting;
        let standing = chain
            .get_mut(link)
            .ok_or_else(|| Problem::internal("a step of no link"))?;
        *standing = match parting {
            Parting::HandOver { .. } => entrust(tx, standing, successor, task.campaign_id)?,
            Parting::Act { act, party, .. } => {
                let to = step(standing.state, act, party)
                    .map_err(|refusal| Problem::internal(format!("{refusal} of a departure")))?;
                if effect(act, place(link)).assignee.is_some() {
                    assignee = Some(standing.delegator_id);
                    // Whatever the task's status is by now, it does not hold up a departure.
                    let way = TaskMove::OutOfReview.way(task.status).unwrap_or_default();
                    status = way.last().copied().unwrap_or(task.status);
                }
                turn(tx, standing, act, to, &Words::default(), task.campaign_id)?
            }
        };
    }
    let assignee = assignee.map(|one| if one == leaver { successor } else { one });
    settle(tx, task, assignee, status)
}

/// Makes the successor the delegator of a link.
fn entrust(
    tx: &mut Tx<'_>,
    before: &Delegation,
    successor: Id,
    campaign_id: Option<Id>,
) -> Result<Delegation, Problem> {
    let after: Delegation =
        diesel::update(schema::delegations::table.find((tx.team.id(), before.id)))
            .set((
                schema::delegations::delegator_id.eq(successor),
                schema::delegations::updated_at.eq(tx.now),
                schema::delegations::version.eq(tx.revision),
            ))
            .returning(columns::<Delegation>())
            .get_result(tx.conn)?;
    tx.updated(
        &InCampaign {
            delegation: before,
            campaign_id,
        },
        &InCampaign {
            delegation: &after,
            campaign_id,
        },
    )?;
    Ok(after)
}

/// Makes the successor lead a campaign.
fn lead(tx: &mut Tx<'_>, before: Campaign, successor: Id) -> Result<(), Problem> {
    let after: Campaign = diesel::update(schema::campaigns::table.find((tx.team.id(), before.id)))
        .set((
            schema::campaigns::lead_id.eq(successor),
            schema::campaigns::updated_at.eq(tx.now),
            schema::campaigns::version.eq(tx.revision),
        ))
        .returning(columns::<Campaign>())
        .get_result(tx.conn)?;
    tx.updated(&before, &after)
}

fn depart(tx: &mut Tx<'_>, member: &Member, successor: Option<Id>) -> Result<(), Problem> {
    tx.say(format!("{} leaves the team.", member.display_name));
    match successor {
        Some(successor) => {
            let successor = find_successor(tx, successor, member.id)?;
            hand_over(tx, member.id, successor)?;
        }
        None => {
            let references = count(tx, member.id)?;
            if references != References::default() {
                return Err(Problem::new(Code::StillReferenced)
                    .detail("Name a successor_id who takes over.")
                    .member("references", references));
            }
        }
    }
    for task in joined_tasks(tx, member.id)? {
        tasks::without_participant(tx, task, member.id)?;
    }
    time_entries::end_timer(tx, member.id)?;
    members::leave(tx, member)
}

// ---------------------------------------------------------------- handlers

/// Remove a member
///
/// Takes a member out of the team. While the member answers for or does open tasks, is a party to active delegations, or
/// leads campaigns, a `successor_id` is needed; without it the answer is 409 `still_referenced` with the counts. The
/// successor then answers for those tasks, leads those campaigns, and stands in for what the member had delegated. Open
/// offers to the member are withdrawn, accepted work goes back to who delegated it, other tasks that the member was doing
/// become unassigned, and the member is no participant of open tasks any more. A
/// timer that runs is stopped. The last owner cannot leave (409
/// `last_owner`). In the history the member's name stays.
#[utoipa::path(tag = "members", params(Succession), responses((status = 204)))]
#[delete("/v1/teams/{team_id}/members/{member_id}")]
pub async fn delete_member(scope: TeamScope, succession: Query<Succession>) -> Answer {
    let id = scope.id("member_id")?;
    remove(scope, Some(id), succession).await
}

/// Leave a team
///
/// As `delete_member` does with others. You are an outsider from then on: repeating the request gets 404, also with the
/// same `Idempotency-Key`, and may be taken as done.
#[utoipa::path(tag = "members", params(Succession), responses((status = 204)))]
#[delete("/v1/teams/{team_id}/members/me")]
pub async fn delete_my_member(scope: TeamScope, succession: Query<Succession>) -> Answer {
    remove(scope, None, succession).await
}

/// Takes the member with this id, or the caller, out of the team.
async fn remove(scope: TeamScope, whom: Option<Id>, succession: Query<Succession>) -> Answer {
    let Query(Succession { successor_id }) = succession;
    scope
        .write(Permission::ProfileWrite, move |tx| {
            let id = whom.unwrap_or(tx.me.member_id);
            let member = members::find(tx, id)?;
            members::check_removal(tx, &member)?;
            tx.expect_version(member.version)?;
            members::check_owner_remains(tx, &member)?;
            depart(tx, &member, successor_id)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(delete_my_member).service(delete_member);
}
