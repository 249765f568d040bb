//! Who may hand a task on, and who holds it, by its chain of delegations.
//!
//! The surprising rule: once a task is delegated, only the delegate at the end of the chain can offer it, not even its
//! accountable or a lead: they recall it first. Chain, open, active and held are explained in [`super::rules`], where the
//! acts on a link are too.

use crate::work::delegations::rules::{Act, DelegationState, Party, Place};

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

/// Who wants to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor<M> {
    /// A member of the team.
    Member(M),
    /// A member who leads it.
    Lead(M),
    /// Time itself.
    Clock,
}

impl<M: Copy + Eq> Link<M> {
    /// What `actor` is in this link when it comes to `act`: a lead who is its delegate does what leads do as a lead, and
    /// everything else as the delegate.
    pub fn party(&self, actor: Actor<M>, act: Act) -> Party {
        let (member, leads) = match actor {
            Actor::Clock => return Party::Clock,
            Actor::Member(member) => (member, false),
            Actor::Lead(member) => (member, true),
        };
        if member == self.delegator {
            Party::Delegator
        } else if leads && act.is_for_leads() {
            Party::Lead
        } else if member == self.delegate {
            Party::Delegate
        } else {
            Party::Bystander
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

/// One step of taking a leaving member out of a chain; `link` is the place in the chain, 0 for the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parting {
    /// The link goes through this act, for its own people.
    Act {
        /// Which link.
        link: usize,
        /// Which act.
        act: Act,
        /// As whom.
        party: Party,
    },
    /// The successor becomes the link's delegator.
    HandOver {
        /// Which link.
        link: usize,
    },
}

/// What becomes of a task's chain (active links, root first) when `leaver` leaves the team and `successor` steps in: the
/// steps, in order.
///
/// What was handed to the leaver ends: an unanswered offer is withdrawn, an accepted one handed back (after it was sent
/// back, when it was submitted), and what was handed on from there is recalled first, the leaf first. What the leaver
/// handed out goes on, with the successor as its delegator. Where the successor is a delegate in the same chain, the chain
/// is recalled from there: otherwise somebody would come to confirm their own work.
pub fn part<M: Copy + Eq>(chain: &[Link<M>], leaver: M, successor: M) -> Vec<Parting> {
    let hands_out = chain.first().is_some_and(|root| root.delegator == leaver);
    let cut = chain
        .iter()
        .position(|link| link.delegate == leaver || (hands_out && link.delegate == successor));
    let mut steps = Vec::new();
    if let Some(cut) = cut {
        for (link, ending) in chain.iter().enumerate().skip(cut).rev() {
            let step = |act, party| Parting::Act { link, act, party };
            if ending.state.is_open() {
                steps.push(step(Act::Withdraw, Party::Delegator));
            } else if ending.delegate == leaver {
                if ending.state == DelegationState::Submitted {
                    steps.push(step(Act::SendBack, Party::Delegator));
                }
                steps.push(step(Act::HandBack, Party::Delegate));
            } else {
                steps.push(step(Act::Recall, Party::Delegator));
            }
        }
    }
    if hands_out && cut != Some(0) {
        steps.push(Parting::HandOver { link: 0 });
    }
    steps
}

/// Where a link is in its chain.
pub fn place(link: usize) -> Place {
    if link == 0 { Place::Root } else { Place::Below }
}

#[cfg(test)]
mod tests;
