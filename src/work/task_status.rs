//! The life cycle of a task: which status may follow which, and what a move must bring along.
//!
//! The surprising rule: the table is a chain, so nobody goes from `todo` or `in_progress` straight to `done`. What acts
//! on a task through another record (a delegation that is submitted or confirmed) takes the whole way at once, see
//! [`TaskStatus::steps_to`], so that the journal still shows only transitions of the table.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum TaskStatus {
    /// Not begun, or reopened.
    Todo,
    /// Being worked on.
    InProgress,
    /// Cannot go on, for a stated reason.
    Blocked,
    /// Finished in the eyes of whoever did it; somebody else looks at it.
    InReview,
    /// Finished.
    Done,
    /// Given up.
    Cancelled,
}

crate::text_column!(TaskStatus);

/// A transition that is not in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a task cannot go from `{}` to `{}`", from.as_str(), to.as_str())]
pub struct NotAllowed {
    /// The status that the task has.
    pub from: TaskStatus,
    /// The status that was asked for.
    pub to: TaskStatus,
    /// What is possible from `from`.
    pub allowed: &'static [TaskStatus],
}

impl TaskStatus {
    /// Every status, in the order of the life cycle.
    pub const ALL: &'static [Self] = &[
        Self::Todo,
        Self::InProgress,
        Self::Blocked,
        Self::InReview,
        Self::Done,
        Self::Cancelled,
    ];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::InProgress => "in_progress",
            Self::Blocked => "blocked",
            Self::InReview => "in_review",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of this word; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|status| status.as_str() == text)
    }

    /// Those in which there is still something to do.
    pub fn open() -> Vec<Self> {
        let all = Self::ALL.iter().copied();
        all.filter(|status| status.is_open()).collect()
    }

    /// Whether there is still something to do.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Done | Self::Cancelled)
    }

    /// The statuses that may follow this one.
    pub fn allowed(self) -> &'static [Self] {
        match self {
            Self::Todo => &[Self::InProgress, Self::Cancelled],
            Self::InProgress => &[Self::InReview, Self::Blocked, Self::Cancelled],
            Self::Blocked => &[Self::InProgress, Self::Cancelled],
            Self::InReview => &[Self::Done, Self::InProgress, Self::Cancelled],
            Self::Done | Self::Cancelled => &[Self::Todo],
        }
    }

    /// Whether the task may go on to `to`.
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

    /// Whether moving on to this status must say why. Only `blocked` must.
    pub fn needs_reason(self) -> bool {
        self == Self::Blocked
    }

    /// The transitions of the table that lead from here to `to`, the shortest way, without this status itself: empty when
    /// already there. For acts that bring the task along, such as submitting a delegation whose task nobody had begun.
    ///
    /// Never reopens, gives up or blocks a task, so it leads to `in_progress`, `in_review` or `done` only.
    ///
    /// # Errors
    /// [`NotAllowed`] when there is no such way: the task is `done` or `cancelled`, or `to` is none of the three.
    pub fn steps_to(self, to: Self) -> Result<&'static [Self], NotAllowed> {
        use TaskStatus::{Blocked, Done, InProgress, InReview, Todo};
        match (self, to) {
            (InProgress, InProgress) | (InReview, InReview) | (Done, Done) => Ok(&[]),
            (Todo | Blocked | InReview, InProgress) => Ok(&[InProgress]),
            (Todo | Blocked, InReview) => Ok(&[InProgress, InReview]),
            (InProgress, InReview) => Ok(&[InReview]),
            (Todo | Blocked, Done) => Ok(&[InProgress, InReview, Done]),
            (InProgress, Done) => Ok(&[InReview, Done]),
            (InReview, Done) => Ok(&[Done]),
            _ => Err(NotAllowed {
                from: self,
                to,
                allowed: self.allowed(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TaskStatus::{Blocked, Cancelled, Done, InProgress, InReview, Todo};

    #[test]
    fn every_pair_is_as_the_design_says() {
        let arrows = [
            "todo in_progress",
            "in_progress in_review",
            "in_review done",
            "in_review in_progress",
            "in_progress blocked",
            "blocked in_progress",
            "todo cancelled",
            "in_progress cancelled",
            "blocked cancelled",
            "in_review cancelled",
            "done todo",
            "cancelled todo",
        ];
        for from in TaskStatus::ALL {
            for to in TaskStatus::ALL {
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
            TaskStatus::ALL
                .iter()
                .map(|status| status.allowed().len())
                .sum::<usize>(),
            arrows.len()
        );
    }

    #[test]
    fn only_blocking_needs_a_reason() {
        for status in TaskStatus::ALL {
            assert_eq!(status.needs_reason(), *status == Blocked, "{status:?}");
            assert_eq!(
                status.is_open(),
                !matches!(status, Done | Cancelled),
                "{status:?}"
            );
        }
    }

    /// The shortest way over the table that passes only through working states, found by search.
    fn search(from: TaskStatus, to: TaskStatus) -> Option<usize> {
        let mut reached = vec![from];
        for steps in 0..TaskStatus::ALL.len() {
            if reached.contains(&to) {
                return Some(steps);
            }
            let next: Vec<_> = reached
                .iter()
                .filter(|status| status.is_open())
                .flat_map(|status| status.allowed())
                .copied()
                .collect();
            reached.extend(
                next.into_iter()
                    .filter(|status| matches!(status, InProgress | InReview | Done)),
            );
        }
        None
    }

    #[test]
    fn every_way_is_the_shortest_and_made_of_transitions_of_the_table() {
        for from in TaskStatus::ALL {
            for to in TaskStatus::ALL {
                let way = from.steps_to(*to);
                let expected = if matches!(to, InProgress | InReview | Done) {
                    search(*from, *to)
                } else {
                    None
                };
                assert_eq!(way.ok().map(<[_]>::len), expected, "{from:?} to {to:?}");
                let mut at = *from;
                for step in way.unwrap_or_default() {
                    at.next(*step).unwrap();
                    at = *step;
                }
                assert!(way.is_err() || at == *to, "{from:?} to {to:?}");
            }
        }
        assert_eq!(
            Todo.steps_to(InReview),
            Ok([InProgress, InReview].as_slice())
        );
        assert!(Cancelled.steps_to(InReview).is_err());
        assert!(Done.steps_to(InProgress).is_err());
    }

    #[test]
    fn words_read_back_and_match_the_wire() {
        for status in TaskStatus::ALL {
            assert_eq!(TaskStatus::parse(status.as_str()), Some(*status));
            assert_eq!(
                serde_json::to_string(status).unwrap(),
                format!("\"{}\"", status.as_str())
            );
        }
        for text in ["", "Todo", "in progress", "draft"] {
            assert_eq!(TaskStatus::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_refusal_reads_well() {
        let refusal = Todo.next(Done).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "a task cannot go from `todo` to `done`"
        );
        assert_eq!(refusal.allowed, [InProgress, Cancelled]);
    }
}
