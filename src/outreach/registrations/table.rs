//! Registrations as a table: CSV for a spreadsheet.
//!
//! The surprising rule: a cell that a spreadsheet would run as a formula begins with an apostrophe. What people type into
//! a form on the web is opened by somebody in the team.

use actix_web::get;
use serde_json::Value;

use super::filter::RegistrationFilter;
use super::model::Registration;
use super::queries::load_all;
use crate::access::{Permission, TeamScope};
use crate::http::{Answer, Problem, Query, Reply};
use crate::outreach::events;
use crate::outreach::registration_rules::Question;

/// How many rows a table has at most: as many as an event has seats.
const MOST: i64 = 100_000;
const COLUMNS: [&str; 15] = [
    "name",
    "email",
    "state",
    "seats",
    "companions",
    "locale",
    "origin",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "check_in_code",
    "created_at",
    "queued_at",
    "checked_in_at",
    "note",
];

/// Whether a spreadsheet would run the cell as a formula, or whether it is guarded against that already.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The cell as a spreadsheet may have it: nothing in it is a formula. One that looks guarded already is guarded once
/// more, so that taking the guard off again gives just what it was.
fn safe(cell: String) -> String {
    if is_formula(&cell) {
        format!("'{cell}")
    } else {
        cell
    }
}

/// The cell without what guards it.
pub(super) fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

fn answer(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            items.join("; ")
        }
        Some(other) => other.to_string(),
    }
}

fn row(registration: &Registration, questions: &[Question]) -> Vec<String> {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let instant = |at: Option<crate::db::Instant>| at.map(|at| at.to_string()).unwrap_or_default();
    let companions: Vec<&str> = registration
        .companions
        .0
        .0
        .iter()
        .map(|name| name.as_str())
        .collect();
    let mut cells = vec![
        registration.name.as_str().to_owned(),
        registration.email.as_str().to_owned(),
        registration.state.to_string(),
        registration.seats.get().to_string(),
        companions.join("; "),
        registration.locale.as_str().to_owned(),
        registration.origin.to_string(),
        text(registration.utm_source.as_ref().map(|utm| utm.as_str())),
        text(registration.utm_medium.as_ref().map(|utm| utm.as_str())),
        text(registration.utm_campaign.as_ref().map(|utm| utm.as_str())),
        registration.check_in_code.clone(),
        registration.created_at.to_string(),
        instant(registration.queued_at),
        instant(registration.checked_in_at),
        text(registration.note.as_ref().map(|note| note.as_str())),
    ];
    for question in questions {
        cells.push(answer(registration.answers.0.get(question.key.as_str())));
    }
    cells.into_iter().map(safe).collect()
}

fn written(registrations: &[Registration], questions: &[Question]) -> Result<Vec<u8>, Problem> {
    let mut out = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let keys = questions.iter().map(|question| question.key.as_str());
    out.write_record(COLUMNS.into_iter().chain(keys))
        .map_err(Problem::internal)?;
    for registration in registrations {
        out.write_record(row(registration, questions))
            .map_err(Problem::internal)?;
    }
    out.into_inner().map_err(Problem::internal)
}

/// Export registrations
///
/// As CSV (RFC 4180, UTF-8), sorted by name, with the filters of the list; a column for each question. Cells that a
/// spreadsheet would run as a formula begin with an apostrophe.
#[utoipa::path(tag = "registrations", params(RegistrationFilter),
    responses((status = 200, content_type = "text/csv", body = String)))]
#[get("/v1/teams/{team_id}/events/{event_id}/registrations.csv")]
pub async fn export_registrations(scope: TeamScope, filter: Query<RegistrationFilter>) -> Answer {
    let event_id = scope.id("event_id")?;
    scope
        .list(Permission::RegistrationRead, move |reading| {
            let event = events::find(reading, event_id)?;
            let registrations = load_all(reading, event_id, &filter.0, MOST)?;
            let table = written(&registrations, &event.registration.0.questions.0)?;
            Ok(Reply {
                body: table.into(),
                ..Reply::no_content()
            }
            .status(200)
            .content_type("text/csv; charset=utf-8"))
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::{safe, unguarded};

    #[test]
    fn nothing_is_a_formula() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("+33 1", "'+33 1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("a=b", "a=b"),
            ("'=1", "''=1"),
            ("''=1", "'''=1"),
            ("'tis", "'tis"),
            ("'", "'"),
            ("", ""),
        ] {
            assert_eq!(safe(cell.to_owned()), expected);
            assert_eq!(unguarded(expected), cell, "what went out comes in");
        }
    }
}
