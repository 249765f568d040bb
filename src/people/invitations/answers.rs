//! Invitations as the invited person sees them: looked at, accepted, declined.
//!
//! The surprising rule: whatever is wrong with a secret, the answer is the same 404. It lists the possible causes
//! and does not tell which, because whoever found somebody else's link must not learn to whom it was sent.

use actix_web::post;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Invitation, InvitationSecret, InvitationState, close, find, opened_for};
use crate::access::secrets::Secret;
use crate::access::team_scope::enter_team;
use crate::access::{AccountScope, AccountTx, Role, Tx};
use crate::db::{Id, Instant};
use crate::http::text::Name;
use crate::http::{Answer, Body, Code, Problem, Reply, ServiceConfig};
use crate::people::members::{self, Member};
use crate::people::texts::Email;
use crate::schema::{accounts, members as memberships, teams};

/// What an invitation is for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "team_name": "Kubernetes releases", "role": "member", "invited_by_name": "Ada Lovelace", "expires_at": "2026-03-08T12:00:00.000Z"}))]
pub struct InvitationSummary {
    /// The team.
    pub team_id: Id,
    /// Its name.
    pub team_name: Name,
    /// The role that you would have.
    pub role: Role,
    /// The member who invited you.
    pub invited_by_name: Name,
    /// Until when you can answer.
    pub expires_at: Instant,
}

fn not_valid() -> Problem {
    Problem::not_found().detail(
        "No invitation can be answered with this secret by this account. It may be mistyped, answered, revoked or \
         expired, its team may be gone, or it may be for another e-mail than the one you are signed in with.",
    )
}

/// The invitation, and the caller's name.
fn opened(tx: &mut AccountTx<'_>, secret: &Secret) -> Result<(Invitation, Name), Problem> {
    let (email, name): (Email, Name) = accounts::table
        .find(tx.account_id)
        .select((accounts::email, accounts::name))
        .first(tx.conn)?;
    let invitation = opened_for(tx.conn, secret, &email, tx.now)?.ok_or_else(not_valid)?;
    Ok((invitation, name))
}

/// Takes the team's next revision and reads the invitation again: somebody may have revoked it meanwhile.
fn under_lock<'c>(
    tx: &'c mut AccountTx<'_>,
    invitation: &Invitation,
) -> Result<(Tx<'c>, Invitation), Problem> {
    let absent = |problem: Problem| match problem.code() {
        Code::NotFound => not_valid(),
        _ => problem,
    };
    let (account_id, now, followers) = (tx.account_id, tx.now, tx.followers);
    let mut entering =
        enter_team(tx.conn, account_id, invitation.team_id, now, followers).map_err(absent)?;
    let invitation = find(&mut entering, invitation.id).map_err(absent)?;
    if invitation.state == InvitationState::Pending {
        Ok((entering, invitation))
    } else {
        Err(not_valid())
    }
}

/// Look at an invitation
///
/// What the secret invites you to, before you answer. It changes nothing. You must be signed in with the e-mail
/// that was invited.
#[utoipa::path(tag = "invitations", request_body = InvitationSecret, responses((status = 200, body = InvitationSummary)))]
#[post("/v1/invitations/inspect")]
pub async fn inspect_invitation(scope: AccountScope, body: Body<InvitationSecret>) -> Answer {
    let Body(InvitationSecret { secret }) = body;
    scope
        .read(move |tx| {
            let (invitation, _) = opened(tx, &secret.0)?;
            let (team_name, invited_by_name): (Name, Name) = teams::table
                .inner_join(memberships::table.on(memberships::team_id.eq(teams::id)))
                .filter(teams::id.eq(invitation.team_id))
                .filter(memberships::id.eq(invitation.invited_by_id))
                .select((teams::name, memberships::display_name))
                .first(tx.conn)?;
            Reply::ok(&InvitationSummary {
                team_id: invitation.team_id,
                team_name,
                role: invitation.role,
                invited_by_name,
                expires_at: invitation.expires_at,
            })
        })
        .await
}

/// Accept an invitation
///
/// You are a member of the team then, in the role of the invitation. Whoever had left comes back as the same
/// member.
#[utoipa::path(tag = "invitations", request_body = InvitationSecret, responses((status = 201, body = Member)))]
#[post("/v1/invitations/accept")]
pub async fn accept_invitation(scope: AccountScope, body: Body<InvitationSecret>) -> Answer {
    let Body(InvitationSecret { secret }) = body;
    scope
        .write(move |tx| {
            let (invitation, name) = opened(tx, &secret.0)?;
            let (mut entering, invitation) = under_lock(tx, &invitation)?;
            let member = members::enter(&mut entering, name, invitation.role)?;
            close(&mut entering, invitation, InvitationState::Accepted)?;
            entering.follow()?;
            let place = format!("/v1/teams/{}/members/{}", member.team_id, member.id);
            Reply::created(&member, member.version, place)
        })
        .await
}

/// Decline an invitation
///
/// Its secret opens nothing any more. You may be invited again.
#[utoipa::path(tag = "invitations", request_body = InvitationSecret, responses((status = 204)))]
#[post("/v1/invitations/decline")]
pub async fn decline_invitation(scope: AccountScope, body: Body<InvitationSecret>) -> Answer {
    let Body(InvitationSecret { secret }) = body;
    scope
        .write(move |tx| {
            let (invitation, _) = opened(tx, &secret.0)?;
            let (mut entering, invitation) = under_lock(tx, &invitation)?;
            // Whoever declines is no member, so the line has no actor.
            entering.say("Declined by the invited person.");
            close(&mut entering, invitation, InvitationState::Declined)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(inspect_invitation)
        .service(accept_invitation)
        .service(decline_invitation);
}
