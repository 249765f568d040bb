//! What is asked of members over HTTP. Taking one out of the team hands over tasks, so it lives with the work.

use actix_web::{get, patch};
use diesel::prelude::*;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    Member, MemberFilter, MemberPage, MemberPatch, MemberSort, MyMember, check_owner_remains,
    check_rank, find, find_in_path, handle_is_taken, in_path, in_team, role_changed, search_text,
};
use crate::access::{Permission, Reading, Role, TeamScope, Tx};
use crate::db::rows::{Direction, ESCAPE, columns, pattern};
use crate::db::{Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::{AnyOf, Flag};
use crate::http::{Answer, Body, Code, PageRequest, Problem, Query, Reply};
use crate::keyset_page;
use crate::schema::members;

fn filtered(
    reading: &Reading<'_>,
    filter: &MemberFilter,
) -> members::BoxedQuery<'static, MultiBackend> {
    let mut query = match filter.include_left {
        Some(Flag(true)) => members::table
            .filter(members::team_id.eq(reading.team.id()))
            .into_boxed(),
        _ => in_team(reading.team),
    };
    if let Some(AnyOf(roles)) = &filter.role {
        query = query.filter(members::role.eq_any(roles.clone()));
    }
    if let Some(words) = &filter.q {
        query = query.filter(members::search.like(pattern(words.as_str())).escape(ESCAPE));
    }
    query
}

/// List members
///
/// Who is in the team, in the order of joining unless sorted otherwise.
#[utoipa::path(tag = "members", params(MemberFilter, ("sort" = inline(Option<MemberSort>), Query)),
    responses((status = 200, body = MemberPage)))]
#[get("/v1/teams/{team_id}/members")]
pub async fn list_members(
    scope: TeamScope,
    filter: Query<MemberFilter>,
    page: PageRequest,
) -> Answer {
    let Query(filter) = filter;
    scope
        .list(Permission::MemberRead, move |reading| {
            let (MemberSort::CreatedAt, direction) =
                page.sort((MemberSort::CreatedAt, Direction::Ascending))?;
            let query = filtered(reading, &filter);
            let mut loaded = keyset_page!(
                query,
                reading.conn,
                &page,
                direction,
                Member,
                (members::created_at, members::id),
                Instant,
                |member| member.created_at
            );
            if page.wants_total() {
                let ids: Vec<Id> = filtered(reading, &filter)
                    .select(members::id)
                    .limit(TOTAL_CAP + 1)
                    .load(reading.conn)?;
                loaded = loaded.with_total(ids.len());
            }
            Reply::page(&loaded, &page)
        })
        .await
}

/// Show myself as a member
///
/// Your own place in the team, with all that you may do there.
#[utoipa::path(tag = "members", responses((status = 200, body = MyMember)))]
#[get("/v1/teams/{team_id}/members/me")]
pub async fn get_my_member(scope: TeamScope) -> Answer {
    scope
        .read(Permission::MemberRead, |reading| {
            let member = find(reading, reading.me.member_id)?;
            let version = member.version;
            let permissions = member.role.permissions();
            Reply::record(
                &MyMember {
                    member,
                    permissions,
                },
                version,
            )
        })
        .await
}

/// Show a member
#[utoipa::path(tag = "members", responses((status = 200, body = Member)))]
#[get("/v1/teams/{team_id}/members/{member_id}")]
pub async fn get_member(scope: TeamScope) -> Answer {
    let who = in_path(&scope)?;
    scope
        .read(Permission::MemberRead, move |reading| {
            let member = find_in_path(reading, who)?;
            Reply::record(&member, member.version)
        })
        .await
}

/// Change a member
///
/// A JSON Merge Patch: absent keeps, null clears. Everybody changes their own profile; others' profiles and
/// roles need `member:write`, and whoever stands above you is not yours to change. Nobody raises anybody above
/// their own role, an owner is made only by accepting an ownership offer, and the last owner stays one.
#[utoipa::path(tag = "members", request_body = MemberPatch, responses((status = 200, body = Member)))]
#[patch("/v1/teams/{team_id}/members/{member_id}")]
pub async fn update_member(scope: TeamScope, body: Body<MemberPatch>) -> Answer {
    let who = in_path(&scope)?;
    let Body(patch) = body;
    scope
        .write(Permission::ProfileWrite, move |tx| {
            let before = find_in_path(tx, who)?;
            if before.id != tx.me.member_id {
                tx.require(Permission::MemberWrite)?;
                check_rank(tx, &before)?;
            }
            tx.expect_version(before.version)?;
            if let Some(role) = patch.role {
                check_role(tx, &before, role)?;
            }
            if let Some(handle) = &patch.handle
                && handle_is_taken(tx, handle, before.id)?
            {
                return Err(Problem::new(Code::AlreadyExists)
                    .detail("Somebody in this team has or had this handle."));
            }
            let search = search_text(
                patch.display_name.as_ref().unwrap_or(&before.display_name),
                patch.handle.as_ref().unwrap_or(&before.handle),
                patch
                    .job_title
                    .as_ref()
                    .unwrap_or(&before.job_title)
                    .as_ref(),
                &patch.skills.as_ref().unwrap_or(&before.skills).0,
            );
            let after: Member = diesel::update(members::table.find((before.team_id, before.id)))
                .set((
                    &patch,
                    members::search.eq(search),
                    members::updated_at.eq(tx.now),
                    members::version.eq(tx.revision),
                ))
                .returning(columns::<Member>())
                .get_result(tx.conn)?;
            role_changed(tx, &before, after.role)?;
            let member = tx.change(before, after)?;
            Reply::record(&member, member.version)
        })
        .await
}

fn check_role(tx: &mut Tx<'_>, before: &Member, role: Role) -> Result<(), Problem> {
    if role == before.role {
        return Ok(());
    }
    tx.require(Permission::MemberWrite)?;
    if role == Role::Owner {
        return Err(Problem::field(
            "/role",
            "needs_ownership_offer",
            "A member becomes an owner by accepting an ownership offer.",
        ));
    }
    if role > tx.me.role {
        return tx.require(Permission::OwnershipOffer);
    }
    check_owner_remains(tx, before)
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_members)
        .service(get_my_member)
        .service(get_member)
        .service(update_member);
}
