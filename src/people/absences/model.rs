//! What comes in and what goes out.

use crate::text_enum;

text_enum! {
    /// Who has to agree to an absence.
    pub enum AbsenceApproval {
        /// Nobody: it is approved at once.
        Nobody = "none",
        /// A lead.
        Lead = "lead",
    }
}

text_enum! {
    /// What becomes of the unanswered offers to a member whose absence begins.
    pub enum AbsentOffers {
        /// They go to the substitute. Without one they stay.
        Reroute = "reroute",
        /// They go back to whoever made them: withdrawn, with the reason.
        Return = "return",
    }
}

text_enum! {
    /// Where an absence stands.
    pub enum AbsenceState {
        /// A lead has to agree.
        Requested = "requested",
        /// It counts.
        Approved = "approved",
        /// A lead did not agree.
        Rejected = "rejected",
        /// It was called off.
        Cancelled = "cancelled",
    }
}
