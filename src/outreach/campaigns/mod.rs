//! Campaigns: community initiatives with an objective, a period, a lead, a budget and a life cycle.
//!
//! The surprising rule: a campaign never stores how far it is. Progress comes from its tasks, so it lives with
//! the work (`…/campaigns/{id}/progress`), and this area knows nothing of tasks.

mod model;

use std::collections::BTreeSet;
use std::slice;

use actix_web::{get, patch, post};
use diesel::prelude::*;
use serde_json::json;

pub use model::{
    Campaign, CampaignFilter, CampaignPage, CampaignPatch, CampaignSort, CampaignsById,
    NewCampaign, Objective,
};
use model::{CampaignExpansion, CampaignReference, ExpandedCampaign, ExpandedCampaignPage};

use super::campaign_status::CampaignStatus;
use crate::access::{Permission, Reading, Sight, TeamId, TeamScope};
use crate::db::rows::{Direction, ESCAPE, columns, fold, pattern};
use crate::db::{Date, Id, Instant, Json, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::text::{Markdown, Name};
use crate::http::{
    Answer, Body, Expand, FieldError, PageRequest, Problem, Query, Reply, ServiceConfig,
};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};
use crate::people::members;
use crate::schema::campaigns;
use crate::{keyset_page, keyset_page_nulls_last, one_of};

/// Who sees what a campaign may cost.
const MONEY: Permission = Permission::BudgetLineRead;

// ---------------------------------------------------------------- rules

/// The period runs forward.
fn check_period(starts_on: Option<Date>, ends_on: Option<Date>) -> Result<(), Problem> {
    match (starts_on, ends_on) {
        (Some(starts_on), Some(ends_on)) if ends_on < starts_on => Err(Problem::fields(vec![
            FieldError::body("/ends_on", "before_start", "Not before starts_on.")
                .with(json!({"starts_on": starts_on})),
        ])),
        _ => Ok(()),
    }
}

fn check_status(from: CampaignStatus, to: CampaignStatus) -> Result<(), Problem> {
    if from == to {
        return Ok(());
    }
    from.next(to).map_err(|refusal| {
        let allowed: Vec<&str> = refusal.allowed.iter().map(|one| one.as_str()).collect();
        Problem::transition(refusal.from.as_str(), refusal.to.as_str(), &allowed)
    })
}

fn search_text(name: &Name, objective: &Objective, description: &Markdown) -> String {
    fold(&format!("{name}\n{objective}\n{description}"))
}

// ---------------------------------------------------------------- queries

/// The campaigns of the team that are in use: where every query of campaigns begins.
#[must_use]
pub fn in_team(team: TeamId) -> campaigns::BoxedQuery<'static, MultiBackend> {
    campaigns::table
        .filter(campaigns::team_id.eq(team.id()))
        .filter(campaigns::deleted_at.is_null())
        .into_boxed()
}

