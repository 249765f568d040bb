//! Acting on a delegation: the rules say what happens, this writes it down.
//!
//! The surprising rule: an act may change several delegations and the task (a recall takes the whole chain below), all in
//! one revision. The task is handed over once, to whom it belongs in the end.

use diesel::prelude::*;

use super::chain::Actor;
use super::model::{ChainLink, Delegation, DelegationDetail, InCampaign, Proposal, Scope};
use super::queries::{active_chain, chain_around, find, run_out};
use super::rules::{
    Act, Change, DelegationState, NewAssignee, Party, Place, Refusal, act_on, step,
};
use crate::access::{Permission, Reading, Tx};
use crate::db::rows::columns;
use crate::db::{Date, Id, Instant};
use crate::http::text::Note;
use crate::http::{Code, Problem};
use crate::schema::delegations;
use crate::work::task_status::{NotAllowed, TaskStatus};
use crate::work::tasks::{self, Task};

/// What the journal says of an offer that has run out.
const UNANSWERED: &str = "Nobody answered in time.";

/// What is said with an act.
#[derive(Debug, Default)]
pub struct Words {
    /// For the history; with a submission also for the delegation.
    pub note: Option<Note>,
    /// Why.
    pub reason: Option<Note>,
    /// What the delegate would do instead.
    pub proposal: Option<Proposal>,
}

/// A delegation, its task, and what was handed on from it and is active, nearest first.
pub(super) struct Case {
    pub(super) delegation: Delegation,
    pub(super) task: Task,
    below: Vec<Delegation>,
    /// Whether the caller is a deputy who took this work on, here or further down the chain.
    is_deputys_own: bool,
}

impl Case {
    pub(super) fn open(reading: &mut Reading<'_>, id: Id) -> Result<Self, Problem> {
        let delegation = find(reading, id)?;
        let task = tasks::find(reading, delegation.task_id)?;
        let below = active_chain(reading, task.id)?
            .into_iter()
            .skip_while(|link| link.id != id)
            .skip(1)
            .collect();
        let is_deputys_own = match reading.deputy_id {
            None => false,
            Some(deputy) => chain_around(reading, &delegation)?
                .iter()
                .any(|link| link.delegate_id == deputy),
        };
        Ok(Self {
            delegation,
            task,
            below,
            is_deputys_own,
        })
    }

    /// What `act` brings about, where `actor` can do it now.
    fn judge(&self, actor: Actor<Id>, act: Act) -> Result<Vec<Change>, Problem> {
        let party = self.delegation.link().party(actor, act);
        let below: Vec<DelegationState> = self.below.iter().map(|link| link.state).collect();
        let state = self.delegation.state;
        let changes = act_on(state, place(&self.delegation), &below, act, party)
            .map_err(|refusal| refuse(refusal, state, act))?;
        let agrees =
            act == Act::Confirm || (act == Act::Accept && state == DelegationState::Countered);
        if self.is_deputys_own && agrees {
            return Err(Problem::new(Code::InsufficientRole)
                .detail("This work is yours: nobody confirms their own, in nobody's place.")
                .member("required", Party::Delegator.as_str()));
        }
        self.way(&changes)?;
        Ok(changes)
    }

    /// Where the task's status goes.
    fn way(&self, changes: &[Change]) -> Result<TaskStatus, Problem> {
        changes
            .iter()
            .filter_map(|change| change.effect.task)
            .try_fold(self.task.status, |status, step| {
                let way = step
                    .way(status)
                    .map_err(|refusal| task_in_the_way(&self.task, refusal))?;
                Ok(way.last().copied().unwrap_or(status))
            })
    }

    /// The end of the chain, the one link that may be open.
    fn leaf(&self) -> &Delegation {
        self.below.last().unwrap_or(&self.delegation)
    }

    fn allowed(&self, actor: Actor<Id>) -> Vec<Act> {
        Act::ALL
            .iter()
            .copied()
            .filter(|act| self.judge(actor, *act).is_ok())
            .collect()
    }
}

/// The caller, as the rules see a member.
pub(super) fn actor(reading: &Reading<'_>) -> Actor<Id> {
    if reading.may(Permission::TaskAssign) {
        Actor::Lead(reading.me.member_id)
    } else {
        Actor::Member(reading.me.member_id)
    }
}

