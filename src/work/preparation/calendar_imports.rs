//! Importing a calendar into a team. What is imported is known to `outreach::calendar`; the tasks that move along are
//! known here.

use actix_web::post;

use super::reschedule::{Tasks, move_tasks};
use crate::access::{Permission, TeamScope, Tx};
use crate::http::imports::calendar::{CalendarFile, CalendarForm, CalendarUpload, ImportQuery};
use crate::http::{Answer, Problem, Query, Reply, ServiceConfig};
use crate::outreach::calendar::imports::{CalendarImportReport, Plan};

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
/// An entry with RRULE becomes a series: at most 200 events within ten years, those of the next year made at once. A rule
/// that never ends, or makes more, is taken up to these limits, and `notes` says so; where it began long ago, the past
/// makes room for the year ahead. EXDATE leaves occurrences out. An entry with RECURRENCE-ID changes that occurrence of
/// its series; where the file has no such series, it becomes an event of its own. Imported again, the entry of a series
/// changes what its events have in common, moves those that are to come, ends the series earlier, and takes out what it
/// leaves out: into the trash, or cancelled where people have a place. What was deleted here stays deleted. Another rule
/// is refused.
///
/// Whoever has a place is told of what changes, as by any other change, and the tasks of an event that moves move along
/// as many days (`moved_tasks`). A dry run does all of it and takes it back.
///
/// Refused are entries that take whole days, have no start, no end (DTEND or DURATION), no UID or no summary, name a zone
/// that nobody knows, or a time that its clocks skip; rules by the hour, several rules, dates besides the rule (RDATE), and
/// exceptions that are about the following ones, too, or about an occurrence more than a year ahead.
#[utoipa::path(tag = "calendars", params(ImportQuery),
    request_body(content((String = "text/calendar"), (CalendarForm = "multipart/form-data")), description = "The calendar file, alone or in a form."),
    responses((status = 200, body = CalendarImportReport, description = "What was done, or would be.")))]
#[post("/v1/teams/{team_id}/calendar-imports")]
pub async fn create_calendar_import(
    scope: TeamScope,
    query: Query<ImportQuery>,
    upload: CalendarUpload,
) -> Answer {
    let query = query.0;
    let calendar = actix_web::web::block(move || upload.read())
        .await
        .map_err(Problem::internal)??;
    scope
        .write(Permission::ImportRun, move |tx| {
            tx.require(Permission::EventWrite)?;
            if !query.is_dry_run() {
                let plan = run(tx, &calendar)?;
                if !query.is_partial() {
                    plan.refuse()?;
                }
                return Reply::ok(&plan.report(false));
            }
            let mut report = None;
            let taken_back = tx.attempt(|tx| {
                report = Some(run(tx, &calendar)?.report(true));
                Err::<(), _>(Problem::not_found())
            })?;
            match (report, taken_back) {
                (Some(report), _) => Reply::ok(&report),
                (None, Err(problem)) => Err(problem),
                (None, Ok(())) => Err(Problem::internal("a trial without a report")),
            }
        })
        .await
}

fn run(tx: &mut Tx<'_>, calendar: &CalendarFile) -> Result<Plan, Problem> {
    tx.say("Imported.");
    let mut plan = Plan::make(tx, calendar)?;
    plan.carry_out(tx)?;
    for (place, before, after) in plan.take_moved() {
        let mut tasks = Tasks::default();
        move_tasks(tx, &before, &after, true, &mut tasks)?;
        plan.count_tasks(place, tasks.moved.len());
    }
    Ok(plan)
}

/// Registers the operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_calendar_import);
}
