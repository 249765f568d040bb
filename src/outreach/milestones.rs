//! Milestones: dated points of a campaign that tasks lead up to.
//!
//! The surprising rule: a milestone stays in its campaign for good, because its tasks belong to the same
//! campaign and this area knows nothing of tasks. What is planned elsewhere is another milestone.

use std::collections::BTreeSet;
use std::slice;

use actix_web::{delete, get, patch, post};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::campaigns::CampaignsById;
use super::{campaigns, trashing};
use crate::access::{Permission, Reading, Sight, TeamId, TeamScope, Tx};
use crate::db::rows::{Direction, ESCAPE, columns, fold, pattern};
use crate::db::{Date, Id, Instant, MultiBackend};
use crate::http::expand::ById;
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::strict::{nullable, present};
use crate::http::text::{Markdown, Name};
use crate::http::{
    Answer, Body, Expand, Expanded, Page, PageRequest, Problem, Query, Reply, ServiceConfig, Text,
};
use crate::journal::changes::{ChangePage, history_of};
use crate::journal::{Journaled, Kind};
use crate::schema::milestones;
use crate::{keyset_page, keyset_page_nulls_last, text_enum};

/// A new milestone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "name": "Code freeze", "due_on": "2024-03-06"}))]
pub struct NewMilestone {
    /// The campaign that it is a point of.
    campaign_id: Id,
    name: Name,
    #[serde(default)]
    description: Markdown,
    due_on: Option<Date>,
}

/// What changes in a milestone: absent keeps, null clears. Its campaign never changes.
#[derive(Debug, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = milestones)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"due_on": "2024-03-13"}))]
pub struct MilestonePatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<Name>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    description: Option<Markdown>,
    #[serde(default, deserialize_with = "nullable")]
    due_on: Option<Option<Date>>,
}

/// Which milestones are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MilestoneFilter {
    /// Of any of these campaigns, separated by commas.
    #[param(value_type = Option<String>, max_length = 2000, example = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56")]
    campaign_id: Option<AnyOf<Id>>,
    /// Due on this day or later.
    due_on_gte: Option<Date>,
    /// Due before this day.
    due_on_lt: Option<Date>,
    /// Text that the name contains; case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 200)]
    q: Option<Text<1, 200>>,
}

text_enum! {
    /// What the list sorts by.
    pub enum MilestoneSort {
        /// The day it is due; milestones without a day come last.
        DueOn = "due_on",
        /// When it was made.
        CreatedAt = "created_at",
    }
}

/// A milestone.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = milestones, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "campaign_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "name": "Code freeze", "description": "", "due_on": "2024-03-06", "created_at": "2024-01-02T09:00:00.000Z", "updated_at": "2024-01-02T09:00:00.000Z", "version": 8, "deleted_at": null}))]
pub struct Milestone {
    /// The team.
    pub team_id: Id,
    /// The milestone's id.
    pub id: Id,
    /// The campaign that it is a point of.
    pub campaign_id: Id,
    /// Its name.
    pub name: Name,
    /// More about it, in Markdown.
    pub description: Markdown,
    /// The day it is due.
    #[schema(required = true)]
    pub due_on: Option<Date>,
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

/// A page of milestones.
pub type MilestonePage = Page<Milestone>;
/// Milestones that something refers to.
pub type MilestonesById = ById<Milestone>;

text_enum! {
    /// What a milestone refers to.
    pub enum MilestoneReference {
        /// The campaign that it is a point of.
        Campaign = "campaign",
    }
}

/// What milestones refer to, as far as it was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct MilestoneExpansion {
    /// The campaigns.
    pub campaigns: CampaignsById,
}

/// A milestone, with what it refers to.
pub type ExpandedMilestone = Expanded<Milestone, MilestoneExpansion>;
/// A page of milestones, with what they refer to.
pub type ExpandedMilestonePage = Expanded<MilestonePage, MilestoneExpansion>;

impl Journaled for Milestone {
    const KIND: Kind = Kind::Milestone;

    fn id(&self) -> Id {
        self.id
    }

    fn campaign_id(&self) -> Option<Id> {
        Some(self.campaign_id)
    }
}

// ---------------------------------------------------------------- queries

/// The milestones of the team that are in use: where every query of milestones begins.
#[must_use]
pub fn in_team(team: TeamId) -> milestones::BoxedQuery<'static, MultiBackend> {
    milestones::table
        .filter(milestones::team_id.eq(team.id()))
        .filter(milestones::deleted_at.is_null())
        .into_boxed()
}

