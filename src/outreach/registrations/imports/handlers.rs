//! Importing registrations from a table.

use actix_web::post;
use serde::Deserialize;
use utoipa::IntoParams;

use super::columns::{QueryMapping, RegistrationImportForm, RegistrationMapping};
use super::plan::Plan;
use super::report::RegistrationImportReport;
use crate::access::{Permission, TeamScope};
use crate::http::imports::{TableUpload, refuse_rows};
use crate::http::query::Flag;
use crate::http::{Answer, Problem, Query, Reply, ServiceConfig};
use crate::outreach::events;
use crate::outreach::registrations::window::check_is_on;

/// Whether anything is kept, and whether people are written to.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RegistrationImportQuery {
    /// `true`, unless given: only tell what would be done. `false`: do it.
    #[param(value_type = Option<bool>)]
    dry_run: Option<Flag>,
    /// `true`, unless given: people get the letters that they get when they are added by hand. `false`: they get none
    /// about this.
    #[param(value_type = Option<bool>)]
    notify: Option<Flag>,
}

/// Import registrations
///
/// Registers the people of a CSV file: UTF-8 with or without byte order mark, separated by `,` or `;`, a header, at most
/// 10,000 rows and 5 MiB. **`dry_run` is `true` unless you say `false`**: first look at what would be done. All or
/// nothing: when a row is refused, nobody is registered, and 422 points at each wrong cell as `/rows/{row}/{column}`.
///
/// People are matched by e-mail. Whoever is registered already, or gave the place up, stays so (`matched`); whoever is
/// `cancelled`, `rejected` or `unverified` in the table is left out. The others are added as by hand, without approval, in
/// the order of the rows: with seats while so many are free, at the end of the queue then. The event never has more people
/// than seats. Whoever imports says with it that these people agreed to be registered and written to; the history of each
/// registration keeps that, and `origin` is `import`.
///
/// Answers are columns with the key or the text of their question, several choices separated by semicolons; none is
/// demanded. An apostrophe before what a spreadsheet would take for a formula is taken off. So the table of
/// `GET …/registrations.csv` comes in as it went out.
#[utoipa::path(tag = "registrations", params(RegistrationImportQuery, QueryMapping),
    request_body(content((String = "text/csv"), (RegistrationImportForm = "multipart/form-data")), description = "The table: alone, with the mapping in the query; or in a form, with the mapping as a part of its own."),
    responses((status = 200, body = RegistrationImportReport, description = "What was done, or would be.")))]
#[post("/v1/teams/{team_id}/events/{event_id}/registrations/imports")]
pub async fn create_registration_import(
    scope: TeamScope,
    query: Query<RegistrationImportQuery>,
    mapping: Query<QueryMapping>,
    upload: TableUpload<RegistrationMapping>,
) -> Answer {
    let event_id = scope.id("event_id")?;
    let RegistrationImportQuery { dry_run, notify } = query.0;
    let is_dry_run = dry_run.is_none_or(|Flag(flag)| flag);
    let is_silent = notify.is_some_and(|Flag(flag)| !flag);
    let input = actix_web::web::block(move || upload.read(mapping.0))
        .await
        .map_err(Problem::internal)??;
    if is_dry_run {
        return scope
            .live(Permission::ImportRun, move |reading| {
                reading.require(Permission::RegistrationWrite)?;
                let event = events::find(reading, event_id)?;
                check_is_on(&event)?;
                let mut plan = Plan::make(reading, &event, &input)?;
                plan.foresee(reading, &event)?;
                Reply::ok(&plan.report(true))
            })
            .await;
    }
    scope
        .write(Permission::ImportRun, move |tx| {
            tx.require(Permission::RegistrationWrite)?;
            let event = events::find(tx, event_id)?;
            tx.expect_version(event.version)?;
            check_is_on(&event)?;
            let mut plan = Plan::make(tx, &event, &input)?;
            refuse_rows(plan.refused().map(|row| (row.row, row.errors.as_slice())))?;
            tx.say("Imported. Whoever imported says that the person agreed.");
            plan.carry_out(tx, &event, is_silent)?;
            Reply::ok(&plan.report(false))
        })
        .await
}

/// Registers the operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_registration_import);
}
