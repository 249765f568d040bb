//! What is asked over HTTP: the same of a member and of the team.

use actix_web::{delete, get, patch, post};

use super::model::{
    NewWorkingHours, OnDay, WorkingHours, WorkingHoursInForce, WorkingHoursPage, WorkingHoursPatch,
    WorkingHoursSort,
};
use super::queries::{self, Whose};
use crate::access::{Permission, TeamScope};
use crate::http::{Answer, Body, PageRequest, Query, Reply, ServiceConfig};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};

async fn list(scope: TeamScope, whose: Whose, page: PageRequest) -> Answer {
    scope
        .list(Permission::WorkingHoursRead, move |reading| {
            whose.check(reading)?;
            Reply::page(&queries::load_page(reading, whose, &page)?, &page)
        })
        .await
}

async fn create(scope: TeamScope, whose: Whose, new: NewWorkingHours) -> Answer {
    let place = scope.path().to_owned();
    scope
        .write(Permission::WorkingHoursWrite, move |tx| {
            whose.check_writing(tx)?;
            let hours = queries::create(tx, whose, new)?;
            Reply::created(&hours, hours.version, format!("{place}/{}", hours.id))
        })
        .await
}

async fn show(scope: TeamScope, whose: Whose) -> Answer {
    let id = scope.id("working_hours_id")?;
    scope
        .read(Permission::WorkingHoursRead, move |reading| {
            whose.check(reading)?;
            let hours = queries::find(reading, whose, id)?;
            Reply::record(&hours, hours.version)
        })
        .await
}

async fn show_in_force(scope: TeamScope, whose: Whose, on: OnDay) -> Answer {
    scope
        .list(Permission::WorkingHoursRead, move |reading| {
            whose.check(reading)?;
            Reply::ok(&queries::in_force(reading, whose, on.on)?)
        })
        .await
}

async fn update(scope: TeamScope, whose: Whose, patch: WorkingHoursPatch) -> Answer {
    let id = scope.id("working_hours_id")?;
    scope
        .write(Permission::WorkingHoursWrite, move |tx| {
            whose.check_writing(tx)?;
            let hours = queries::update(tx, whose, id, &patch)?;
            Reply::record(&hours, hours.version)
        })
        .await
}

async fn delete(scope: TeamScope, whose: Whose) -> Answer {
    let id = scope.id("working_hours_id")?;
    scope
        .write(Permission::WorkingHoursWrite, move |tx| {
            whose.check_writing(tx)?;
            queries::delete(tx, whose, id)?;
            Ok(Reply::no_content())
        })
        .await
}

async fn history(scope: TeamScope, whose: Whose, page: PageRequest) -> Answer {
    let id = scope.id("working_hours_id")?;
    history_of(scope, page, Kind::WorkingHours, move |reading| {
        whose.check(reading)?;
        Ok(queries::find(reading, whose, id)?.id)
    })
    .await
}

/// List the working hours of a member
///
/// The member's own, the latest first: each holds until the next one does. Without any, the team's default holds.
#[utoipa::path(tag = "working-hours", params(("sort" = inline(Option<WorkingHoursSort>), Query)),
    responses((status = 200, body = WorkingHoursPage)))]
#[get("/v1/teams/{team_id}/members/{member_id}/working-hours")]
pub async fn list_working_hours(scope: TeamScope, page: PageRequest) -> Answer {
    let whose = Whose::Member(scope.id("member_id")?);
    list(scope, whose, page).await
}

/// Set the working hours of a member
///
/// A member's own hours from a day on, until later ones hold. Everybody sets their own; those of others need `working-hours:manage`. Two records that are valid from the same day would
/// contradict each other: 409 `already_exists`.
#[utoipa::path(tag = "working-hours", request_body = NewWorkingHours, responses((status = 201, body = WorkingHours)))]
#[post("/v1/teams/{team_id}/members/{member_id}/working-hours")]
pub async fn create_working_hours(scope: TeamScope, body: Body<NewWorkingHours>) -> Answer {
    let whose = Whose::Member(scope.id("member_id")?);
    create(scope, whose, body.0).await
}

/// Show what hours are in force for a member
///
/// On a day: the member's own hours, or else the team's default. Where nothing was written down, `working_hours` is null, and the capacity
/// is unknown rather than zero.
#[utoipa::path(tag = "working-hours", params(OnDay), responses((status = 200, body = WorkingHoursInForce)))]
#[get("/v1/teams/{team_id}/members/{member_id}/working-hours/in-force")]
pub async fn get_working_hours_in_force(scope: TeamScope, on: Query<OnDay>) -> Answer {
    let whose = Whose::Member(scope.id("member_id")?);
    show_in_force(scope, whose, on.0).await
}

/// Show working hours of a member
#[utoipa::path(tag = "working-hours", responses((status = 200, body = WorkingHours)))]
#[get("/v1/teams/{team_id}/members/{member_id}/working-hours/{working_hours_id}")]
pub async fn get_working_hours(scope: TeamScope) -> Answer {
    let whose = Whose::Member(scope.id("member_id")?);
    show(scope, whose).await
}

