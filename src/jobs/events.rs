//! Events begin and end by the clock.

use diesel::prelude::*;

use super::in_each_team;
use crate::access::State;
use crate::db::Id;
use crate::http::Problem;
use crate::outreach::events::EventStatus;
use crate::outreach::events::clock;
use crate::schema::{events, teams};

/// How many events of one team begin and end in one revision; the next tick takes the rest.
const MOST: i64 = 200;
/// How many teams one tick looks at.
const TEAMS: i64 = 1_000;

/// Lets every event begin whose start has passed, and end whose end has.
pub(super) async fn follow(state: &State) -> Result<(), Problem> {
    let now = state.clock.now();
    let due: Vec<Id> = state
        .db
        .read(move |conn| {
            let here = || events::table.inner_join(teams::table.on(teams::id.eq(events::team_id)));
            let mut due: Vec<Id> = here()
                .filter(events::status.eq(EventStatus::Scheduled))
                .filter(events::starts_at.le(now))
                .filter(events::deleted_at.is_null())
                .filter(teams::deleted_at.is_null())
                .select(events::team_id)
                .distinct()
                .limit(TEAMS)
                .load(conn)?;
            let ending: Vec<Id> = here()
                .filter(events::status.eq(EventStatus::Live))
                .filter(events::ends_at.le(now))
                .filter(events::deleted_at.is_null())
                .filter(teams::deleted_at.is_null())
                .select(events::team_id)
                .distinct()
                .limit(TEAMS)
                .load(conn)?;
            due.extend(ending);
            due.sort_unstable();
            due.dedup();
            Ok::<_, Problem>(due)
        })
        .await?;
    in_each_team(state, due, "events could not begin or end", |tx| {
        tx.say("By the clock.");
        clock::follow(tx, MOST)
    })
    .await;
    Ok(())
}
