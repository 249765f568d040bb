//! What comes in and what goes out: a resource as it is made, changed, filtered, sorted and shown.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::hours::OpeningHours;
use crate::capacity::fit::Finding;
use crate::db::{Id, Instant, Json};
use crate::http::expand::ById;
use crate::http::query::{AnyOf, Who};
use crate::http::strict::{nullable, present};
use crate::http::text::{Markdown, Name};
use crate::http::values::{Amount, Currency, Int};
use crate::http::{Page, Text};
use crate::journal::{Journaled, Kind};
use crate::people::members::Skills;
use crate::schema::resources;
use crate::text_enum;

/// How many of a thing there are.
pub type Units = Int<1, 100_000>;

text_enum! {
    /// What kind of thing can be promised.
    pub enum ResourceKind {
        /// A member's time. There is one for each member, made with it.
        Person = "person",
        /// Things.
        Equipment = "equipment",
        /// Licences or seats of a service.
        Licence = "licence",
        /// Rooms, virtual ones too.
        Space = "space",
        /// Anything else of which there is a number.
        Other = "other",
        /// Money.
        Budget = "budget",
    }
}

impl ResourceKind {
    /// Whether there is a number of it.
    #[must_use]
    pub const fn has_units(self) -> bool {
        matches!(
            self,
            Self::Equipment | Self::Licence | Self::Space | Self::Other
        )
    }
}

text_enum! {
    /// How units are taken.
    pub enum Booking {
        /// From one instant to another.
        Minutes = "minutes",
        /// From one day to another.
        WholeDays = "whole_days",
    }
}

text_enum! {
    /// What happens when more is promised than there is.
    pub enum Overbooking {
        /// It is refused, with the explanation.
        Refuse = "refuse",
        /// It is saved, and the same explanation comes as a warning.
        Warn = "warn",
        /// It is saved.
        Allow = "allow",
    }
}

const fn usual_overbooking() -> Overbooking {
    Overbooking::Refuse
}

/// A new resource.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "equipment", "name": "Streaming kit", "description": "Camera, lights, mixer", "skills": ["4K"], "units": 2, "booking": "minutes", "overbooking": "refuse",
    "opening_hours": {"monday": {"opens": "08:00", "closes": "20:00"}, "tuesday": {"opens": "08:00", "closes": "20:00"}}}))]
pub struct NewResource {
    /// Any but `person`: those are made with their members.
    pub(super) kind: ResourceKind,
    pub(super) name: Name,
    #[serde(default)]
    pub(super) description: Markdown,
    /// What it can do, in words.
    #[serde(default)]
    pub(super) skills: Skills,
    /// The member, no guest, who approves what is asked of it. Leads may, too.
    pub(super) owner_id: Option<Id>,
    /// What happens when more is promised than there is; `refuse` unless given.
    #[serde(default = "usual_overbooking")]
    #[schema(default = "refuse")]
    pub(super) overbooking: Overbooking,
    /// How many there are; 1 unless given. Not for budgets.
    pub(super) units: Option<Units>,
    /// How units are taken; `whole_days` unless given. Not for budgets.
    #[schema(value_type = Option<String>, max_length = 20, pattern = "^(minutes|whole_days)$", example = "minutes")]
    pub(super) booking: Option<Booking>,
    /// When it is there, in the team's time zone; always, unless given. Not for budgets.
    pub(super) opening_hours: Option<OpeningHours>,
    /// The currency of a budget, which needs one.
    pub(super) currency: Option<Currency>,
    /// How much a budget has, in the minor unit of its currency. It needs one.
    pub(super) limit_minor: Option<Amount>,
}

/// What changes in a resource: absent keeps, null clears. Its kind, and how units are taken, never change; a person's
/// name and skills are the member's.
#[derive(Debug, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = resources)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overbooking": "warn", "units": 3}))]
pub struct ResourcePatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) name: Option<Name>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) description: Option<Markdown>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Skills>, nullable = false)]
    pub(super) skills: Option<Json<Skills>>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) owner_id: Option<Option<Id>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) overbooking: Option<Overbooking>,
    /// How many there are.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) units: Option<Units>,
    /// Null: always.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<OpeningHours>)]
    pub(super) opening_hours: Option<Option<Json<OpeningHours>>>,
    /// Only while nothing of the budget is promised, spent or planned.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) currency: Option<Currency>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) limit_minor: Option<Amount>,
}