fn place(delegation: &Delegation) -> Place {
    match delegation.parent_id {
        None => Place::Root,
        Some(_) => Place::Below,
    }
}

/// The delegation as it is shown to the caller, and the tag of that.
///
/// # Errors
/// `not_found`.
pub fn show(reading: &mut Reading<'_>, id: Id) -> Result<(DelegationDetail, String), Problem> {
    let case = Case::open(reading, id)?;
    let allowed = case.allowed(actor(reading));
    let links = chain_around(reading, &case.delegation)?;
    let latest = links
        .iter()
        .map(|link| link.version)
        .chain([case.task.version])
        .max()
        .unwrap_or(case.delegation.version);
    let tag = reading.etag_with(case.delegation.version, latest);
    let detail = DelegationDetail {
        chain: links.iter().map(ChainLink::from).collect(),
        delegation: case.delegation,
        allowed,
        warnings: Vec::new(),
    };
    Ok((detail, tag))
}

/// Does what the caller asks for, where the rules let it.
///
/// # Errors
/// `not_found`, `version_conflict`; `invalid_transition` when nobody can do that now, `insufficient_role` when somebody
/// else can. An offer that has run out is `expired` from then on, also when the act comes before the worker.
pub fn act(tx: &mut Tx<'_>, id: Id, act: Act, words: Words) -> Result<(), Problem> {
    let mut case = Case::open(tx, id)?;
    tx.expect_version(case.delegation.version)?;
    if lapse(tx, case.leaf())? {
        tx.keep_although_refused();
        case = Case::open(tx, id)?;
    }
    let changes = case.judge(actor(tx), act)?;
    let status = case.way(&changes)?;
    if let Some(Proposal {
        due_on: None,
        scope: None,
    }) = &words.proposal
    {
        return Err(Problem::field(
            "/due_on",
            "required",
            "A proposal has a due_on, a scope, or both.",
        ));
    }
    if let Some(said) = words.reason.as_ref().or(words.note.as_ref()) {
        tx.say(said.as_str());
    }
    let mut assignee = None;
    for change in &changes {
        let link = match change.depth.checked_sub(1) {
            None => &case.delegation,
            Some(below) => case
                .below
                .get(below)
                .ok_or_else(|| Problem::internal("a change of no link"))?,
        };
        turn(
            tx,
            link,
            change.act,
            change.to,
            &words,
            case.task.campaign_id,
        )?;
        assignee = match change.effect.assignee {
            Some(NewAssignee::Delegate) => Some(link.delegate_id),
            Some(NewAssignee::Delegator) => Some(link.delegator_id),
            None => assignee,
        };
    }
    settle(tx, case.task, assignee, status)
}

/// Hands the task over and leads it to its status.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    mut task: Task,
    assignee: Option<Id>,
    status: TaskStatus,
) -> Result<(), Problem> {
    if let Some(assignee) = assignee.filter(|assignee| task.assignee_id != Some(*assignee)) {
        task = tasks::hand_to(tx, task, Some(assignee))?;
    }
    if task.status != status {
        tasks::walk_to(tx, task, status, None)?;
    }
    Ok(())
}

/// What changes in the row; what is `None` stays.
#[derive(AsChangeset)]
#[diesel(table_name = delegations)]
struct Turn {
    state: DelegationState,
    due_on: Option<Date>,
    proposed_due_on: Option<Date>,
    proposed_scope: Option<Scope>,
    reason: Option<Note>,
    submission_note: Option<Note>,
    answered_at: Option<Instant>,
    submitted_at: Option<Option<Instant>>,
    ended_at: Option<Instant>,
    updated_at: Instant,
    version: i64,
}

