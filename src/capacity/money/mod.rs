//! The money of a campaign: planned, committed, spent, left, and the forecast.
//!
//! The surprising rule: nothing of it is stored. The sums are made of the lines, the allocations of money and the expenses,
//! with this arithmetic, for the whole campaign, for each line, and for what has no line:
//!
//! - `planned` = the sum of the lines; of a campaign without lines, its budget.
//! - `outstanding` = of each approved allocation what was not spent of it yet, never less than nothing. Allocations to the
//!   campaign's events and tasks count as those to itself. One whose days are over counts until somebody releases it, because
//!   bills come late.
//! - `spent` = the sum of the expenses.
//! - `committed` = the amounts of the approved allocations, and what was spent of those that are over.
//! - `forecast` = `spent` + `outstanding`.
//! - `left` = `planned` − `forecast`.

pub mod currency;
pub mod leaving;
mod sums;

use actix_web::get;
use diesel::prelude::*;
use serde_json::json;

use crate::access::{Permission, Reading, TeamId, TeamScope, Tx};
use crate::capacity::allocations;
use crate::db::{Id, Instant, MultiBackend};
use crate::http::values::Currency;
use crate::http::{Answer, Code, FieldError, Problem, Reply, ServiceConfig};
use crate::outreach::campaign_status::CampaignStatus;
use crate::outreach::campaigns;
use crate::schema::{self, allocations as a};

pub use sums::{CampaignMoney, LineMoney, MoneySums, PlannedFrom, UncountedMoney};

/// The allocations of money to a campaign itself, its events and its tasks.
#[must_use]
pub fn of_campaign(team: TeamId, campaign_id: Id) -> a::BoxedQuery<'static, MultiBackend> {
    use schema::{events, tasks};
    let of_events = events::table
        .filter(events::team_id.eq(team.id()))
        .filter(events::campaign_id.eq(campaign_id))
        .select(events::id.nullable());
    let of_tasks = tasks::table
        .filter(tasks::team_id.eq(team.id()))
        .filter(tasks::campaign_id.eq(campaign_id))
        .select(tasks::id.nullable());
    allocations::in_team(team)
        .filter(a::amount_minor.is_not_null())
        .filter(
            a::campaign_id
                .eq(campaign_id)
                .or(a::event_id.eq_any(of_events))
                .or(a::task_id.eq_any(of_tasks)),
        )
}

/// What is wrong with a campaign in which money is to be planned or spent; for those that are `closed`, none is.
///
/// # Errors
/// What the database answers.
pub fn campaign_fault(
    reading: &mut Reading<'_>,
    id: Id,
    pointer: &str,
    closed: &[CampaignStatus],
) -> Result<Option<FieldError>, Problem> {
    use schema::campaigns;
    let found: Option<(Option<Instant>, CampaignStatus)> = campaigns::table
        .find((reading.team.id(), id))
        .select((campaigns::deleted_at, campaigns::status))
        .first(reading.conn)
        .optional()?;
    Ok(match found {
        None => Some(FieldError::body(
            pointer,
            "unknown_reference",
            "There is no such campaign in this team.",
        )),
        Some((Some(_), _)) => Some(FieldError::body(
            pointer,
            "in_trash",
            "The campaign is in the trash: restore it first.",
        )),
        Some((None, status)) if closed.contains(&status) => {
            let detail = format!("The campaign is {status}: no money is entered any more.");
            let fault = FieldError::body(pointer, "not_open", detail);
            Some(fault.with(json!({"status": status})))
        }
        Some(_) => None,
    })
}

/// Refuses to bring money back into a campaign that is in the trash, or that counts in another currency by now.
///
/// # Errors
/// `still_in_trash`, `other_currency`.
pub fn check_restored(
    tx: &mut Tx<'_>,
    campaign_id: Id,
    record_id: Id,
    own: Currency,
) -> Result<(), Problem> {
    use schema::campaigns;
    let in_trash: Option<Option<Id>> = campaigns::table
        .find((tx.team.id(), campaign_id))
        .filter(campaigns::deleted_at.is_not_null())
        .select(campaigns::trash_root_id)
        .first(tx.conn)
        .optional()?;
    if let Some(root) = in_trash {
        return Err(Problem::new(Code::StillInTrash)
            .detail("Its campaign is in the trash: restore that first.")
            .member("trash_id", root));
    }
    match currency::find(tx, campaign_id, Some(record_id))? {
        Some(other) if other != own => Err(Problem::new(Code::OtherCurrency)
            .detail(format!(
                "This is in {0}, and its campaign counts in {1} by now. Enter it anew in {1}, or take all {1} out of the campaign first: its budget, lines, expenses and promises of money.",
                own.as_str(),
                other.as_str()
            ))
            .member("own_currency", own)
            .member("currency", other)),
        _ => Ok(()),
    }
}

/// Show the money of a campaign
///
/// Planned, committed, spent, outstanding, forecast and left, for the whole campaign, for each line of its budget, and for
/// what has no line. `planned` is the sum of the lines, or the campaign's budget where it has none (`planned_from` says
/// which). `committed` is `approved` (the amounts of the approved allocations of money to the campaign, its events and its
/// tasks) + `ended` (what was spent of allocations that are over). `outstanding` is what was not yet spent of each approved
/// allocation; one whose days are over counts until it is released. `spent` is the sum of the expenses. `forecast` =
/// `spent` + `outstanding`, and `left` = `planned` − `forecast`. All in minor units of the campaign's one currency; promises
/// in another one, of a task or event that came from elsewhere, are in `not_counted`.
#[utoipa::path(tag = "money", responses((status = 200, body = CampaignMoney)))]
#[get("/v1/teams/{team_id}/campaigns/{campaign_id}/money")]
pub async fn get_campaign_money(scope: TeamScope) -> Answer {
    let id = scope.id("campaign_id")?;
    scope
        .list(Permission::ExpenseRead, move |reading| {
            let campaign = campaigns::find(reading, id)?;
            Reply::ok(&sums::of(reading, &campaign)?)
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_campaign_money);
}
