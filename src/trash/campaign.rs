//! Putting a campaign into the trash, with all that belongs to it.
//!
//! The surprising rule: subtasks go along with their task, also those that belong to no campaign or to another one.

use actix_web::delete;
use diesel::prelude::*;

use crate::access::{Permission, TeamScope, Tx};
use crate::db::Id;
use crate::http::{Answer, Problem, Reply};
use crate::outreach::{campaigns, trashing};
use crate::schema;
use crate::work::tasks::{self, Task};

/// How many ids one query names at most.
const CHUNK: usize = 1_000;

/// The tasks of a campaign and everything below them, wherever that belongs.
fn tasks_of_campaign(tx: &mut Tx<'_>, campaign_id: Id) -> Result<Vec<Task>, Problem> {
    let mut found: Vec<Task> = tasks::in_team(tx.team)
        .filter(schema::tasks::campaign_id.eq(campaign_id))
        .order(schema::tasks::number)
        .select(Task::as_select())
        .load(tx.conn)?;
    let mut parents: Vec<Id> = found.iter().map(|task| task.id).collect();
    while !parents.is_empty() {
        let mut children: Vec<Task> = Vec::new();
        for some in parents.chunks(CHUNK) {
            children.extend(
                tasks::in_team(tx.team)
                    .filter(schema::tasks::parent_id.eq_any(some.to_vec()))
                    .filter(
                        schema::tasks::campaign_id
                            .is_null()
                            .or(schema::tasks::campaign_id.ne(campaign_id).assume_not_null()),
                    )
                    .select(Task::as_select())
                    .load::<Task>(tx.conn)?,
            );
        }
        parents = children.iter().map(|task| task.id).collect();
        found.extend(children);
    }
    Ok(found)
}

/// Delete a campaign
///
/// It goes to the trash for 30 days, together with its milestones, its events, its tasks and their subtasks. Comments,
/// checklists, dependencies and delegations stay with their tasks, registrations with their events. Restoring it brings all of
/// them back. What was promised to any of them is free from then on, and stays so.
#[utoipa::path(tag = "campaigns", responses((status = 204, description = "It is in the trash.")))]
#[delete("/v1/teams/{team_id}/campaigns/{campaign_id}")]
pub async fn delete_campaign(scope: TeamScope) -> Answer {
    let id = scope.id("campaign_id")?;
    scope
        .write(Permission::CampaignWrite, move |tx| {
            let campaign = campaigns::find(tx, id)?;
            tx.expect_version(campaign.version)?;
            let going = tasks_of_campaign(tx, id)?;
            tasks::trash_with(tx, going, id)?;
            trashing::milestones_with_campaign(tx, id)?;
            trashing::events_with_campaign(tx, id)?;
            trashing::campaign_to_trash(tx, &campaign)?;
            Ok(Reply::no_content())
        })
        .await
}