/// Writes one transition of one delegation, with its journal line.
pub(crate) fn turn(
    tx: &mut Tx<'_>,
    before: &Delegation,
    act: Act,
    to: DelegationState,
    words: &Words,
    campaign_id: Option<Id>,
) -> Result<Delegation, Problem> {
    let mut turn = Turn {
        state: to,
        due_on: None,
        proposed_due_on: None,
        proposed_scope: None,
        reason: words.reason.clone(),
        submission_note: None,
        answered_at: None,
        submitted_at: None,
        ended_at: (!to.is_active()).then_some(tx.now),
        updated_at: tx.now,
        version: tx.revision,
    };
    match act {
        Act::Accept => {
            turn.due_on = before.proposed_due_on;
            turn.answered_at = before.answered_at.or(Some(tx.now));
        }
        Act::Decline => turn.answered_at = Some(tx.now),
        Act::Propose => {
            turn.answered_at = Some(tx.now);
            if let Some(proposal) = &words.proposal {
                turn.proposed_due_on = proposal.due_on;
                turn.proposed_scope = proposal.scope.clone();
            }
        }
        Act::Submit => {
            turn.submission_note = words.note.clone();
            turn.submitted_at = Some(Some(tx.now));
        }
        Act::SendBack => turn.submitted_at = Some(None),
        Act::Withdraw | Act::Expire | Act::Confirm | Act::HandBack | Act::Recall => {}
    }
    let after: Delegation = diesel::update(delegations::table.find((tx.team.id(), before.id)))
        .set(turn)
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

/// Lets the offers of the team run out whose time is over, at most `most` of them.
///
/// # Errors
/// What the database answers.
pub fn expire(tx: &mut Tx<'_>, most: i64) -> Result<(), Problem> {
    tx.say(UNANSWERED);
    for offer in run_out(tx, most)? {
        turn_by_clock(tx, &offer, Act::Expire, &Words::default())?;
    }
    Ok(())
}

/// Lets one offer run out when its time is over and the worker has not come yet, in the clock's name: whoever writes
/// next must not find it open. Answers whether it did.
///
/// # Errors
/// What the database answers.
pub(crate) fn lapse(tx: &mut Tx<'_>, offer: &Delegation) -> Result<bool, Problem> {
    let is_over = offer.state == DelegationState::Offered
        && offer.respond_by.is_some_and(|until| until <= tx.now);
    if is_over {
        let (actor_id, note) = (tx.actor_id.take(), tx.note.take());
        tx.say(UNANSWERED);
        turn_by_clock(tx, offer, Act::Expire, &Words::default())?;
        (tx.actor_id, tx.note) = (actor_id, note);
    }
    Ok(is_over)
}

/// Writes what the clock does to an offer.
pub(super) fn turn_by_clock(
    tx: &mut Tx<'_>,
    offer: &Delegation,
    act: Act,
    words: &Words,
) -> Result<(), Problem> {
    let to = step(offer.state, act, Party::Clock)
        .map_err(|refusal| Problem::internal(format!("{refusal} of the clock")))?;
    let campaign_id = campaign_of(tx, offer.task_id)?;
    turn(tx, offer, act, to, words, campaign_id)?;
    Ok(())
}

/// The campaign of a task, be it in the trash.
pub(super) fn campaign_of(reading: &mut Reading<'_>, task_id: Id) -> Result<Option<Id>, Problem> {
    use crate::schema::tasks;
    Ok(tasks::table
        .find((reading.team.id(), task_id))
        .select(tasks::campaign_id)
        .first(reading.conn)?)
}

fn refuse(refusal: Refusal, state: DelegationState, act: Act) -> Problem {
    match refusal {
        Refusal::NotYours { by } => {
            let whom = if act.is_for_leads() {
                format!("the {by} or a lead")
            } else {
                format!("the {by}")
            };
            Problem::new(Code::InsufficientRole)
                .detail(format!("Only {whom} can do that now."))
                .member("required", by.as_str())
        }
        Refusal::NotFromHere { from, allowed } => {
            let allowed: Vec<&str> = allowed.iter().map(|one| one.as_str()).collect();
            Problem::transition(from.as_str(), act.target().as_str(), &allowed)
        }
        Refusal::HandedOn => Problem::transition(
            state.as_str(),
            act.target().as_str(),
            &[DelegationState::Recalled.as_str()],
        )
        .detail("The task was handed on from here; that delegation has to end first."),
    }
}

fn task_in_the_way(task: &Task, refusal: NotAllowed) -> Problem {
    let allowed: Vec<&str> = refusal.allowed.iter().map(|one| one.as_str()).collect();
    Problem::transition(refusal.from.as_str(), refusal.to.as_str(), &allowed)
        .detail(format!(
            "The task {} is {}, which does not allow this.",
            task.key,
            refusal.from.as_str()
        ))
        .member("task_id", task.id)
}
