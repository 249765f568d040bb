//! Importing holidays into a team: the operation.

use actix_web::post;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::plan::Plan;
use super::report::{HolidayEntryReport, HolidayImportMode, HolidayImportReport};
use super::upload::{HolidayForm, Upload};
use crate::access::{Permission, TeamScope};
use crate::http::imports::calendar::{self, FileError, MAX_ENTRIES};
use crate::http::query::Flag;
use crate::http::{Answer, Code, FieldError, Problem, Query, Reply};

/// How many errors a refusal names.
const MOST_ERRORS: usize = 1_000;

/// Whether anything is kept, and what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HolidayImportQuery {
    /// `true`, unless given: only tell what would be done. `false`: do it.
    #[param(value_type = Option<bool>)]
    dry_run: Option<Flag>,
    /// `all`, unless given: when an entry is refused, nothing is imported. `partial`: the others are.
    #[param(inline)]
    mode: Option<HolidayImportMode>,
}

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
#[utoipa::path(tag = "holidays", params(HolidayImportQuery),
    request_body(content((String = "text/calendar"), (HolidayForm = "multipart/form-data")), description = "The calendar file, alone or in a form."),
    responses((status = 200, body = HolidayImportReport, description = "What was done, or would be.")))]
#[post("/v1/teams/{team_id}/holidays/imports")]
pub async fn create_holiday_import(
    scope: TeamScope,
    query: Query<HolidayImportQuery>,
    upload: Upload,
) -> Answer {
    let is_dry_run = query.0.dry_run.is_none_or(|Flag(flag)| flag);
    let is_partial = query.0.mode == Some(HolidayImportMode::Partial);
    let file = actix_web::web::block(move || calendar::read(&upload.0))
        .await
        .map_err(Problem::internal)?
        .map_err(|error| refuse_file(&error))?;
    if is_dry_run {
        return scope
            .live(Permission::HolidayWrite, move |reading| {
                Reply::ok(&Plan::make(reading, &file)?.report(true))
            })
            .await;
    }
    scope
        .write(Permission::HolidayWrite, move |tx| {
            let mut plan = Plan::make(tx, &file)?;
            if !is_partial {
                refuse(&plan)?;
            }
            tx.say("Imported.");
            plan.carry_out(tx)?;
            Reply::ok(&plan.report(false))
        })
        .await
}

/// What is no calendar is refused as a whole.
fn refuse_file(error: &FileError) -> Problem {
    if matches!(error, FileError::TooManyEntries) {
        return Problem::new(Code::PayloadTooLarge)
            .detail(format!("The calendar may have {MAX_ENTRIES} entries."))
            .member("limit_entries", MAX_ENTRIES);
    }
    Problem::fields(vec![
        FieldError::body("/entries", error.code(), format!("{error}."))
            .with(json!({"line": error.line()})),
    ])
}

/// All or nothing: a refused entry refuses the file.
fn refuse(plan: &Plan) -> Result<(), Problem> {
    let refused: Vec<&HolidayEntryReport> = plan.refused().collect();
    if refused.is_empty() {
        return Ok(());
    }
    let errors: Vec<FieldError> = refused
        .iter()
        .flat_map(|entry| {
            entry.errors.iter().map(|error| {
                let property = error
                    .property
                    .map_or(String::new(), |name| format!("/{name}"));
                let pointer = format!("/entries/{}{property}", entry.entry);
                FieldError::body(pointer, error.code, &*error.detail)
                    .with(json!({"entry": entry.entry, "line": entry.line}))
            })
        })
        .take(MOST_ERRORS)
        .collect();
    Err(Problem::fields(errors)
        .detail(format!(
            "{} entries are refused, and nothing was imported.",
            refused.len()
        ))
        .member("refused_entries", refused.len()))
}
