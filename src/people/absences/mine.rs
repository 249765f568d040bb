//! My absences, over all my teams.

use actix_web::get;
use diesel::prelude::*;

use super::expand::{AbsenceReference, ExpandedAbsencePage, expand};
use super::model::{AbsencePage, AbsenceSort, MyAbsenceFilter};
use super::queries;
use crate::access::{AccountScope, Permission, Sight};
use crate::http::{Answer, Expand, PageRequest, Problem, Query, Reply, period};
use crate::schema::absences;

fn load_page(
    sight: &mut Sight<'_>,
    filter: &MyAbsenceFilter,
    page: &PageRequest,
) -> Result<AbsencePage, Problem> {
    period::check_filter(filter.from, filter.to)?;
    // A member's id is in one team only, so teams and members together name exactly the pairs.
    let (teams, me) = (sight.teams(Permission::AbsenceRead), sight.me());
    queries::page_of(sight.conn, page, || {
        let query = absences::table
            .filter(absences::team_id.eq_any(teams.clone()))
            .filter(absences::member_id.eq_any(me.clone()))
            .into_boxed();
        queries::of(query, filter.state.as_ref(), (filter.from, filter.to))
    })
}

/// List my absences
///
/// Over all my teams, the earliest first unless sorted otherwise, with their notes.
#[utoipa::path(tag = "me",
    params(MyAbsenceFilter, ("sort" = inline(Option<AbsenceSort>), Query), Expand<AbsenceReference>),
    responses((status = 200, body = ExpandedAbsencePage)))]
#[get("/v1/me/absences")]
pub async fn list_my_absences(
    scope: AccountScope,
    filter: Query<MyAbsenceFilter>,
    wanted: Query<Expand<AbsenceReference>>,
    page: PageRequest,
) -> Answer {
    scope
        .read(move |tx| {
            let mut sight = tx.sight()?;
            let loaded = load_page(&mut sight, &filter.0, &page)?;
            let expanded = expand(&mut sight, &wanted.0, &loaded.items)?;
            Reply::page_beside(&loaded, &page, expanded)
        })
        .await
}