/// The same for all teams in sight.
fn in_sight(sight: &Sight<'_>) -> milestones::BoxedQuery<'static, MultiBackend> {
    milestones::table
        .filter(milestones::team_id.eq_any(sight.teams(Permission::CampaignRead)))
        .filter(milestones::deleted_at.is_null())
        .into_boxed()
}

/// Those of these milestones that are in sight.
///
/// # Errors
/// What the database answers.
pub fn these(sight: &mut Sight<'_>, ids: BTreeSet<Id>) -> Result<MilestonesById, Problem> {
    MilestonesById::of(ids, |ids| {
        in_sight(sight)
            .filter(milestones::id.eq_any(ids))
            .select((milestones::id, Milestone::as_select()))
            .load(sight.conn)
    })
}

/// What the milestones that are shown refer to.
fn expand(
    sight: &mut Sight<'_>,
    wanted: &Expand<MilestoneReference>,
    shown: &[Milestone],
) -> Result<Option<MilestoneExpansion>, Problem> {
    let Some(references) = wanted.references() else {
        return Ok(None);
    };
    let mut of = BTreeSet::new();
    for reference in references {
        match reference {
            MilestoneReference::Campaign => of.extend(shown.iter().map(|one| one.campaign_id)),
        }
    }
    Ok(Some(MilestoneExpansion {
        campaigns: campaigns::these(sight, of)?,
    }))
}

/// The milestone with this id.
///
/// # Errors
/// `not_found`.
pub fn find(reading: &mut Reading<'_>, id: Id) -> Result<Milestone, Problem> {
    Ok(in_team(reading.team)
        .filter(milestones::id.eq(id))
        .select(Milestone::as_select())
        .first(reading.conn)?)
}

/// Refuses an id in the body that names no milestone of the team, and answers the campaign of one that is
/// there, for the rule that a task and its milestone belong to the same.
///
/// # Errors
/// `validation_failed` at `pointer`.
pub fn check_reference(reading: &mut Reading<'_>, id: Id, pointer: &str) -> Result<Id, Problem> {
    let campaign_id: Option<Id> = in_team(reading.team)
        .filter(milestones::id.eq(id))
        .select(milestones::campaign_id)
        .first(reading.conn)
        .optional()?;
    campaign_id.ok_or_else(|| {
        Problem::field(
            pointer,
            "unknown_reference",
            "There is no such milestone in this team.",
        )
    })
}

/// Makes a milestone of a campaign that is there, and journals it.
///
/// # Errors
/// What the database answers.
pub fn make(
    tx: &mut Tx<'_>,
    campaign_id: Id,
    name: Name,
    description: Markdown,
    due_on: Option<Date>,
) -> Result<Milestone, Problem> {
    let milestone = Milestone {
        team_id: tx.team.id(),
        id: Id::new(),
        campaign_id,
        search: fold(name.as_str()),
        name,
        description,
        due_on,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
        deleted_at: None,
        trash_root_id: None,
    };
    diesel::insert_into(milestones::table)
        .values(&milestone)
        .execute(tx.conn)?;
    tx.created(&milestone)?;
    Ok(milestone)
}

fn filtered(
    reading: &Reading<'_>,
    filter: &MilestoneFilter,
) -> milestones::BoxedQuery<'static, MultiBackend> {
    let mut query = in_team(reading.team);
    if let Some(AnyOf(campaigns)) = &filter.campaign_id {
        query = query.filter(milestones::campaign_id.eq_any(campaigns.clone()));
    }
    if let Some(first) = filter.due_on_gte {
        query = query.filter(milestones::due_on.ge(first));
    }
    if let Some(end) = filter.due_on_lt {
        query = query.filter(milestones::due_on.lt(end));
    }
    if let Some(words) = &filter.q {
        query = query.filter(
            milestones::search
                .like(pattern(words.as_str()))
                .escape(ESCAPE),
        );
    }
    query
}

fn load_page(
    reading: &mut Reading<'_>,
    filter: &MilestoneFilter,
    page: &PageRequest,
) -> Result<MilestonePage, Problem> {
    let (sort, direction) = page.sort((MilestoneSort::DueOn, Direction::Ascending))?;
    let loaded = match sort {
        MilestoneSort::DueOn => keyset_page_nulls_last!(
            filtered(reading, filter),
            reading.conn,
            page,
            direction,
            Milestone,
            (milestones::due_on, milestones::id),
            Date,
            |milestone| milestone.due_on
        ),
        MilestoneSort::CreatedAt => keyset_page!(
            filtered(reading, filter),
            reading.conn,
            page,
            direction,
            Milestone,
            (milestones::created_at, milestones::id),
            Instant,
            |milestone| milestone.created_at
        ),
    };
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(reading, filter)
        .select(milestones::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}

// ---------------------------------------------------------------- handlers

/// List milestones
///
/// The milestones in use, the next due first unless sorted otherwise.
#[utoipa::path(tag = "milestones",
    params(MilestoneFilter, ("sort" = inline(Option<MilestoneSort>), Query), Expand<MilestoneReference>),
    responses((status = 200, body = ExpandedMilestonePage)))]
