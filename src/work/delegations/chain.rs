//! Who may hand a task on, and who holds it, by its chain of delegations.
//!
//! The surprising rule: once a task is delegated, only the delegate at the end of the chain can offer it, not even its
//! accountable or a lead: they recall it first. Chain, open, active and held are explained in `delegation_rules`, where
//! the acts on a link are too.

use crate::work::delegations::rules::{DelegationState, Party};

/// How many links a chain may have.
pub const MAX_LINKS: usize = 8;

/// One delegation of a chain, reduced to what the rules look at. `M` is whatever names a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<M> {
    /// Who offered.
    pub delegator: M,
    /// Who was offered; with a substitute, the substitute.
    pub delegate: M,
    /// Where it stands.
    pub state: DelegationState,
    /// Whether the delegate may hand on.
    pub may_redelegate: bool,
}

impl<M: Copy + Eq> Link<M> {
    /// What `member` is in this link; `None` for somebody else, who can do nothing to it.
    pub fn party(&self, member: M) -> Option<Party> {
        if member == self.delegator {
            Some(Party::Delegator)
        } else {
            (member == self.delegate).then_some(Party::Delegate)
        }
    }
}

/// Why a delegation cannot be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OfferRefusal {
    /// There is an unanswered offer for this task.
    #[error("the task has an open offer, which has to be answered or withdrawn first")]
    OpenOffer,
    /// The work is submitted and waits for the delegator.
    #[error("the work on this task is submitted and waits to be confirmed or sent back")]
    Submitted,
    /// The task is delegated, to somebody else than who offers.
    #[error("the task is delegated; only the delegate who holds it can delegate it on")]
    NotTheHolder,
    /// The holder's own delegation does not allow handing on.
    #[error("this delegation may not be delegated on")]
    MayNotRedelegate,
    /// To oneself: nobody confirms their own work.
    #[error("nobody can delegate to themselves")]
    ToOneself,
    /// To somebody who delegated this task already: the chain would be a circle.
    #[error("this member delegated the task already; the chain would be a circle")]
    Circle,
    /// The chain has [`MAX_LINKS`] links.
    #[error("a chain has at most {MAX_LINKS} delegations")]
    TooDeep,
}

/// Whether `delegator` may offer the task to `delegate`, given the task's chain (root first; ended links are ignored).
///
/// For an empty chain this asks only that the two differ: whether the delegator holds the task (its accountable, or a
/// lead) is for the caller to know. In a chain only the delegate of the last link may, whatever the role.
///
/// # Errors
/// [`OfferRefusal`].
pub fn may_offer<M: Copy + Eq>(
    chain: &[Link<M>],
    delegator: M,
    delegate: M,
) -> Result<(), OfferRefusal> {
    let active = || chain.iter().filter(|link| link.state.is_active());
    if let Some(leaf) = active().next_back() {
        if leaf.state.is_open() {
            return Err(OfferRefusal::OpenOffer);
        }
        if leaf.delegate != delegator {
            return Err(OfferRefusal::NotTheHolder);
        }
        if leaf.state == DelegationState::Submitted {
            return Err(OfferRefusal::Submitted);
        }
        if !leaf.may_redelegate {
            return Err(OfferRefusal::MayNotRedelegate);
        }
    }
    if delegator == delegate {
        return Err(OfferRefusal::ToOneself);
    }
    if active().any(|link| link.delegator == delegate) {
        return Err(OfferRefusal::Circle);
    }
    if active().count() >= MAX_LINKS {
        return Err(OfferRefusal::TooDeep);
    }
    Ok(())
}

/// Who holds the task by its chain, and so is its assignee: the delegate of the deepest link that was accepted.
/// `None` when nothing is: then the task's assignee is nobody's business here.
pub fn holder<M: Copy + Eq>(chain: &[Link<M>]) -> Option<M> {
    chain
        .iter()
        .rev()
        .find(|link| link.state.is_held())
        .map(|link| link.delegate)
}

#[cfg(test)]
mod tests;
