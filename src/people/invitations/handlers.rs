//! Invitations as the team sees them: made, listed, revoked.

use actix_web::{get, post};
use diesel::prelude::*;

use super::{
    CreatedInvitation, Invitation, InvitationFilter, InvitationPage, InvitationState,
    NewInvitation, VALID_FOR, close, find, in_team, new_secret,
};
use crate::access::{Permission, Reading, Role, TeamScope, Tx};
use crate::db::{Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::{Answer, Body, Code, PageRequest, Problem, Query, Reply, ServiceConfig};
use crate::keyset_page;
use crate::people::texts::Email;
use crate::schema::{accounts, invitation_secrets, invitations, members};

fn filtered(
    reading: &Reading<'_>,
    filter: &InvitationFilter,
) -> invitations::BoxedQuery<'static, MultiBackend> {
    let query = in_team(reading.team);
    let Some(AnyOf(states)) = &filter.state else {
        return query;
    };
    // Pending and expired are one word in the table; the time tells them apart.
    let wants = |state| states.contains(&state);
    let (pending, expired) = (
        wants(InvitationState::Pending),
        wants(InvitationState::Expired),
    );
    let others: Vec<InvitationState> = states
        .iter()
        .copied()
        .filter(|state| !matches!(state, InvitationState::Pending | InvitationState::Expired))
        .collect();
    let by_time = invitations::state.eq(InvitationState::Pending);
    match (pending, expired) {
        (false, false) => query.filter(invitations::state.eq_any(others)),
        (true, true) => query.filter(invitations::state.eq_any(others).or(by_time)),
        (true, false) => query.filter(
            invitations::state
                .eq_any(others)
                .or(by_time.and(invitations::expires_at.gt(reading.now))),
        ),
        (false, true) => query.filter(
            invitations::state
                .eq_any(others)
                .or(by_time.and(invitations::expires_at.le(reading.now))),
        ),
    }
}

fn check_role(tx: &Tx<'_>, role: Role) -> Result<(), Problem> {
    if role == Role::Owner {
        return Err(Problem::field(
            "/role",
            "needs_ownership_offer",
            "Nobody is invited as owner. Invite in another role, then offer the ownership.",
        ));
    }
    if role > tx.me.role {
        return tx.require(Permission::OwnershipOffer);
    }
    Ok(())
}

/// Refuses to invite who is there, or who was asked already.
fn check_is_new(tx: &mut Tx<'_>, email: &Email) -> Result<(), Problem> {
    let member: Option<Id> = members::table
        .inner_join(accounts::table.on(accounts::id.eq(members::account_id)))
        .filter(members::team_id.eq(tx.team.id()))
        .filter(members::left_at.is_null())
        .filter(accounts::email.eq(email))
        .select(members::id)
        .first(tx.conn)
        .optional()?;
    if member.is_some() {
        return Err(Problem::new(Code::AlreadyExists)
            .detail("Somebody with this e-mail is a member of the team."));
    }
    let pending: Option<Id> = in_team(tx.team)
        .filter(invitations::email.eq(email.clone()))
        .filter(invitations::state.eq(InvitationState::Pending))
        .filter(invitations::expires_at.gt(tx.now))
        .select(invitations::id)
        .first(tx.conn)
        .optional()?;
    match pending {
        Some(id) => Err(Problem::new(Code::AlreadyExists)
            .detail("An invitation to this e-mail is pending. Revoke it to send another.")
            .member("invitation_id", id)),
        None => Ok(()),
    }
}

