//! What comes in and what goes out.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::{Id, Instant};
use crate::http::Page;
use crate::http::query::{AnyOf, Flag, Who};
use crate::http::text::Note;
use crate::journal::{Journaled, Kind};
use crate::schema::deputies;
use crate::text_enum;

/// A new deputy of the caller.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"deputy_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "starts_at": "2099-07-06T06:00:00Z", "ends_at": "2099-07-27T06:00:00Z", "note": "Parental leave"}))]
pub struct NewDeputy {
    /// Who acts in your place: another member, no guest.
    pub(super) deputy_id: Id,
    /// When it begins: now, unless given.
    pub(super) starts_at: Option<Instant>,
    /// When it ends by itself: at most a year after it begins.
    pub(super) ends_at: Instant,
    /// Why, for everybody in the team.
    pub(super) note: Option<Note>,
}

/// Which deputies are wanted.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeputyFilter {
    /// Those of any of these members: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub(super) member_id: Option<AnyOf<Who>>,
    /// Where any of these is the deputy: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub(super) deputy_id: Option<AnyOf<Who>>,
    /// Whether the deputy may act now.
    #[param(value_type = Option<bool>)]
    pub(super) is_active: Option<Flag>,
}

text_enum! {
    /// What the list sorts by.
    pub enum DeputySort {
        /// When it was made.
        CreatedAt = "created_at",
    }
}

/// A member who acts in another one's place for a while.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = deputies, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a64", "member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "deputy_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "starts_at": "2027-07-05T06:00:00.000Z", "ends_at": "2027-07-26T06:00:00.000Z", "note": "Parental leave", "ended_at": null, "ended_by_id": null, "created_at": "2026-11-23T09:00:00.000Z", "updated_at": "2026-11-23T09:00:00.000Z", "version": 42}))]
pub struct Deputy {
    /// The team.
    pub team_id: Id,
    /// The record's id.
    pub id: Id,
    /// Who is replaced: what `On-Behalf-Of` names.
    pub member_id: Id,
    /// Who acts.
    pub deputy_id: Id,
    /// When it begins.
    pub starts_at: Instant,
    /// When it ends by itself.
    pub ends_at: Instant,
    /// Why.
    #[schema(required = true)]
    pub note: Option<Note>,
    /// When somebody ended it before its time.
    #[schema(required = true)]
    pub ended_at: Option<Instant>,
    /// Who did.
    #[schema(required = true)]
    pub ended_by_id: Option<Id>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of deputies.
pub type DeputyPage = Page<Deputy>;

impl Journaled for Deputy {
    const KIND: Kind = Kind::Deputy;

    fn id(&self) -> Id {
        self.id
    }
}