/// Change working hours of a member
///
/// A JSON Merge Patch: absent keeps, null clears. Only before they are in force: from the first day on the answer is 409
/// `already_in_force`. Everybody sets their own; those of others need `working-hours:manage`.
#[utoipa::path(tag = "working-hours", request_body = WorkingHoursPatch, responses((status = 200, body = WorkingHours)))]
#[patch("/v1/teams/{team_id}/members/{member_id}/working-hours/{working_hours_id}")]
pub async fn update_working_hours(scope: TeamScope, body: Body<WorkingHoursPatch>) -> Answer {
    let whose = Whose::Member(scope.id("member_id")?);
    update(scope, whose, body.0).await
}

/// Delete working hours of a member
///
/// Only before they are in force: from the first day on the answer is 409 `already_in_force`. Everybody sets their own; those of others need `working-hours:manage`.
#[utoipa::path(tag = "working-hours", responses((status = 204)))]
#[delete("/v1/teams/{team_id}/members/{member_id}/working-hours/{working_hours_id}")]
pub async fn delete_working_hours(scope: TeamScope) -> Answer {
    let whose = Whose::Member(scope.id("member_id")?);
    delete(scope, whose).await
}

/// Show the history of working hours of a member
///
/// Who changed what, when, from what to what, oldest first.
#[utoipa::path(tag = "working-hours", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/members/{member_id}/working-hours/{working_hours_id}/history")]
pub async fn list_working_hours_history(scope: TeamScope, page: PageRequest) -> Answer {
    let whose = Whose::Member(scope.id("member_id")?);
    history(scope, whose, page).await
}

/// List the working hours of the team
///
/// The team's default, the latest first: it holds for members on days without hours of their own.
#[utoipa::path(tag = "working-hours", params(("sort" = inline(Option<WorkingHoursSort>), Query)),
    responses((status = 200, body = WorkingHoursPage)))]
#[get("/v1/teams/{team_id}/working-hours")]
pub async fn list_team_working_hours(scope: TeamScope, page: PageRequest) -> Answer {
    let whose = Whose::Team;
    list(scope, whose, page).await
}

/// Set the working hours of the team
///
/// The team's default from a day on, until later ones hold. Needs `working-hours:manage`. Two records that are valid from the same day would
/// contradict each other: 409 `already_exists`.
#[utoipa::path(tag = "working-hours", request_body = NewWorkingHours, responses((status = 201, body = WorkingHours)))]
#[post("/v1/teams/{team_id}/working-hours")]
pub async fn create_team_working_hours(scope: TeamScope, body: Body<NewWorkingHours>) -> Answer {
    let whose = Whose::Team;
    create(scope, whose, body.0).await
}

/// Show what hours are in force for the team
///
/// The team's default on a day. Where nothing was written down, `working_hours` is null, and the capacity
/// is unknown rather than zero.
#[utoipa::path(tag = "working-hours", params(OnDay), responses((status = 200, body = WorkingHoursInForce)))]
#[get("/v1/teams/{team_id}/working-hours/in-force")]
pub async fn get_team_working_hours_in_force(scope: TeamScope, on: Query<OnDay>) -> Answer {
    let whose = Whose::Team;
    show_in_force(scope, whose, on.0).await
}

/// Show working hours of the team
#[utoipa::path(tag = "working-hours", responses((status = 200, body = WorkingHours)))]
#[get("/v1/teams/{team_id}/working-hours/{working_hours_id}")]
pub async fn get_team_working_hours(scope: TeamScope) -> Answer {
    let whose = Whose::Team;
    show(scope, whose).await
}

/// Change working hours of the team
///
/// A JSON Merge Patch: absent keeps, null clears. Only before they are in force: from the first day on the answer is 409
/// `already_in_force`. Needs `working-hours:manage`.
#[utoipa::path(tag = "working-hours", request_body = WorkingHoursPatch, responses((status = 200, body = WorkingHours)))]
#[patch("/v1/teams/{team_id}/working-hours/{working_hours_id}")]
pub async fn update_team_working_hours(scope: TeamScope, body: Body<WorkingHoursPatch>) -> Answer {
    let whose = Whose::Team;
    update(scope, whose, body.0).await
}

/// Delete working hours of the team
///
/// Only before they are in force: from the first day on the answer is 409 `already_in_force`. Needs `working-hours:manage`.
#[utoipa::path(tag = "working-hours", responses((status = 204)))]
#[delete("/v1/teams/{team_id}/working-hours/{working_hours_id}")]
pub async fn delete_team_working_hours(scope: TeamScope) -> Answer {
    let whose = Whose::Team;
    delete(scope, whose).await
}

/// Show the history of working hours of the team
///
/// Who changed what, when, from what to what, oldest first.
#[utoipa::path(tag = "working-hours", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/working-hours/{working_hours_id}/history")]
pub async fn list_team_working_hours_history(scope: TeamScope, page: PageRequest) -> Answer {
    history(scope, Whose::Team, page).await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_working_hours)
        .service(create_working_hours)
        .service(get_working_hours_in_force)
        .service(get_working_hours)
        .service(update_working_hours)
        .service(delete_working_hours)
        .service(list_working_hours_history)
        .service(list_team_working_hours)
        .service(create_team_working_hours)
        .service(get_team_working_hours_in_force)
        .service(get_team_working_hours)
        .service(update_team_working_hours)
        .service(delete_team_working_hours)
        .service(list_team_working_hours_history);
}
