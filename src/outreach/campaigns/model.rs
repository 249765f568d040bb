//! What comes in and what goes out: a campaign as it is made, changed, filtered, sorted and shown.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::{Date, Id, Instant, Json};
use crate::http::expand::ById;
use crate::http::query::{AnyOf, Who};
use crate::http::strict::{nullable, present};
use crate::http::text::{Markdown, Name};
use crate::http::values::Money;
use crate::http::{Expanded, Page, Text};
use crate::journal::{Journaled, Kind};
use crate::outreach::campaign_status::CampaignStatus;
use crate::people::members::MembersById;
use crate::schema::campaigns;
use crate::text_enum;

/// A colour as `#rrggbb`.
pub type Colour = crate::http::values::HexColour;
/// What a campaign is for.
pub type Objective = Text<0, 2_000>;

/// A new campaign.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Kubernetes 1.30 release", "objective": "Ship v1.30 on 17 April", "starts_on": "2024-01-08", "ends_on": "2024-04-17", "budget": {"amount_minor": 250_000, "currency": "EUR"}, "colour": "#326ce5"}))]
pub struct NewCampaign {
    pub(super) name: Name,
    #[serde(default)]
    pub(super) objective: Objective,
    #[serde(default)]
    pub(super) description: Markdown,
    pub(super) starts_on: Option<Date>,
    pub(super) ends_on: Option<Date>,
    /// The member who leads it.
    pub(super) lead_id: Option<Id>,
    pub(super) budget: Option<Money>,
    pub(super) colour: Option<Colour>,
}

/// What changes in a campaign: absent keeps, null clears.
#[derive(Debug, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = campaigns)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "planned", "ends_on": "2024-04-24"}))]
pub struct CampaignPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) name: Option<Name>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) objective: Option<Objective>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) description: Option<Markdown>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) starts_on: Option<Option<Date>>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) ends_on: Option<Option<Date>>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) lead_id: Option<Option<Id>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Money>)]
    pub(super) budget: Option<Option<Json<Money>>>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) colour: Option<Option<Colour>>,
    /// The next status; the state machine says which are possible.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) status: Option<CampaignStatus>,
}

/// Which campaigns are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CampaignFilter {
    /// Any of these statuses, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "planned,active")]
    pub(super) status: Option<AnyOf<CampaignStatus>>,
    /// Led by any of these members: ids, `me`, or `none`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub(super) lead_id: Option<AnyOf<Who>>,
    /// Text that the name, objective or description contains; case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 200)]
    pub(super) q: Option<Text<1, 200>>,
}

text_enum! {
    /// What the list sorts by.
    pub enum CampaignSort {
        /// When it was made.
        CreatedAt = "created_at",
        /// When it was last changed.
        UpdatedAt = "updated_at",
        /// When it starts; campaigns without a start come last.
        StartsOn = "starts_on",
    }
}

/// A campaign.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = campaigns, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "name": "Kubernetes 1.30 release", "objective": "Ship v1.30 on 17 April", "description": "", "starts_on": "2024-01-08", "ends_on": "2024-04-17", "lead_id": null, "budget": {"amount_minor": 250_000, "currency": "EUR"}, "colour": "#326ce5", "status": "draft", "created_at": "2024-01-02T09:00:00.000Z", "updated_at": "2024-01-02T09:00:00.000Z", "version": 7, "deleted_at": null}))]
pub struct Campaign {
    /// The team.
    pub team_id: Id,
    /// The campaign's id.
    pub id: Id,
    /// Its name.
    pub name: Name,
    /// What it is for.
    pub objective: Objective,
    /// More about it, in Markdown.
    pub description: Markdown,
    /// The first day.
    #[schema(required = true)]
    pub starts_on: Option<Date>,
    /// The last day.
    #[schema(required = true)]
    pub ends_on: Option<Date>,
    /// The member who leads it.
    #[schema(required = true)]
    pub lead_id: Option<Id>,
    /// What it may cost; null also for guests, who see no money.
    #[schema(required = true, value_type = Option<Money>)]
    pub budget: Option<Json<Money>>,
    /// Its colour in calendars and charts.
    #[schema(required = true)]
    pub colour: Option<Colour>,
    /// Where it is in its life.
    pub status: CampaignStatus,
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
    /// When it went to the trash; null while it is in use.
    #[schema(required = true)]
    pub deleted_at: Option<Instant>,
    /// What it went to the trash with: never sent.
    #[serde(skip)]
    pub trash_root_id: Option<Id>,
}

/// A page of campaigns.
pub type CampaignPage = Page<Campaign>;
/// Campaigns that something refers to.
pub type CampaignsById = ById<Campaign>;

text_enum! {
    /// What a campaign refers to.
    pub enum CampaignReference {
        /// The member who leads it.
        Lead = "lead",
    }
}

/// What campaigns refer to, as far as it was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignExpansion {
    /// The leads.
    pub members: MembersById,
}

/// A campaign, with what it refers to.
pub type ExpandedCampaign = Expanded<Campaign, CampaignExpansion>;
/// A page of campaigns, with what they refer to.
pub type ExpandedCampaignPage = Expanded<CampaignPage, CampaignExpansion>;

impl Campaign {
    /// The same as somebody may see it who sees money, or who does not.
    pub(super) fn seen(self, sees_money: bool) -> Self {
        let budget = self.budget.filter(|_| sees_money);
        Self { budget, ..self }
    }
}

impl Journaled for Campaign {
    const KIND: Kind = Kind::Campaign;

    fn id(&self) -> Id {
        self.id
    }

    fn campaign_id(&self) -> Option<Id> {
        Some(self.id)
    }
}
