//! Importing a table into a campaign.

use actix_web::post;
use serde::Deserialize;
use utoipa::IntoParams;

use super::columns::{ImportForm, Mapping};
use super::plan::Plan;
use super::report::ImportReport;
use crate::access::{Permission, TeamScope};
use crate::http::imports::{TableUpload, refuse_rows};
use crate::http::query::Flag;
use crate::http::{Answer, Problem, Query, Reply, ServiceConfig};
use crate::outreach::campaigns;

/// Whether anything is kept.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DryRun {
    /// `true`, unless given: only tell what would be done. `false`: do it.
    #[param(value_type = Option<bool>)]
    dry_run: Option<Flag>,
}

/// Import tasks
///
/// Makes the rows of a CSV file tasks of the campaign: UTF-8 with or without byte order mark, separated by `,`
/// or `;`, a header, at most 10,000 rows and 5 MiB. **`dry_run` is `true` unless you say `false`**: first look
/// at what would be done. All or nothing: when a row is refused, nothing is made, and 422 points at each
/// wrong cell as `/rows/{row}/{column}`.
///
/// A row finds its task again by `external_id`; without such a column, by an id that is derived from the
/// campaign, the title, and which of the rows with this title it is. So importing the same file again changes
/// nothing. A task that is there gets the row's title, description, dates, milestone, priority and estimate
/// where they differ, and the row's labels besides its own. An empty cell says nothing, and who holds a task and
/// where it stands is no longer the file's business once the task exists.
///
/// People are matched by handle, name or job title, without case and accents, several separated by `/`: the
/// first holds the task, the others collaborate. Whoever matches no member, or several, is listed in `unmatched`,
/// and a new task keeps the name as the label `role:…` (cut at 50 characters).
#[utoipa::path(tag = "imports", params(DryRun, Mapping),
    request_body(content((String = "text/csv"), (ImportForm = "multipart/form-data")), description = "The table: alone, with the mapping in the query; or in a form, with the mapping as a part of its own."),
    responses((status = 200, body = ImportReport, description = "What was done, or would be.")))]
#[post("/v1/teams/{team_id}/campaigns/{campaign_id}/imports")]
pub async fn create_import(
    scope: TeamScope,
    dry_run: Query<DryRun>,
    mapping: Query<Mapping>,
    upload: TableUpload<Mapping>,
) -> Answer {
    let campaign_id = scope.id("campaign_id")?;
    let is_dry_run = dry_run.0.dry_run.is_none_or(|Flag(flag)| flag);
    let input = actix_web::web::block(move || upload.read(mapping.0))
        .await
        .map_err(Problem::internal)??;
    if is_dry_run {
        return scope
            .live(Permission::ImportRun, move |reading| {
                let plan = Plan::make(reading, campaign_id, &input)?;
                Reply::ok(&plan.report(true))
            })
            .await;
    }
    scope
        .write(Permission::ImportRun, move |tx| {
            let campaign = campaigns::find(tx, campaign_id)?;
            tx.expect_version(campaign.version)?;
            let mut plan = Plan::make(tx, campaign_id, &input)?;
            refuse_rows(plan.refused().map(|row| (row.row, row.errors.as_slice())))?;
            tx.say("Imported.");
            plan.carry_out(tx)?;
            Reply::ok(&plan.report(false))
        })
        .await
}

/// Registers the operation.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_import);
}
