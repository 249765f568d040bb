//! What is asked of members over HTTP. Changing one and taking one out of the team look at tasks, so they live with the
//! work.

use actix_web::get;
use diesel::prelude::*;

use super::{Member, MemberFilter, MemberPage, MemberSort, MyMember, find, in_team};
use crate::access::{Permission, Reading, TeamScope};
use crate::db::rows::{Direction, ESCAPE, pattern};
use crate::db::{Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::{AnyOf, Flag};
use crate::http::{Answer, PageRequest, Query, Reply, ServiceConfig};
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
            let mut mine = MyMember::from(find(reading, reading.me.member_id)?);
            mine.permissions
                .retain(|permission| reading.may(*permission));
            Reply::record(&mine, mine.member.version)
        })
        .await
}

/// Show a member
#[utoipa::path(tag = "members", responses((status = 200, body = Member)))]
#[get("/v1/teams/{team_id}/members/{member_id}")]
pub async fn get_member(scope: TeamScope) -> Answer {
    let id = scope.id("member_id")?;
    scope
        .read(Permission::MemberRead, move |reading| {
            let member = find(reading, id)?;
            Reply::record(&member, member.version)
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_members)
        .service(get_my_member)
        .service(get_member);
}
