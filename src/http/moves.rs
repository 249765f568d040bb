//! Moving something in an order that people arrange by hand.
//!
//! The surprising rule: one says what it goes next to, never a number. Whoever moves something else meanwhile does
//! not shift it.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::db::Id;
use crate::db::position::Position;
use crate::http::Problem;

/// Where it goes: before or after another one, exactly one of the two.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"after_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57"}))]
pub struct Move {
    /// Directly before this one.
    before_id: Option<Id>,
    /// Directly after this one.
    after_id: Option<Id>,
}

/// Which side of the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Directly before it.
    Before,
    /// Directly after it.
    After,
}

impl Side {
    /// The member of the body that says so.
    #[must_use]
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::Before => "/before_id",
            Self::After => "/after_id",
        }
    }

    /// The position on this side of `other`, whose next neighbour there is `neighbour`.
    ///
    /// # Errors
    /// `validation_failed` when some 32,000 moves to this very place have used up the room.
    pub fn position(
        self,
        other: &Position,
        neighbour: Option<&Position>,
    ) -> Result<Position, Problem> {
        match self {
            Self::Before => Position::between(neighbour, Some(other)),
            Self::After => Position::between(Some(other), neighbour),
        }
        .ok_or_else(|| {
            Problem::field(
                self.pointer(),
                "no_room",
                "There is no room left at this place. Move it elsewhere first.",
            )
        })
    }
}

impl Move {
    /// The other one, and on which side of it.
    ///
    /// # Errors
    /// `validation_failed` unless exactly one is given, and when it is `moving` itself.
    pub fn target(self, moving: Id) -> Result<(Side, Id), Problem> {
        let (side, other) = match (self.before_id, self.after_id) {
            (Some(other), None) => (Side::Before, other),
            (None, Some(other)) => (Side::After, other),
            _ => {
                return Err(Problem::field(
                    "/before_id",
                    "exactly_one",
                    "Give either before_id or after_id.",
                ));
            }
        };
        if other == moving {
            return Err(Problem::field(
                side.pointer(),
                "itself",
                "It cannot go next to itself.",
            ));
        }
        Ok((side, other))
    }
}
