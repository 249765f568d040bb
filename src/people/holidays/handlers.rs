//! What is asked over HTTP.

use actix_web::{delete, get, patch, post};

use super::imports::create_holiday_import;
use super::model::{Holiday, HolidayFilter, HolidayPage, HolidayPatch, HolidaySort, NewHoliday};
use super::queries::{self, Draft};
use crate::access::{Permission, TeamScope};
use crate::http::{Answer, Body, PageRequest, Query, Reply, ServiceConfig};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};

/// List holidays
///
/// The earliest first unless sorted otherwise; with `from` and `to` those that have a day in between.
#[utoipa::path(tag = "holidays", params(HolidayFilter, ("sort" = inline(Option<HolidaySort>), Query)),
    responses((status = 200, body = HolidayPage)))]
#[get("/v1/teams/{team_id}/holidays")]
pub async fn list_holidays(
    scope: TeamScope,
    filter: Query<HolidayFilter>,
    page: PageRequest,
) -> Answer {
    scope
        .list(Permission::HolidayRead, move |reading| {
            Reply::page(&queries::load_page(reading, &filter.0, &page)?, &page)
        })
        .await
}

/// Create a holiday
///
/// One day or several on which nobody in the team works. The same name on the same day is 409 `already_exists`.
#[utoipa::path(tag = "holidays", request_body = NewHoliday, responses((status = 201, body = Holiday)))]
#[post("/v1/teams/{team_id}/holidays")]
pub async fn create_holiday(scope: TeamScope, body: Body<NewHoliday>) -> Answer {
    let Body(new) = body;
    let place = scope.address("holidays");
    scope
        .write(Permission::HolidayWrite, move |tx| {
            let draft = Draft {
                name: new.name,
                first_on: new.first_on,
                last_on: new.last_on.unwrap_or(new.first_on),
                external_id: None,
            };
            let holiday = queries::create(tx, draft)?;
            Reply::created(&holiday, holiday.version, format!("{place}/{}", holiday.id))
        })
        .await
}

/// Show a holiday
#[utoipa::path(tag = "holidays", responses((status = 200, body = Holiday)))]
#[get("/v1/teams/{team_id}/holidays/{holiday_id}")]
pub async fn get_holiday(scope: TeamScope) -> Answer {
    let id = scope.id("holiday_id")?;
    scope
        .read(Permission::HolidayRead, move |reading| {
            let holiday = queries::find(reading, id)?;
            Reply::record(&holiday, holiday.version)
        })
        .await
}

/// Change a holiday
///
/// A JSON Merge Patch: absent keeps.
#[utoipa::path(tag = "holidays", request_body = HolidayPatch, responses((status = 200, body = Holiday)))]
#[patch("/v1/teams/{team_id}/holidays/{holiday_id}")]
pub async fn update_holiday(scope: TeamScope, body: Body<HolidayPatch>) -> Answer {
    let id = scope.id("holiday_id")?;
    scope
        .write(Permission::HolidayWrite, move |tx| {
            let before = queries::find(tx, id)?;
            tx.expect_version(before.version)?;
            let holiday = queries::update(tx, before, &body.0)?;
            Reply::record(&holiday, holiday.version)
        })
        .await
}

/// Delete a holiday
///
/// It is gone for good, and its days are working days again.
#[utoipa::path(tag = "holidays", responses((status = 204)))]
#[delete("/v1/teams/{team_id}/holidays/{holiday_id}")]
pub async fn delete_holiday(scope: TeamScope) -> Answer {
    let id = scope.id("holiday_id")?;
    scope
        .write(Permission::HolidayWrite, move |tx| {
            let holiday = queries::find(tx, id)?;
            tx.expect_version(holiday.version)?;
            queries::delete(tx, &holiday)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Show the history of a holiday
///
/// Who changed what, when, from what to what, oldest first; also what an import changed.
#[utoipa::path(tag = "holidays", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/holidays/{holiday_id}/history")]
pub async fn list_holiday_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("holiday_id")?;
    history_of(scope, page, Kind::Holiday, move |reading| {
        Ok(queries::find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_holidays)
        .service(create_holiday)
        .service(create_holiday_import)
        .service(get_holiday)
        .service(update_holiday)
        .service(delete_holiday)
        .service(list_holiday_history);
}