/// List invitations
///
/// Newest first. The answer depends on the time, so it has no `ETag`.
#[utoipa::path(tag = "invitations", params(InvitationFilter), responses((status = 200, body = InvitationPage)))]
#[get("/v1/teams/{team_id}/invitations")]
pub async fn list_invitations(
    scope: TeamScope,
    filter: Query<InvitationFilter>,
    page: PageRequest,
) -> Answer {
    let Query(filter) = filter;
    scope
        .live(Permission::InvitationRead, move |reading| {
            let query = filtered(reading, &filter);
            let mut loaded = keyset_page!(
                query,
                reading.conn,
                &page,
                Direction::Descending,
                Invitation,
                (invitations::created_at, invitations::id),
                Instant,
                |invitation| invitation.created_at
            );
            if page.wants_total() {
                let ids: Vec<Id> = filtered(reading, &filter)
                    .select(invitations::id)
                    .limit(TOTAL_CAP + 1)
                    .load(reading.conn)?;
                loaded = loaded.with_total(ids.len());
            }
            let now = reading.now;
            Reply::page(&loaded.map(|invitation| invitation.at(now)), &page)
        })
        .await
}

/// Invite somebody
///
/// Answers a secret, once: bring it to the person, who signs in with this e-mail and sends it to
/// POST /v1/invitations/accept within 7 days. It is good for one answer. A retry with the same Idempotency-Key
/// gets the invitation without the secret.
#[utoipa::path(tag = "invitations", request_body = NewInvitation, responses((status = 201, body = CreatedInvitation)))]
#[post("/v1/teams/{team_id}/invitations")]
pub async fn create_invitation(scope: TeamScope, body: Body<NewInvitation>) -> Answer {
    let Body(new) = body;
    let place = scope.address("invitations");
    scope
        .write(Permission::InvitationWrite, move |tx| {
            check_role(tx, new.role)?;
            check_is_new(tx, &new.email)?;
            let invitation = Invitation {
                team_id: tx.team.id(),
                id: Id::new(),
                email: new.email,
                role: new.role,
                state: InvitationState::Pending,
                invited_by_id: tx.me.member_id,
                created_at: tx.now,
                expires_at: tx.now.plus(VALID_FOR),
                answered_at: None,
                version: tx.revision,
            };
            let secret = new_secret(invitation.team_id, invitation.id);
            diesel::insert_into(invitations::table)
                .values(&invitation)
                .execute(tx.conn)?;
            diesel::insert_into(invitation_secrets::table)
                .values((
                    invitation_secrets::team_id.eq(invitation.team_id),
                    invitation_secrets::invitation_id.eq(invitation.id),
                    invitation_secrets::digest.eq(secret.digest().as_bytes().to_vec()),
                ))
                .execute(tx.conn)?;
            tx.created(&invitation)?;
            let (version, place) = (invitation.version, format!("{place}/{}", invitation.id));
            let mut created = CreatedInvitation {
                invitation,
                secret: Some(secret.expose().to_owned()),
            };
            let reply = Reply::created(&created, version, place)?;
            created.secret = None;
            reply.replayed_as(&created)
        })
        .await
}

/// Show an invitation
///
/// The answer depends on the time, so it has no `ETag`; `If-Match` takes the version nevertheless.
#[utoipa::path(tag = "invitations", responses((status = 200, body = Invitation)))]
#[get("/v1/teams/{team_id}/invitations/{invitation_id}")]
pub async fn get_invitation(scope: TeamScope) -> Answer {
    let id = scope.id("invitation_id")?;
    scope
        .live(Permission::InvitationRead, move |reading| {
            Reply::ok(&find(reading, id)?)
        })
        .await
}

/// Revoke an invitation
///
/// Its secret opens nothing any more. Only a pending one can be revoked.
#[utoipa::path(tag = "invitations", responses((status = 200, body = Invitation)))]
#[post("/v1/teams/{team_id}/invitations/{invitation_id}/revoke")]
pub async fn revoke_invitation(scope: TeamScope) -> Answer {
    let id = scope.id("invitation_id")?;
    scope
        .write(Permission::InvitationWrite, move |tx| {
            let before = find(tx, id)?;
            tx.expect_version(before.version)?;
            let invitation = close(tx, before, InvitationState::Revoked)?;
            Reply::record(&invitation, invitation.version)
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_invitations)
        .service(create_invitation)
        .service(get_invitation)
        .service(revoke_invitation);
}
