//! The life cycle of an event: which status may follow which.
//!
//! The surprising rule: `live` and `ended` follow the clock, but a lead may be earlier or later than the clock: an
//! event that begins early is set `live` by hand, one that overruns is ended by hand.

use crate::http::Problem;
use crate::text_enum;

text_enum! {
    /// Where an event stands.
    pub enum EventStatus {
        /// Being thought up; nobody outside the team sees it.
        Draft = "draft",
        /// It takes place; people may register.
        Scheduled = "scheduled",
        /// It is going on.
        Live = "live",
        /// It is over.
        Ended = "ended",
        /// It does not take place.
        Cancelled = "cancelled",
    }
}

impl EventStatus {
    /// The statuses that may follow this one.
    #[must_use]
    pub const fn allowed(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Scheduled, Self::Cancelled],
            Self::Scheduled => &[Self::Live, Self::Cancelled],
            Self::Live => &[Self::Ended],
            Self::Ended | Self::Cancelled => &[],
        }
    }

    /// Whether it is still to come, or going on.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Scheduled | Self::Live)
    }

    /// Whether the public may see it: everything but a draft.
    #[must_use]
    pub const fn is_announced(self) -> bool {
        !matches!(self, Self::Draft)
    }

    /// Whether the event may go on to `to`; staying is fine.
    ///
    /// # Errors
    /// `invalid_transition`, with what is possible.
    pub fn check(self, to: Self) -> Result<(), Problem> {
        if self == to || self.allowed().contains(&to) {
            return Ok(());
        }
        let allowed: Vec<&str> = self.allowed().iter().map(|one| one.as_str()).collect();
        Err(Problem::transition(self.as_str(), to.as_str(), &allowed))
    }
}

#[cfg(test)]
mod tests {
    use super::EventStatus::{self, Cancelled, Draft, Ended, Live, Scheduled};

    #[test]
    fn the_table_is_the_domains() {
        let steps: Vec<(EventStatus, EventStatus)> = EventStatus::ALL
            .iter()
            .flat_map(|from| from.allowed().iter().map(|to| (*from, *to)))
            .collect();
        assert_eq!(
            steps,
            [
                (Draft, Scheduled),
                (Draft, Cancelled),
                (Scheduled, Live),
                (Scheduled, Cancelled),
                (Live, Ended)
            ]
        );
    }
}