/// The same for all teams in sight.
fn in_sight(sight: &Sight<'_>) -> campaigns::BoxedQuery<'static, MultiBackend> {
    campaigns::table
        .filter(campaigns::team_id.eq_any(sight.teams(Permission::CampaignRead)))
        .filter(campaigns::deleted_at.is_null())
        .into_boxed()
}

/// Those of these campaigns that are in sight, as they may be seen.
///
/// # Errors
/// What the database answers.
pub fn these(sight: &mut Sight<'_>, ids: BTreeSet<Id>) -> Result<CampaignsById, Problem> {
    let counting = sight.teams(MONEY);
    CampaignsById::of(ids, |ids| {
        let found: Vec<Campaign> = in_sight(sight)
            .filter(campaigns::id.eq_any(ids))
            .select(Campaign::as_select())
            .load(sight.conn)?;
        let seen = |one: Campaign| {
            let sees_money = counting.contains(&one.team_id);
            (one.id, one.seen(sees_money))
        };
        Ok(found.into_iter().map(seen).collect())
    })
}

/// What the campaigns that are shown refer to.
fn expand(
    sight: &mut Sight<'_>,
    wanted: &Expand<CampaignReference>,
    shown: &[Campaign],
) -> Result<Option<CampaignExpansion>, Problem> {
    let Some(references) = wanted.references() else {
        return Ok(None);
    };
    let mut leads = BTreeSet::new();
    for reference in references {
        match reference {
            CampaignReference::Lead => leads.extend(shown.iter().filter_map(|one| one.lead_id)),
        }
    }
    Ok(Some(CampaignExpansion {
        members: members::these(sight, leads)?,
    }))
}

/// The campaign with this id.
///
/// # Errors
/// `not_found`.
pub fn find(reading: &mut Reading<'_>, id: Id) -> Result<Campaign, Problem> {
    Ok(in_team(reading.team)
        .filter(campaigns::id.eq(id))
        .select(Campaign::as_select())
        .first(reading.conn)?)
}

/// Refuses an id in the body that names no campaign of the team.
///
/// # Errors
/// `validation_failed` at `pointer`.
pub fn check_reference(reading: &mut Reading<'_>, id: Id, pointer: &str) -> Result<(), Problem> {
    let found: Option<Id> = in_team(reading.team)
        .filter(campaigns::id.eq(id))
        .select(campaigns::id)
        .first(reading.conn)
        .optional()?;
    match found {
        Some(_) => Ok(()),
        None => Err(Problem::field(
            pointer,
            "unknown_reference",
            "There is no such campaign in this team.",
        )),
    }
}

fn filtered(
    reading: &Reading<'_>,
    filter: &CampaignFilter,
) -> campaigns::BoxedQuery<'static, MultiBackend> {
    let mut query = in_team(reading.team);
    if let Some(AnyOf(statuses)) = &filter.status {
        query = query.filter(campaigns::status.eq_any(statuses.clone()));
    }
    if let Some(leads) = &filter.lead_id {
        let wanted = leads.resolve(reading.me.member_id);
        query = one_of!(query, campaigns::lead_id, wanted);
    }
    if let Some(words) = &filter.q {
        query = query.filter(
            campaigns::search
                .like(pattern(words.as_str()))
                .escape(ESCAPE),
        );
    }
    query
}

fn load_page(
    reading: &mut Reading<'_>,
    filter: &CampaignFilter,
    page: &PageRequest,
) -> Result<CampaignPage, Problem> {
    let (sort, direction) = page.sort((CampaignSort::CreatedAt, Direction::Descending))?;
    let query = filtered(reading, filter);
    let loaded = match sort {
        CampaignSort::CreatedAt => keyset_page!(
            query,
            reading.conn,
            page,
            direction,
            Campaign,
            (campaigns::created_at, campaigns::id),
            Instant,
            |campaign| campaign.created_at
        ),
        CampaignSort::UpdatedAt => keyset_page!(
            query,
            reading.conn,
            page,
            direction,
            Campaign,
            (campaigns::updated_at, campaigns::id),
            Instant,
            |campaign| campaign.updated_at
        ),
        CampaignSort::StartsOn => keyset_page_nulls_last!(
            filtered(reading, filter),
            reading.conn,
            page,
            direction,
            Campaign,
            (campaigns::starts_on, campaigns::id),
            Date,
            |campaign| campaign.starts_on
        ),
    };
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(reading, filter)
        .select(campaigns::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}

// ---------------------------------------------------------------- handlers

/// List campaigns
///
/// The campaigns in use, newest first unless sorted otherwise.
#[utoipa::path(tag = "campaigns",
    params(CampaignFilter, ("sort" = inline(Option<CampaignSort>), Query), Expand<CampaignReference>),
    responses((status = 200, body = ExpandedCampaignPage)))]
#[get("/v1/teams/{team_id}/campaigns")]
pub async fn list_campaigns(
    scope: TeamScope,
    filter: Query<CampaignFilter>,
    wanted: Query<Expand<CampaignReference>>,
    page: PageRequest,
) -> Answer {
    scope
        .list(Permission::CampaignRead, move |reading| {
            let sees_money = reading.may(MONEY);
            let loaded = load_page(reading, &filter.0, &page)?.map(|one| one.seen(sees_money));
            let expanded = expand(&mut reading.sight(), &wanted.0, &loaded.items)?;
            Reply::page_beside(&loaded, &page, expanded)
        })
        .await
}