/// Which resources are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ResourceFilter {
    /// Any of these kinds, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "equipment,space")]
    pub(super) kind: Option<AnyOf<ResourceKind>>,
    /// Owned by any of these members: ids, `me`, or `none`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub(super) owner_id: Option<AnyOf<Who>>,
    /// With this skill; case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 60, example = "writing")]
    pub(super) skill: Option<Text<1, 60>>,
    /// Text that the name, description or skills contain; case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 200)]
    pub(super) q: Option<Text<1, 200>>,
}

text_enum! {
    /// What the list sorts by.
    pub enum ResourceSort {
        /// When it was made.
        CreatedAt = "created_at",
        /// When it was last changed.
        UpdatedAt = "updated_at",
    }
}

/// Something that can be promised.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = resources, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61", "kind": "equipment", "name": "Streaming kit", "description": "Camera, lights, mixer", "member_id": null, "skills": ["4K"], "owner_id": null, "overbooking": "refuse", "units": 2, "booking": "minutes", "opening_hours": null, "currency": null, "limit_minor": null, "created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z", "version": 9, "deleted_at": null}))]
pub struct Resource {
    /// The team.
    pub team_id: Id,
    /// The resource's id: a person's is that of the member.
    pub id: Id,
    /// What kind of thing it is.
    pub kind: ResourceKind,
    /// Its name: a person's is that of the member.
    pub name: Name,
    /// More about it, in Markdown.
    pub description: Markdown,
    /// The member whose time it is; null for all but persons.
    #[schema(required = true)]
    pub member_id: Option<Id>,
    /// What it can do, in words: a person's are those of the member.
    #[schema(value_type = Skills)]
    pub skills: Json<Skills>,
    /// The member who approves what is asked of it. Leads may, too.
    #[schema(required = true)]
    pub owner_id: Option<Id>,
    /// What happens when more is promised than there is.
    pub overbooking: Overbooking,
    /// How many there are; null for persons and budgets.
    #[schema(required = true)]
    pub units: Option<Units>,
    /// How units are taken: `minutes` (from one instant to another) or `whole_days`; null for persons and budgets.
    #[schema(value_type = Option<String>, required = true, max_length = 20, example = "minutes")]
    pub booking: Option<Booking>,
    /// When it is there, in the team's time zone; null: always.
    #[schema(required = true, value_type = Option<OpeningHours>)]
    pub opening_hours: Option<Json<OpeningHours>>,
    /// The currency of a budget.
    #[schema(required = true)]
    pub currency: Option<Currency>,
    /// How much a budget has, in the minor unit of its currency.
    #[schema(required = true)]
    pub limit_minor: Option<Amount>,
    /// What is searched: never sent.
    #[serde(skip)]
    pub search: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed by a person.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
    /// When it went to the trash, or the member left; null while it is in use.
    #[schema(required = true)]
    pub deleted_at: Option<Instant>,
    /// What it went to the trash with: never sent.
    #[serde(skip)]
    pub trash_root_id: Option<Id>,
}

/// A resource that was changed, and what was found then.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a61", "kind": "equipment", "name": "Streaming kit", "description": "Camera, lights, mixer", "member_id": null, "skills": ["4K"], "owner_id": null, "overbooking": "warn", "units": 2, "booking": "minutes", "opening_hours": null, "currency": null, "limit_minor": null, "created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z", "version": 9, "deleted_at": null, "warnings": []}))]
pub struct ResourceOutcome {
    #[allow(missing_docs)]
    #[serde(flatten)]
    pub resource: Resource,
    /// What was promised and does not fit any more: the first 200. Not kept: ask for the conflicts.
    #[schema(max_items = 200)]
    pub warnings: Vec<Finding>,
}

/// A page of resources.
pub type ResourcePage = Page<Resource>;
/// Resources that something refers to.
pub type ResourcesById = ById<Resource>;

impl Journaled for Resource {
    const KIND: Kind = Kind::Resource;

    fn id(&self) -> Id {
        self.id
    }
}
