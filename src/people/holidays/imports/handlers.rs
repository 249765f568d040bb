//! Importing holidays into a team: the operation.

use actix_web::post;

use super::plan::Plan;
use super::report::HolidayImportReport;
use crate::access::{Permission, TeamScope};
use crate::http::imports::calendar::{CalendarForm, CalendarUpload, ImportQuery};
use crate::http::{Answer, Problem, Query, Reply};

/// Import holidays
///
/// Makes the entries of an iCalendar file (RFC 5545) holidays of the team, such as a country or a company publishes them:
/// UTF-8, at most 1 MiB and 1,000 entries. **`dry_run` is `true` unless you say `false`**: first look at what would be
/// done. All or nothing, unless `mode=partial`: when an entry is refused, nothing is imported, and 422 points at each as
/// `/entries/{entry}/{property}`.
///
/// An entry finds its holiday again by its UID, so importing the same file again changes nothing, and a changed one
/// changes what differs. What the file does not say stays.
///
/// Refused are entries that do not take whole days, come again (RRULE, RDATE, RECURRENCE-ID), are cancelled, have no day,
/// no UID or no summary, or a name that begins on the same day already.
#[utoipa::path(tag = "holidays", params(ImportQuery),
    request_body(content((String = "text/calendar"), (CalendarForm = "multipart/form-data")), description = "The calendar file, alone or in a form."),
    responses((status = 200, body = HolidayImportReport, description = "What was done, or would be.")))]
#[post("/v1/teams/{team_id}/holidays/imports")]
pub async fn create_holiday_import(
    scope: TeamScope,
    query: Query<ImportQuery>,
    upload: CalendarUpload,
) -> Answer {
    let query = query.0;
    let file = actix_web::web::block(move || upload.read())
        .await
        .map_err(Problem::internal)??;
    if query.is_dry_run() {
        return scope
            .live(Permission::HolidayWrite, move |reading| {
                Reply::ok(&Plan::make(reading, &file)?.report(true))
            })
            .await;
    }
    scope
        .write(Permission::HolidayWrite, move |tx| {
            let mut plan = Plan::make(tx, &file)?;
            if !query.is_partial() {
                plan.refuse()?;
            }
            tx.say("Imported.");
            plan.carry_out(tx)?;
            Reply::ok(&plan.report(false))
        })
        .await
}
