//! Ownership offers: handing a team over, with acceptance.
//!
//! The surprising rule: by default the giver is a lead once the offer is accepted; with `is_shared` both are owners.
//! An offer lives no longer than the giver's own ownership.

use actix_web::{get, post};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::members;
use crate::access::{Permission, Reading, Role, TeamId, TeamScope, Tx};
use crate::db::rows::columns;
use crate::db::{Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::{Answer, Body, Code, Page, PageRequest, Problem, Reply, ServiceConfig};
use crate::journal::{Journaled, Kind};
use crate::schema::ownership_offers as offers;
use crate::{keyset_page, text_enum};

text_enum! {
    /// What became of an ownership offer.
    pub enum OwnershipOfferState {
        /// It waits for an answer.
        Offered = "offered",
        /// The member is an owner.
        Accepted = "accepted",
        /// The member does not want to.
        Declined = "declined",
        /// The giver has changed their mind, or is no owner any more.
        Withdrawn = "withdrawn",
    }
}

/// A new ownership offer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to_member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "is_shared": false}))]
pub struct NewOwnershipOffer {
    /// The member who is to be an owner.
    to_member_id: Id,
    /// Whether you stay an owner besides; otherwise you are a lead then.
    #[serde(default)]
    is_shared: bool,
}

/// An offer to own the team.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = offers)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "from_member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "to_member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "is_shared": false, "state": "offered", "created_at": "2026-03-01T12:00:00.000Z", "answered_at": null, "version": 12}))]
pub struct OwnershipOffer {
    /// The team.
    pub team_id: Id,
    /// The offer's id.
    pub id: Id,
    /// The owner who offers.
    pub from_member_id: Id,
    /// The member who is asked.
    pub to_member_id: Id,
    /// Whether the giver stays an owner.
    pub is_shared: bool,
    /// What became of it.
    pub state: OwnershipOfferState,
    /// When it was made.
    pub created_at: Instant,
    /// When it was accepted, declined or withdrawn.
    #[schema(required = true)]
    pub answered_at: Option<Instant>,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of ownership offers.
pub type OwnershipOfferPage = Page<OwnershipOffer>;

impl Journaled for OwnershipOffer {
    const KIND: Kind = Kind::OwnershipOffer;

    fn id(&self) -> Id {
        self.id
    }
}

// ---------------------------------------------------------------- rules

/// Only the member to whom it was offered answers.
fn check_recipient(reading: &Reading<'_>, offer: &OwnershipOffer) -> Result<(), Problem> {
    if offer.to_member_id == reading.me.member_id {
        return Ok(());
    }
    Err(Problem::new(Code::InsufficientRole)
        .detail("Only the member to whom the ownership is offered can answer.")
        .member("required", Permission::OwnershipAnswer.as_str()))
}

// ---------------------------------------------------------------- queries

/// The offers of the team that the caller may see: where every query of them begins. Whoever may read them sees
/// all, everybody else the ones they are asked in.
#[must_use]
fn visible(reading: &Reading<'_>) -> offers::BoxedQuery<'static, MultiBackend> {
    let query = in_team(reading.team);
    if reading.may(Permission::OwnershipRead) {
        query
    } else {
        query.filter(offers::to_member_id.eq(reading.me.member_id))
    }
}

fn in_team(team: TeamId) -> offers::BoxedQuery<'static, MultiBackend> {
    offers::table
        .filter(offers::team_id.eq(team.id()))
        .into_boxed()
}

fn find(reading: &mut Reading<'_>, id: Id) -> Result<OwnershipOffer, Problem> {
    Ok(visible(reading)
        .filter(offers::id.eq(id))
        .select(OwnershipOffer::as_select())
        .first(reading.conn)?)
}

/// Moves an open offer to its end.
fn close(
    tx: &mut Tx<'_>,
    before: OwnershipOffer,
    state: OwnershipOfferState,
) -> Result<OwnershipOffer, Problem> {
    if before.state != OwnershipOfferState::Offered {
        return Err(Problem::transition(
            before.state.as_str(),
            state.as_str(),
            &[],
        ));
    }
    let after: OwnershipOffer = diesel::update(offers::table.find((before.team_id, before.id)))
        .set((
            offers::state.eq(state),
            offers::answered_at.eq(tx.now),
            offers::version.eq(tx.revision),
        ))
        .returning(columns::<OwnershipOffer>())
        .get_result(tx.conn)?;
    tx.change(before, after)
}

/// Withdraws what a member has offered.
pub(super) fn withdraw_from(tx: &mut Tx<'_>, member_id: Id) -> Result<(), Problem> {
    let open = in_team(tx.team).filter(offers::from_member_id.eq(member_id));
    withdraw_all(tx, open)
}

/// Withdraws what a member was offered.
pub(super) fn withdraw_to(tx: &mut Tx<'_>, member_id: Id) -> Result<(), Problem> {
    let open = in_team(tx.team).filter(offers::to_member_id.eq(member_id));
    withdraw_all(tx, open)
}

fn withdraw_all(
    tx: &mut Tx<'_>,
    query: offers::BoxedQuery<'static, MultiBackend>,
) -> Result<(), Problem> {
    let open: Vec<OwnershipOffer> = query
        .filter(offers::state.eq(OwnershipOfferState::Offered))
        .select(OwnershipOffer::as_select())
        .load(tx.conn)?;
    for offer in open {
        close(tx, offer, OwnershipOfferState::Withdrawn)?;
    }
    Ok(())
}

// ---------------------------------------------------------------- handlers

/// List ownership offers
///
/// Newest first. Leads and owners see all of them, others the ones that they are asked in.
#[utoipa::path(tag = "ownership", responses((status = 200, body = OwnershipOfferPage)))]
#[get("/v1/teams/{team_id}/ownership-offers")]
pub async fn list_ownership_offers(scope: TeamScope, page: PageRequest) -> Answer {
    scope
        .list(Permission::OwnershipAnswer, move |reading| {
            let query = visible(reading);
            let mut loaded = keyset_page!(
                query,
                reading.conn,
                &page,
                Direction::Descending,
                OwnershipOffer,
                (offers::created_at, offers::id),
                Instant,
                |offer| offer.created_at
            );
            if page.wants_total() {
                let ids: Vec<Id> = visible(reading)
                    .select(offers::id)
                    .limit(TOTAL_CAP + 1)
                    .load(reading.conn)?;
                loaded = loaded.with_total(ids.len());
            }
            Reply::page(&loaded, &page)
        })
        .await
}

/// Offer the ownership
///
/// To a member of the team, who accepts or declines. A member has at most one open offer.
#[utoipa::path(tag = "ownership", request_body = NewOwnershipOffer, responses((status = 201, body = OwnershipOffer)))]
#[post("/v1/teams/{team_id}/ownership-offers")]
pub async fn create_ownership_offer(scope: TeamScope, body: Body<NewOwnershipOffer>) -> Answer {
    let Body(new) = body;
    let place = scope.address("ownership-offers");
    scope
        .write(Permission::OwnershipOffer, move |tx| {
            members::check_reference(tx, new.to_member_id, "/to_member_id")?;
            if members::find(tx, new.to_member_id)?.role == Role::Owner {
                return Err(Problem::new(Code::AlreadyExists)
                    .detail("This member is an owner of the team already."));
            }
            let open: Option<Id> = in_team(tx.team)
                .filter(offers::to_member_id.eq(new.to_member_id))
                .filter(offers::state.eq(OwnershipOfferState::Offered))
                .select(offers::id)
                .first(tx.conn)
                .optional()?;
            if let Some(id) = open {
                return Err(Problem::new(Code::AlreadyExists)
                    .detail("This member has an open ownership offer.")
                    .member("ownership_offer_id", id));
            }
            let offer = OwnershipOffer {
                team_id: tx.team.id(),
                id: Id::new(),
                from_member_id: tx.me.member_id,
                to_member_id: new.to_member_id,
                is_shared: new.is_shared,
                state: OwnershipOfferState::Offered,
                created_at: tx.now,
                answered_at: None,
                version: tx.revision,
            };
            diesel::insert_into(offers::table)
                .values(&offer)
                .execute(tx.conn)?;
            tx.created(&offer)?;
            Reply::created(&offer, offer.version, format!("{place}/{}", offer.id))
        })
        .await
}

/// Show an ownership offer
#[utoipa::path(tag = "ownership", responses((status = 200, body = OwnershipOffer)))]
#[get("/v1/teams/{team_id}/ownership-offers/{ownership_offer_id}")]
pub async fn get_ownership_offer(scope: TeamScope) -> Answer {
    let id = scope.id("ownership_offer_id")?;
    scope
        .read(Permission::OwnershipAnswer, move |reading| {
            let offer = find(reading, id)?;
            Reply::record(&offer, offer.version)
        })
        .await
}

/// Accept an ownership offer
///
/// You are an owner then; the giver is a lead, unless the ownership is shared.
#[utoipa::path(tag = "ownership", responses((status = 200, body = OwnershipOffer)))]
#[post("/v1/teams/{team_id}/ownership-offers/{ownership_offer_id}/accept")]
pub async fn accept_ownership_offer(scope: TeamScope) -> Answer {
    let id = scope.id("ownership_offer_id")?;
    scope
        .write(Permission::OwnershipAnswer, move |tx| {
            let before = find(tx, id)?;
            check_recipient(tx, &before)?;
            tx.expect_version(before.version)?;
            let offer = close(tx, before, OwnershipOfferState::Accepted)?;
            // Both are members: an offer is withdrawn when either leaves or the giver is no owner any more.
            let taker = members::find(tx, offer.to_member_id)?;
            members::set_role(tx, taker, Role::Owner)?;
            if !offer.is_shared {
                let giver = members::find(tx, offer.from_member_id)?;
                members::set_role(tx, giver, Role::Lead)?;
            }
            Reply::record(&offer, offer.version)
        })
        .await
}

/// Decline an ownership offer
///
/// Nothing else changes.
#[utoipa::path(tag = "ownership", responses((status = 200, body = OwnershipOffer)))]
#[post("/v1/teams/{team_id}/ownership-offers/{ownership_offer_id}/decline")]
pub async fn decline_ownership_offer(scope: TeamScope) -> Answer {
    let id = scope.id("ownership_offer_id")?;
    scope
        .write(Permission::OwnershipAnswer, move |tx| {
            let before = find(tx, id)?;
            check_recipient(tx, &before)?;
            tx.expect_version(before.version)?;
            let offer = close(tx, before, OwnershipOfferState::Declined)?;
            Reply::record(&offer, offer.version)
        })
        .await
}

/// Withdraw an ownership offer
///
/// Any owner of the team can.
#[utoipa::path(tag = "ownership", responses((status = 200, body = OwnershipOffer)))]
#[post("/v1/teams/{team_id}/ownership-offers/{ownership_offer_id}/withdraw")]
pub async fn withdraw_ownership_offer(scope: TeamScope) -> Answer {
    let id = scope.id("ownership_offer_id")?;
    scope
        .write(Permission::OwnershipOffer, move |tx| {
            let before = find(tx, id)?;
            tx.expect_version(before.version)?;
            let offer = close(tx, before, OwnershipOfferState::Withdrawn)?;
            Reply::record(&offer, offer.version)
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_ownership_offers)
        .service(create_ownership_offer)
        .service(get_ownership_offer)
        .service(accept_ownership_offer)
        .service(decline_ownership_offer)
        .service(withdraw_ownership_offer);
}
