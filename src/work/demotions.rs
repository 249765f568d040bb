//! A member changes, and with the role perhaps what the member may hold.
//!
//! The surprising rule: nobody becomes a guest while holding work. Unlike a departure, which names a successor, a change of
//! role moves nothing: what is in the way is counted (409 `still_referenced`) and handed over first.

use actix_web::patch;

use super::departures::check_holds_nothing;
use super::time_entries;
use crate::access::{Permission, TeamScope, Tx};
use crate::db::Id;
use crate::http::{Answer, Body, Problem, Reply, ServiceConfig};
use crate::people::members::{self, Member, MemberPatch, MyMember};

/// Change a member
///
/// A JSON Merge Patch: absent keeps, null clears. Everybody changes their own profile; others' profiles and
/// roles need `member:write`, and whoever stands above you is not yours to change. Nobody raises anybody above
/// their own role, an owner is made only by accepting an ownership offer, and the last owner stays one. A guest holds no
/// work: while the member answers for or does open tasks, or is a party to active delegations, `"role": "guest"` is 409
/// `still_referenced` with the counts. A timer of theirs that runs is stopped.
#[utoipa::path(tag = "members", request_body = MemberPatch, responses((status = 200, body = Member)))]
#[patch("/v1/teams/{team_id}/members/{member_id}")]
pub async fn update_member(scope: TeamScope, body: Body<MemberPatch>) -> Answer {
    let id = scope.id("member_id")?;
    scope
        .write(Permission::ProfileWrite, move |tx| {
            let member = change(tx, id, &body.0)?;
            Reply::record(&member, member.version)
        })
        .await
}

/// Change myself as a member
///
/// As `update_member` does, without knowing your own id.
#[utoipa::path(tag = "members", request_body = MemberPatch, responses((status = 200, body = MyMember)))]
#[patch("/v1/teams/{team_id}/members/me")]
pub async fn update_my_member(scope: TeamScope, body: Body<MemberPatch>) -> Answer {
    scope
        .write(Permission::ProfileWrite, move |tx| {
            let me = tx.me.member_id;
            let mine = MyMember::from(change(tx, me, &body.0)?);
            Reply::record(&mine, mine.member.version)
        })
        .await
}

fn change(tx: &mut Tx<'_>, id: Id, patch: &MemberPatch) -> Result<Member, Problem> {
    let before = members::find(tx, id)?;
    members::check_change(tx, &before, patch)?;
    if patch.makes_a_guest_of(&before) {
        check_holds_nothing(tx, before.id)?;
        time_entries::end_timer(tx, before.id)?;
    }
    members::change(tx, before, patch)
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(update_my_member).service(update_member);
}
