//! The life of a delegation, as pure functions: who may do what in which state, and what becomes of the task.
//!
//! The surprising rule: every link of a chain A → B → C is settled by its own two people, and from the leaf to the root.
//! B can submit to A only once C's link has ended, and only a confirmed root makes the task `done`. The one act that goes
//! through several links is recall: whoever recalls a link recalls everything handed on below it, the leaf first.
//!
//! Two things the table leaves open are settled here. A **lead** may withdraw any open offer and recall any link, so that a
//! delegator who has stopped answering blocks a task for nobody; confirming stays with the delegator alone. The clock
//! withdraws what waits for somebody whose absence begins, where the team wants that. And a task is
//! `in_review` only while finished work waits: confirming a link below the root leaves it there (the parent's delegate,
//! whose turn it is, submits next), but as soon as somebody takes the task on or gives it up, it is `in_progress` again.
//!
//! *Open* means unanswered (`offered`, `countered`), *active* means not ended. A task's **chain** is its active links, root
//! first; a task without one has an empty chain. Ended links are history: they bind nobody and never change again.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

use crate::text_enum;
use crate::work::task_status::{NotAllowed, TaskStatus};

/// Where one delegation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum DelegationState {
    /// Waits for the delegate's answer.
    Offered,
    /// The delegate proposed something else; waits for the delegator.
    Countered,
    /// The delegate has the task.
    Accepted,
    /// Ended: the delegate said no.
    Declined,
    /// Ended: the delegator took the offer back before it was accepted.
    Withdrawn,
    /// Ended: nobody answered in time.
    Expired,
    /// The delegate says it is finished; waits for the delegator.
    Submitted,
    /// Ended: the delegator agrees that it is finished.
    Confirmed,
    /// Ended: the delegate gave the accepted task back.
    Returned,
    /// Ended: the delegator took the accepted task back.
    Recalled,
}

crate::text_column!(DelegationState);

text_enum! {
    /// What can be done to a delegation that was offered; with `-` for `_` it is the last part of the address.
    pub enum Act {
        /// Say yes: the delegate to an offer, the delegator to a proposal.
        Accept = "accept",
        /// Say no to an offer.
        Decline = "decline",
        /// Answer an offer with another due date or scope.
        Propose = "propose",
        /// Take back what is not accepted yet.
        Withdraw = "withdraw",
        /// Let the time for an answer run out.
        Expire = "expire",
        /// Report the work as finished.
        Submit = "submit",
        /// Agree that it is.
        Confirm = "confirm",
        /// Ask for more work on it.
        SendBack = "send_back",
        /// Give an accepted task back.
        HandBack = "hand_back",
        /// Take an accepted task back.
        Recall = "recall",
    }
}

text_enum! {
    /// Who acts, as seen from one delegation.
    pub enum Party {
        /// Who offered.
        Delegator = "delegator",
        /// Who was offered.
        Delegate = "delegate",
        /// A lead of the team who is not the delegator.
        Lead = "lead",
        /// Anybody else in the team, who can do nothing to it.
        Bystander = "bystander",
        /// Time itself.
        Clock = "clock",
    }
}

/// Why an act on a delegation is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The act is possible now, but for somebody else.
    #[error("only the {} can do that now", by.as_str())]
    NotYours {
        /// Who can.
        by: Party,
    },
    /// The act is not possible in this state, for anybody.
    #[error("a delegation that is `{}` does not allow that", from.as_str())]
    NotFromHere {
        /// The state that the delegation has.
        from: DelegationState,
        /// The states that are possible from it; empty when it has ended.
        allowed: &'static [DelegationState],
    },
    /// The task was handed on from here, and that has not ended; chains end from the leaf.
    #[error("the task was delegated on, and that delegation has to end first")]
    HandedOn,
}

