//! My absences, over all my teams.

use actix_web::get;
use diesel::prelude::*;

use super::model::{Absence, AbsencePage, AbsenceSort, MyAbsenceFilter};
use crate::access::{AccountScope, Permission, Sight};
use crate::db::rows::Direction;
use crate::db::{Date, Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::{Answer, PageRequest, Problem, Query, Reply, period};
use crate::keyset_page;
use crate::schema::absences;

fn filtered(
    sight: &Sight<'_>,
    filter: &MyAbsenceFilter,
) -> absences::BoxedQuery<'static, MultiBackend> {
    // A member's id is in one team only, so teams and members together name exactly the pairs.
    let mut query = absences::table
        .filter(absences::team_id.eq_any(sight.teams(Permission::AbsenceRead)))
        .filter(absences::member_id.eq_any(sight.me()))
        .into_boxed();
    if let Some(AnyOf(states)) = &filter.state {
        query = query.filter(absences::state.eq_any(states.clone()));
    }
    if let Some(from) = filter.from {
        query = query.filter(absences::last_on.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(absences::first_on.le(to));
    }
    query
}

fn load_page(
    sight: &mut Sight<'_>,
    filter: &MyAbsenceFilter,
    page: &PageRequest,
) -> Result<AbsencePage, Problem> {
    period::check_filter(filter.from, filter.to)?;
    let (sort, direction) = page.sort((AbsenceSort::FirstOn, Direction::Ascending))?;
    let query = filtered(sight, filter);
    let loaded = match sort {
        AbsenceSort::FirstOn => keyset_page!(
            query,
            sight.conn,
            page,
            direction,
            Absence,
            (absences::first_on, absences::id),
            Date,
            |absence| absence.first_on
        ),
        AbsenceSort::CreatedAt => keyset_page!(
            query,
            sight.conn,
            page,
            direction,
            Absence,
            (absences::created_at, absences::id),
            Instant,
            |absence| absence.created_at
        ),
    };
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(sight, filter)
        .select(absences::id)
        .limit(TOTAL_CAP + 1)
        .load(sight.conn)?;
    Ok(loaded.with_total(ids.len()))
}

/// List my absences
///
/// Over all my teams, the earliest first unless sorted otherwise, with their notes.
#[utoipa::path(tag = "me", params(MyAbsenceFilter, ("sort" = inline(Option<AbsenceSort>), Query)),
    responses((status = 200, body = AbsencePage)))]
#[get("/v1/me/absences")]
pub async fn list_my_absences(
    scope: AccountScope,
    filter: Query<MyAbsenceFilter>,
    page: PageRequest,
) -> Answer {
    scope
        .read(move |tx| {
            let mut sight = tx.sight()?;
            Reply::page(&load_page(&mut sight, &filter.0, &page)?, &page)
        })
        .await
}