/// Create a campaign
///
/// It begins as a draft.
#[utoipa::path(tag = "campaigns", request_body = NewCampaign, responses((status = 201, body = Campaign)))]
#[post("/v1/teams/{team_id}/campaigns")]
pub async fn create_campaign(scope: TeamScope, body: Body<NewCampaign>) -> Answer {
    let Body(new) = body;
    let place = scope.address("campaigns");
    scope
        .write(Permission::CampaignWrite, move |tx| {
            check_period(new.starts_on, new.ends_on)?;
            if let Some(lead_id) = new.lead_id {
                members::check_reference(tx, lead_id, "/lead_id")?;
            }
            let campaign = Campaign {
                team_id: tx.team.id(),
                id: Id::new(),
                search: search_text(&new.name, &new.objective, &new.description),
                name: new.name,
                objective: new.objective,
                description: new.description,
                starts_on: new.starts_on,
                ends_on: new.ends_on,
                lead_id: new.lead_id,
                budget: new.budget.map(Json),
                colour: new.colour,
                status: CampaignStatus::Draft,
                created_at: tx.now,
                updated_at: tx.now,
                version: tx.revision,
                deleted_at: None,
                trash_root_id: None,
            };
            diesel::insert_into(campaigns::table)
                .values(&campaign)
                .execute(tx.conn)?;
            tx.created(&campaign)?;
            Reply::created(
                &campaign,
                campaign.version,
                format!("{place}/{}", campaign.id),
            )
        })
        .await
}

/// Show a campaign
///
/// How far it is, its tasks tell: see its progress.
#[utoipa::path(tag = "campaigns", params(Expand<CampaignReference>),
    responses((status = 200, body = ExpandedCampaign)))]
#[get("/v1/teams/{team_id}/campaigns/{campaign_id}")]
pub async fn get_campaign(scope: TeamScope, wanted: Query<Expand<CampaignReference>>) -> Answer {
    let id = scope.id("campaign_id")?;
    scope
        .read(Permission::CampaignRead, move |reading| {
            let sees_money = reading.may(MONEY);
            let campaign = find(reading, id)?.seen(sees_money);
            let expanded = expand(&mut reading.sight(), &wanted.0, slice::from_ref(&campaign))?;
            let is_tagged_as_seen = sees_money || expanded.is_some();
            let reply = reading.show(&campaign, campaign.version, expanded)?;
            if is_tagged_as_seen {
                return Ok(reply);
            }
            // Another tag than that of whoever sees the money.
            Ok(reply.tagged(reading.etag_with(campaign.version, campaign.version)))
        })
        .await
}

/// Change a campaign
///
/// A JSON Merge Patch: absent keeps, null clears. `status` goes through the state machine: draft → planned →
/// active ⇄ paused, active → completed (and back, when it is reopened), any but completed → cancelled, and
/// completed or cancelled → archived. An impossible step is 409 and lists the possible ones.
#[utoipa::path(tag = "campaigns", request_body = CampaignPatch, responses((status = 200, body = Campaign)))]
#[patch("/v1/teams/{team_id}/campaigns/{campaign_id}")]
pub async fn update_campaign(scope: TeamScope, body: Body<CampaignPatch>) -> Answer {
    let id = scope.id("campaign_id")?;
    let Body(patch) = body;
    scope
        .write(Permission::CampaignWrite, move |tx| {
            let before = find(tx, id)?;
            tx.expect_version(before.version)?;
            check_period(
                patch.starts_on.unwrap_or(before.starts_on),
                patch.ends_on.unwrap_or(before.ends_on),
            )?;
            check_status(before.status, patch.status.unwrap_or(before.status))?;
            if let Some(Some(lead_id)) = patch.lead_id {
                members::check_reference(tx, lead_id, "/lead_id")?;
            }
            let search = search_text(
                patch.name.as_ref().unwrap_or(&before.name),
                patch.objective.as_ref().unwrap_or(&before.objective),
                patch.description.as_ref().unwrap_or(&before.description),
            );
            let after = diesel::update(campaigns::table.find((tx.team.id(), id)))
                .set((
                    &patch,
                    campaigns::search.eq(search),
                    campaigns::updated_at.eq(tx.now),
                    campaigns::version.eq(tx.revision),
                ))
                .returning(columns::<Campaign>())
                .get_result(tx.conn)?;
            let campaign = tx.change(before, after)?;
            Reply::record(&campaign, campaign.version)
        })
        .await
}

/// Show the history of a campaign
///
/// Who changed what, when, from what to what, oldest first.
#[utoipa::path(tag = "campaigns", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/campaigns/{campaign_id}/history")]
pub async fn list_campaign_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("campaign_id")?;
    history_of(scope, page, Kind::Campaign, move |reading| {
        Ok(find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_campaigns)
        .service(create_campaign)
        .service(get_campaign)
        .service(update_campaign)
        .service(list_campaign_history);
}