impl DelegationState {
    /// Every state.
    pub const ALL: &'static [Self] = &[
        Self::Offered,
        Self::Countered,
        Self::Accepted,
        Self::Declined,
        Self::Withdrawn,
        Self::Expired,
        Self::Submitted,
        Self::Confirmed,
        Self::Returned,
        Self::Recalled,
    ];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Countered => "countered",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Submitted => "submitted",
            Self::Confirmed => "confirmed",
            Self::Returned => "returned",
            Self::Recalled => "recalled",
        }
    }

    /// The state of this word; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|state| state.as_str() == text)
    }

    /// Whether it waits for an answer. A task has at most one such delegation.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Offered | Self::Countered)
    }

    /// Whether the delegate has the task, be it that the work is submitted.
    pub fn is_held(self) -> bool {
        matches!(self, Self::Accepted | Self::Submitted)
    }

    /// Whether it has not ended.
    pub fn is_active(self) -> bool {
        self.is_open() || self.is_held()
    }

    /// The states that may follow this one.
    pub fn allowed(self) -> &'static [Self] {
        match self {
            Self::Offered => &[
                Self::Accepted,
                Self::Declined,
                Self::Countered,
                Self::Withdrawn,
                Self::Expired,
            ],
            Self::Countered => &[Self::Accepted, Self::Withdrawn],
            Self::Accepted => &[Self::Submitted, Self::Returned, Self::Recalled],
            Self::Submitted => &[Self::Confirmed, Self::Accepted, Self::Recalled],
            Self::Declined
            | Self::Withdrawn
            | Self::Expired
            | Self::Confirmed
            | Self::Returned
            | Self::Recalled => &[],
        }
    }
}

impl Act {
    /// Whether it must say why.
    pub fn needs_reason(self) -> bool {
        matches!(
            self,
            Self::Decline | Self::SendBack | Self::HandBack | Self::Recall
        )
    }

    /// The state that it leads to.
    pub fn target(self) -> DelegationState {
        match self {
            Self::Accept | Self::SendBack => DelegationState::Accepted,
            Self::Decline => DelegationState::Declined,
            Self::Propose => DelegationState::Countered,
            Self::Withdraw => DelegationState::Withdrawn,
            Self::Expire => DelegationState::Expired,
            Self::Submit => DelegationState::Submitted,
            Self::Confirm => DelegationState::Confirmed,
            Self::HandBack => DelegationState::Returned,
            Self::Recall => DelegationState::Recalled,
        }
    }

    /// Whether a lead can do it in the delegator's place.
    pub fn is_for_leads(self) -> bool {
        matches!(self, Self::Withdraw | Self::Recall)
    }
}

/// The state after `act`, looking at one delegation alone; [`act_on`] also looks at the chain.
///
/// # Errors
/// [`Refusal::NotFromHere`] when nobody can do this now, [`Refusal::NotYours`] when somebody else can.
pub fn step(state: DelegationState, act: Act, party: Party) -> Result<DelegationState, Refusal> {
    use DelegationState::{Accepted, Countered, Offered, Submitted};
    let by = match (state, act) {
        (Offered, Act::Accept | Act::Decline | Act::Propose)
        | (Accepted, Act::Submit | Act::HandBack) => Party::Delegate,
        (Countered, Act::Accept)
        | (Offered | Countered, Act::Withdraw)
        | (Submitted, Act::Confirm | Act::SendBack)
        | (Accepted | Submitted, Act::Recall) => Party::Delegator,
        (Offered, Act::Expire) => Party::Clock,
        _ => {
            return Err(Refusal::NotFromHere {
                from: state,
                allowed: state.allowed(),
            });
        }
    };
    // The clock gives back what waits for somebody who is away.
    let gives_back = party == Party::Clock && (state, act) == (Offered, Act::Withdraw);
    if by == party || (party == Party::Lead && act.is_for_leads()) || gives_back {
        Ok(act.target())
    } else {
        Err(Refusal::NotYours { by })
    }
}

/// Where a link is in its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It has no parent: whoever answers for the task handed it out.
    Root,
    /// It hands on what its parent handed out.
    Below,
}

/// Who becomes the task's assignee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewAssignee {
    /// The delegate of the link.
    Delegate,
    /// The delegator of the link; below the root that is the parent's delegate, whose turn it is again.
    Delegator,
}

