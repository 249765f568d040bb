//! What is asked over HTTP.

use actix_web::{get, post};

use super::model::{Deputy, DeputyFilter, DeputyPage, DeputySort, NewDeputy};
use super::queries;
use crate::access::{Permission, Reading, TeamScope};
use crate::http::{Answer, Body, PageRequest, Query, Reply, ServiceConfig};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};

/// List deputies
///
/// All that there ever were, the newest first unless sorted otherwise. With `is_active` the answer depends on the time of
/// day and has no `ETag`.
#[utoipa::path(tag = "deputies", params(DeputyFilter, ("sort" = inline(Option<DeputySort>), Query)),
    responses((status = 200, body = DeputyPage)))]
#[get("/v1/teams/{team_id}/deputies")]
pub async fn list_deputies(
    scope: TeamScope,
    filter: Query<DeputyFilter>,
    page: PageRequest,
) -> Answer {
    let depends_on_the_clock = filter.0.is_active.is_some();
    let work = move |reading: &mut Reading<'_>| {
        Reply::page(&queries::load_page(reading, &filter.0, &page)?, &page)
    };
    if depends_on_the_clock {
        scope.live(Permission::DeputyRead, work).await
    } else {
        scope.list(Permission::DeputyRead, work).await
    }
}

/// Make somebody my deputy
///
/// For a period of at most a year, that member can act in your place: with your id in the header `On-Behalf-Of`, a request
/// has the role that you have at that moment, and the journal names you both (`actor_id`, `on_behalf_of_id`). What would
/// outlast the period is not lent: members and their roles, invitations, the ownership, the team's deletion, calendar
/// addresses, your profile, further deputies. Nobody confirms their own work or approves their own absence that way.
///
/// Deputies form no circle, at no moment: 409 `deputy_cycle` names the members of it in `path`. It ends by itself, or
/// before its time by either of you.
#[utoipa::path(tag = "deputies", request_body = NewDeputy, responses((status = 201, body = Deputy)))]
#[post("/v1/teams/{team_id}/deputies")]
pub async fn create_deputy(scope: TeamScope, body: Body<NewDeputy>) -> Answer {
    let place = scope.address("deputies");
    scope
        .write(Permission::DeputyWrite, move |tx| {
            let deputy = queries::create(tx, body.0)?;
            Reply::created(&deputy, deputy.version, format!("{place}/{}", deputy.id))
        })
        .await
}

/// Show a deputy
#[utoipa::path(tag = "deputies", responses((status = 200, body = Deputy)))]
#[get("/v1/teams/{team_id}/deputies/{deputy_record_id}")]
pub async fn get_deputy(scope: TeamScope) -> Answer {
    let id = scope.id("deputy_record_id")?;
    scope
        .read(Permission::DeputyRead, move |reading| {
            let deputy = queries::find(reading, id)?;
            Reply::record(&deputy, deputy.version)
        })
        .await
}

/// End a deputy's time
///
/// At once, by the deputy or by whoever is replaced; a lead can end any.
#[utoipa::path(tag = "deputies", responses((status = 200, body = Deputy)))]
#[post("/v1/teams/{team_id}/deputies/{deputy_record_id}/end")]
pub async fn end_deputy(scope: TeamScope) -> Answer {
    let id = scope.id("deputy_record_id")?;
    scope
        .write(Permission::DeputyWrite, move |tx| {
            let before = queries::find(tx, id)?;
            tx.expect_version(before.version)?;
            let deputy = queries::end(tx, before)?;
            Reply::record(&deputy, deputy.version)
        })
        .await
}

/// Show the history of a deputy
///
/// Who gave the rights and who ended that, when, oldest first. What the deputy did meanwhile is in the team's changes, with
/// `on_behalf_of_id`.
#[utoipa::path(tag = "deputies", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/deputies/{deputy_record_id}/history")]
pub async fn list_deputy_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("deputy_record_id")?;
    history_of(scope, page, Kind::Deputy, move |reading| {
        Ok(queries::find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_deputies)
        .service(create_deputy)
        .service(get_deputy)
        .service(end_deputy)
        .service(list_deputy_history);
}
