//! The life cycle of a registration: which state may follow which.
//!
//! The surprising rule: `pending` waits for a member's word and `waitlisted` for a seat; they are different things.
//! Whoever let an offer run out is `expired` and still waits, at the end of the queue.

use crate::http::Problem;
use crate::text_enum;

text_enum! {
    /// Where a registration stands.
    pub enum RegistrationState {
        /// The address was not confirmed yet: holds nothing, and is forgotten after 72 hours.
        Unverified = "unverified",
        /// Waits for a member's approval.
        Pending = "pending",
        /// Has its seats.
        Confirmed = "confirmed",
        /// Waits for seats.
        Waitlisted = "waitlisted",
        /// Seats are held for a while.
        Offered = "offered",
        /// The offer ran out: waits at the end of the queue.
        Expired = "expired",
        /// A member said no.
        Rejected = "rejected",
        /// Given up.
        Cancelled = "cancelled",
        /// Was there.
        Attended = "attended",
        /// Was not there.
        NoShow = "no_show",
    }
}

impl RegistrationState {
    /// The states that may follow this one.
    #[must_use]
    pub const fn allowed(self) -> &'static [Self] {
        match self {
            Self::Unverified => &[
                Self::Pending,
                Self::Confirmed,
                Self::Waitlisted,
                Self::Cancelled,
            ],
            Self::Pending => &[
                Self::Confirmed,
                Self::Waitlisted,
                Self::Rejected,
                Self::Cancelled,
            ],
            Self::Confirmed => &[Self::Attended, Self::NoShow, Self::Cancelled],
            Self::Waitlisted => &[Self::Offered, Self::Cancelled],
            Self::Offered => &[Self::Confirmed, Self::Expired, Self::Cancelled],
            Self::Expired => &[
                Self::Offered,
                Self::Confirmed,
                Self::Waitlisted,
                Self::Cancelled,
            ],
            // Whoever gave up may come again.
            Self::Cancelled => &[Self::Unverified, Self::Confirmed, Self::Waitlisted],
            Self::Rejected | Self::Attended | Self::NoShow => &[],
        }
    }

    /// Those that hold seats: nobody else gets them.
    pub const SEATED: [Self; 4] = [Self::Confirmed, Self::Offered, Self::Attended, Self::NoShow];

    /// Whether there is a place that the person is told of: where to join, how to check in.
    #[must_use]
    pub const fn is_in(self) -> bool {
        matches!(self, Self::Confirmed | Self::Attended)
    }

    /// Whether somebody is registered at all: not unconfirmed, refused or gone.
    #[must_use]
    pub const fn is_registered(self) -> bool {
        !matches!(self, Self::Unverified | Self::Rejected | Self::Cancelled)
    }

    /// Whether a registration may go on to `to`.
    ///
    /// # Errors
    /// `invalid_transition`, with what is possible.
    pub fn check(self, to: Self) -> Result<(), Problem> {
        if self.allowed().contains(&to) {
            return Ok(());
        }
        let allowed: Vec<&str> = self.allowed().iter().map(|one| one.as_str()).collect();
        Err(Problem::transition(self.as_str(), to.as_str(), &allowed))
    }
}

text_enum! {
    /// How somebody came to be registered.
    pub enum Origin {
        /// By themselves, on the event's page.
        Public = "public",
        /// By a member's hand.
        Team = "team",
        /// From a table.
        Import = "import",
    }
}

text_enum! {
    /// Why others behind got seats first. More may come: have a default branch.
    pub enum PassedOverReason {
        /// Fewer seats were free than the group needs.
        TooFewSeats = "too_few_seats",
        /// Two offers ran out in a row: nothing is offered until the person asks again.
        OffersExpired = "offers_expired",
    }
}
