//! The life of an allocation: which state may follow which, by which act.
//!
//! The surprising rule: only what is approved takes anything. A request holds nothing, however long it waits.

use crate::text_enum;

text_enum! {
    /// Where an allocation stands.
    pub enum AllocationState {
        /// Asked for, and not answered.
        Requested = "requested",
        /// Promised.
        Approved = "approved",
        /// Refused.
        Rejected = "rejected",
        /// Was promised, and is free again.
        Released = "released",
        /// Taken back by whoever asked.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// What can be done to an allocation.
    pub enum AllocationAct {
        /// The owner or a lead promises it.
        Approve = "approve",
        /// The owner or a lead refuses it.
        Reject = "reject",
        /// What was promised is not needed any more.
        Release = "release",
        /// It is taken back.
        Cancel = "cancel",
    }
}

impl AllocationAct {
    /// The state that it leads to.
    #[must_use]
    pub const fn target(self) -> AllocationState {
        match self {
            Self::Approve => AllocationState::Approved,
            Self::Reject => AllocationState::Rejected,
            Self::Release => AllocationState::Released,
            Self::Cancel => AllocationState::Cancelled,
        }
    }

    /// Whether only the owner of the resource or a lead can do it; the others, whoever asked can do, too.
    #[must_use]
    pub const fn is_for_owners(self) -> bool {
        matches!(self, Self::Approve | Self::Reject)
    }
}

impl AllocationState {
    /// Those that may still become something else.
    pub const OPEN: [Self; 2] = [Self::Requested, Self::Approved];

    /// The states that can follow.
    #[must_use]
    pub const fn allowed(self) -> &'static [Self] {
        match self {
            Self::Requested => &[Self::Approved, Self::Rejected, Self::Cancelled],
            Self::Approved => &[Self::Released, Self::Cancelled],
            Self::Rejected | Self::Released | Self::Cancelled => &[],
        }
    }

    /// Whether it may still become something else.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Approved)
    }
}

#[cfg(test)]
mod tests {
    use super::{AllocationAct, AllocationState};

    #[test]
    fn the_table_is_that_of_the_domain() {
        use AllocationState::{Approved, Cancelled, Rejected, Released, Requested};
        let mut found = Vec::new();
        for from in AllocationState::ALL {
            for act in AllocationAct::ALL {
                if from.allowed().contains(&act.target()) {
                    found.push((*from, act.target()));
                }
            }
        }
        assert_eq!(
            found,
            [
                (Requested, Approved),
                (Requested, Rejected),
                (Requested, Cancelled),
                (Approved, Released),
                (Approved, Cancelled)
            ]
        );
        assert!(
            AllocationState::ALL
                .iter()
                .all(|state| state.is_open() != state.allowed().is_empty())
        );
    }
}
