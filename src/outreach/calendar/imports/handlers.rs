//! Importing a calendar into a team.

use actix_web::post;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::file::{self, FileError, MAX_ENTRIES};
use super::plan::Plan;
use super::report::{CalendarImportReport, EntryReport, ImportMode};
use super::upload::{CalendarForm, Upload};
use crate::access::{Permission, TeamScope};
use crate::http::query::Flag;
use crate::http::{Answer, Code, FieldError, Problem, Query, Reply};

/// How many errors a refusal names.
const MOST_ERRORS: usize = 1_000;

/// Whether anything is kept, and what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// `true`, unless given: only tell what would be done. `false`: do it.
    #[param(value_type = Option<bool>)]
    dry_run: Option<Flag>,
    /// `all`, unless given: when an entry is refused, nothing is imported. `partial`: the others are.
    #[param(inline)]
    mode: Option<ImportMode>,
}

/// Import a calendar
///
/// Makes the entries of an iCalendar file (RFC 5545) events of the team: UTF-8, CRLF or LF, at most 1 MiB and 1,000
/// entries. **`dry_run` is `true` unless you say `false`**: first look at what would be done. All or nothing, unless
/// `mode=partial`: when an entry is refused, nothing is imported, and 422 points at each as `/entries/{entry}/{property}`.
///
/// An entry finds its event again by its UID, so importing the same file again changes nothing, and a changed one changes
/// what differs. What the entry does not say stays. A new event is `scheduled` and seen by the team; `TENTATIVE` makes a
/// draft, and `CANCELLED` cancels.
///
/// Times keep their zone: an IANA name, one that the file explains (X-LIC-LOCATION), or the name that Windows has for it.
/// Times in UTC are told by the calendar's zone (X-WR-TIMEZONE) where there is one; times without a zone by that, or else
/// by the team's. The link to join is taken from CONFERENCE, from Google's and Microsoft's own properties, or from
/// LOCATION. What an event has no place for is listed in `left_out`.
///
/// Refused are entries that take whole days, come again (RRULE, RECURRENCE-ID), have no start, no end (DTEND or DURATION),
/// no UID or no summary, name a zone that nobody knows, or a time that its clocks skip.
#[utoipa::path(tag = "calendars", params(ImportQuery),
    request_body(content((String = "text/calendar"), (CalendarForm = "multipart/form-data")), description = "The calendar file, alone or in a form."),
    responses((status = 200, body = CalendarImportReport, description = "What was done, or would be.")))]
#[post("/v1/teams/{team_id}/calendar-imports")]
pub async fn create_calendar_import(
    scope: TeamScope,
    query: Query<ImportQuery>,
    upload: Upload,
) -> Answer {
    let is_dry_run = query.0.dry_run.is_none_or(|Flag(flag)| flag);
    let is_partial = query.0.mode == Some(ImportMode::Partial);
    let file = actix_web::web::block(move || file::read(&upload.0))
        .await
        .map_err(Problem::internal)?
        .map_err(|error| refuse_file(&error))?;
    if is_dry_run {
        return scope
            .live(Permission::ImportRun, move |reading| {
                reading.require(Permission::EventWrite)?;
                Reply::ok(&Plan::make(reading, &file)?.report(true))
            })
            .await;
    }
    scope
        .write(Permission::ImportRun, move |tx| {
            tx.require(Permission::EventWrite)?;
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
    let refused: Vec<&EntryReport> = plan.refused().collect();
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

/// Registers the operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_calendar_import);
}
