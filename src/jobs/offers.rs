//! Offers whose time for an answer is over expire.

use diesel::prelude::*;

use super::in_each_team;
use crate::access::State;
use crate::db::Id;
use crate::http::Problem;
use crate::schema::{delegations, teams};
use crate::work::delegations::acts;
use crate::work::delegations::rules::DelegationState;

/// How many offers of one team expire in one revision; the next tick takes the rest.
const MOST: i64 = 200;
/// How many teams one tick looks at.
const TEAMS: i64 = 1_000;

/// Lets every offer expire whose `respond_by` has passed.
pub(super) async fn expire(state: &State) -> Result<(), Problem> {
    let now = state.clock.now();
    let due: Vec<Id> = state
        .db
        .read(move |conn| {
            Ok::<_, Problem>(
                delegations::table
                    .inner_join(teams::table.on(teams::id.eq(delegations::team_id)))
                    .filter(delegations::state.eq(DelegationState::Offered))
                    .filter(delegations::respond_by.le(now))
                    .filter(teams::deleted_at.is_null())
                    .select(delegations::team_id)
                    .distinct()
                    .limit(TEAMS)
                    .load(conn)?,
            )
        })
        .await?;
    in_each_team(state, due, "offers could not expire", |tx| {
        acts::expire(tx, MOST)
    })
    .await;
    Ok(())
}
