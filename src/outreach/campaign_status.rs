//! The life cycle of a campaign: which status may follow which.
//!
//! The surprising rule: a completed campaign cannot be cancelled, only reopened (`active`) or archived; and what is
//! archived stays archived.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum CampaignStatus {
    /// Being thought up; nobody works on it.
    Draft,
    /// Agreed, not begun.
    Planned,
    /// Running.
    Active,
    /// Interrupted; goes on or is cancelled.
    Paused,
    /// Reached its end. May be reopened.
    Completed,
    /// Given up before its end.
    Cancelled,
    /// Put away for good.
    Archived,
}

crate::text_column!(CampaignStatus);

/// A transition that is not in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a campaign cannot go from `{}` to `{}`", from.as_str(), to.as_str())]
pub struct NotAllowed {
    /// The status that the campaign has.
    pub from: CampaignStatus,
    /// The status that was asked for.
    pub to: CampaignStatus,
    /// What is possible from `from`; empty when nothing is.
    pub allowed: &'static [CampaignStatus],
}

impl CampaignStatus {
    /// Every status, in the order of the life cycle.
    pub const ALL: &'static [Self] = &[
        Self::Draft,
        Self::Planned,
        Self::Active,
        Self::Paused,
        Self::Completed,
        Self::Cancelled,
        Self::Archived,
    ];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Planned => "planned",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Archived => "archived",
        }
    }

    /// The status of this word; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|status| status.as_str() == text)
    }

    /// The statuses that may follow this one.
    pub fn allowed(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Planned, Self::Cancelled],
            Self::Planned => &[Self::Active, Self::Cancelled],
            Self::Active => &[Self::Paused, Self::Completed, Self::Cancelled],
            Self::Paused => &[Self::Active, Self::Cancelled],
            Self::Completed => &[Self::Active, Self::Archived],
            Self::Cancelled => &[Self::Archived],
            Self::Archived => &[],
        }
    }

    /// Whether the campaign may go on to `to`.
    ///
    /// # Errors
    /// [`NotAllowed`] when the table has no such transition; staying where one is, is none either.
    pub fn next(self, to: Self) -> Result<(), NotAllowed> {
        let allowed = self.allowed();
        if allowed.contains(&to) {
            Ok(())
        } else {
            Err(NotAllowed {
                from: self,
                to,
                allowed,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_as_the_design_says() {
        let arrows = [
            "draft planned",
            "planned active",
            "active paused",
            "paused active",
            "active completed",
            "completed active",
            "draft cancelled",
            "planned cancelled",
            "active cancelled",
            "paused cancelled",
            "completed archived",
            "cancelled archived",
        ];
        for from in CampaignStatus::ALL {
            for to in CampaignStatus::ALL {
                let arrow = format!("{} {}", from.as_str(), to.as_str());
                let expected = if arrows.contains(&arrow.as_str()) {
                    Ok(())
                } else {
                    Err(NotAllowed {
                        from: *from,
                        to: *to,
                        allowed: from.allowed(),
                    })
                };
                assert_eq!(from.next(*to), expected, "{arrow}");
            }
        }
        assert_eq!(
            CampaignStatus::ALL
                .iter()
                .map(|status| status.allowed().len())
                .sum::<usize>(),
            arrows.len()
        );
    }

    #[test]
    fn words_read_back_and_match_the_wire() {
        for status in CampaignStatus::ALL {
            assert_eq!(CampaignStatus::parse(status.as_str()), Some(*status));
            assert_eq!(
                serde_json::to_string(status).unwrap(),
                format!("\"{}\"", status.as_str())
            );
        }
        for text in ["", "Draft", "draft ", "done"] {
            assert_eq!(CampaignStatus::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_refusal_reads_well() {
        let refusal = CampaignStatus::Completed
            .next(CampaignStatus::Cancelled)
            .unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "a campaign cannot go from `completed` to `cancelled`"
        );
    }
}