#[get("/v1/teams/{team_id}/milestones")]
pub async fn list_milestones(
    scope: TeamScope,
    filter: Query<MilestoneFilter>,
    wanted: Query<Expand<MilestoneReference>>,
    page: PageRequest,
) -> Answer {
    scope
        .list(Permission::CampaignRead, move |reading| {
            let loaded = load_page(reading, &filter.0, &page)?;
            let expanded = expand(&mut reading.sight(), &wanted.0, &loaded.items)?;
            Reply::page_beside(&loaded, &page, expanded)
        })
        .await
}

/// Create a milestone
///
/// It stays in its campaign for good.
#[utoipa::path(tag = "milestones", request_body = NewMilestone, responses((status = 201, body = Milestone)))]
#[post("/v1/teams/{team_id}/milestones")]
pub async fn create_milestone(scope: TeamScope, body: Body<NewMilestone>) -> Answer {
    let Body(new) = body;
    let place = scope.address("milestones");
    scope
        .write(Permission::CampaignWrite, move |tx| {
            campaigns::check_reference(tx, new.campaign_id, "/campaign_id")?;
            let milestone = make(tx, new.campaign_id, new.name, new.description, new.due_on)?;
            Reply::created(
                &milestone,
                milestone.version,
                format!("{place}/{}", milestone.id),
            )
        })
        .await
}

/// Show a milestone
///
/// How far it is, its tasks tell: see its progress.
#[utoipa::path(tag = "milestones", params(Expand<MilestoneReference>),
    responses((status = 200, body = ExpandedMilestone)))]
#[get("/v1/teams/{team_id}/milestones/{milestone_id}")]
pub async fn get_milestone(scope: TeamScope, wanted: Query<Expand<MilestoneReference>>) -> Answer {
    let id = scope.id("milestone_id")?;
    scope
        .read(Permission::CampaignRead, move |reading| {
            let milestone = find(reading, id)?;
            let expanded = expand(&mut reading.sight(), &wanted.0, slice::from_ref(&milestone))?;
            reading.show(&milestone, milestone.version, expanded)
        })
        .await
}

/// Change a milestone
///
/// A JSON Merge Patch: absent keeps, null clears. A milestone does not move to another campaign.
#[utoipa::path(tag = "milestones", request_body = MilestonePatch, responses((status = 200, body = Milestone)))]
#[patch("/v1/teams/{team_id}/milestones/{milestone_id}")]
pub async fn update_milestone(scope: TeamScope, body: Body<MilestonePatch>) -> Answer {
    let id = scope.id("milestone_id")?;
    let Body(patch) = body;
    scope
        .write(Permission::CampaignWrite, move |tx| {
            let before = find(tx, id)?;
            tx.expect_version(before.version)?;
            let search = fold(patch.name.as_ref().unwrap_or(&before.name).as_str());
            let after = diesel::update(milestones::table.find((tx.team.id(), id)))
                .set((
                    &patch,
                    milestones::search.eq(search),
                    milestones::updated_at.eq(tx.now),
                    milestones::version.eq(tx.revision),
                ))
                .returning(columns::<Milestone>())
                .get_result(tx.conn)?;
            let milestone = tx.change(before, after)?;
            Reply::record(&milestone, milestone.version)
        })
        .await
}

/// Delete a milestone
///
/// It goes to the trash for 30 days. Its tasks stay where they are and keep their `milestone_id`, so that
/// restoring the milestone loses nothing; when it is purged, they are left without one.
#[utoipa::path(tag = "milestones", responses((status = 204, description = "It is in the trash.")))]
#[delete("/v1/teams/{team_id}/milestones/{milestone_id}")]
pub async fn delete_milestone(scope: TeamScope) -> Answer {
    let id = scope.id("milestone_id")?;
    scope
        .write(Permission::CampaignWrite, move |tx| {
            let milestone = find(tx, id)?;
            tx.expect_version(milestone.version)?;
            trashing::milestone_with(tx, &milestone, id)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Show the history of a milestone
///
/// Who changed what, when, from what to what, oldest first.
#[utoipa::path(tag = "milestones", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/milestones/{milestone_id}/history")]
pub async fn list_milestone_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("milestone_id")?;
    history_of(scope, page, Kind::Milestone, move |reading| {
        Ok(find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_milestones)
        .service(create_milestone)
        .service(get_milestone)
        .service(update_milestone)
        .service(delete_milestone)
        .service(list_milestone_history);
}