/// Where a transition takes the task's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskMove {
    /// To this status, over every status between.
    To(TaskStatus),
    /// Back to `in_progress` when it is `in_review`; from anywhere else nowhere.
    OutOfReview,
    /// The same, for a task that must be open because somebody takes it on.
    TakenOn,
}

impl TaskMove {
    /// The statuses to go through from `status`; empty when there is nothing to do.
    ///
    /// # Errors
    /// [`NotAllowed`] when the task cannot get there (it was cancelled meanwhile): the act itself is to be refused.
    pub fn way(self, status: TaskStatus) -> Result<&'static [TaskStatus], NotAllowed> {
        match self {
            Self::To(to) => status.steps_to(to),
            Self::TakenOn if !status.is_open() => status.steps_to(TaskStatus::InProgress),
            Self::OutOfReview | Self::TakenOn if status == TaskStatus::InReview => {
                status.steps_to(TaskStatus::InProgress)
            }
            Self::OutOfReview | Self::TakenOn => Ok(&[]),
        }
    }
}

/// What a transition does to the task. The accountable never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effect {
    /// The new assignee; `None` leaves the assignee alone.
    pub assignee: Option<NewAssignee>,
    /// Where the task's status goes; `None` leaves it alone.
    pub task: Option<TaskMove>,
}

/// What an act that [`step`] allows does to the task.
pub fn effect(act: Act, place: Place) -> Effect {
    let effect = |assignee, task| Effect { assignee, task };
    let out_of_review = Some(TaskMove::OutOfReview);
    let to = |status| Some(TaskMove::To(status));
    match (act, place) {
        (Act::Accept, _) => effect(Some(NewAssignee::Delegate), Some(TaskMove::TakenOn)),
        (Act::Submit, _) => effect(None, to(TaskStatus::InReview)),
        (Act::SendBack, _) => effect(None, to(TaskStatus::InProgress)),
        (Act::Confirm, Place::Root) => effect(None, to(TaskStatus::Done)),
        (Act::Confirm, Place::Below) => effect(Some(NewAssignee::Delegator), None),
        (Act::HandBack | Act::Recall, _) => effect(Some(NewAssignee::Delegator), out_of_review),
        (Act::Decline | Act::Propose | Act::Withdraw | Act::Expire, _) => Effect::default(),
    }
}

/// One transition that an act brings about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// How many links below the one acted on: 0 for that one itself, 1 for what was handed on from it, and so on.
    pub depth: usize,
    /// What happens to that link. Below the link acted on it stands for that link's own delegator.
    pub act: Act,
    /// Its new state.
    pub to: DelegationState,
    /// What happens to the task. Apply the changes in their order: the last assignee is the one that stays.
    pub effect: Effect,
}

/// Everything that `act` brings about, in order, for a link in `state` with the links `below` it (nearest first).
///
/// It is one change, except for a recall: everything handed on below is recalled with it (or withdrawn, where it is still
/// unanswered), from the leaf upward, so that the assignee ends as the delegator of the link acted on.
///
/// # Errors
/// As [`step`]; and [`Refusal::HandedOn`] for any other act while a link below is active.
pub fn act_on(
    state: DelegationState,
    place: Place,
    below: &[DelegationState],
    act: Act,
    party: Party,
) -> Result<Vec<Change>, Refusal> {
    let to = step(state, act, party)?;
    let mut changes = Vec::new();
    let active_below = below
        .iter()
        .enumerate()
        .filter(|(_, child)| child.is_active());
    for (index, child) in active_below.rev() {
        if act != Act::Recall {
            return Err(Refusal::HandedOn);
        }
        let act = if child.is_open() {
            Act::Withdraw
        } else {
            Act::Recall
        };
        let to = step(*child, act, Party::Delegator)?;
        changes.push(Change {
            depth: index + 1,
            act,
            to,
            effect: effect(act, Place::Below),
        });
    }
    changes.push(Change {
        depth: 0,
        act,
        to,
        effect: effect(act, place),
    });
    Ok(changes)
}

#[cfg(test)]
mod tests;
