//! Series go on: events that begin within a year by now are made.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::in_each_team;
use crate::access::State;
use crate::db::Id;
use crate::http::Problem;
use crate::outreach::series::make;
use crate::schema::{event_series, teams};

/// How many series of one team go on in one revision; the next time takes the rest.
const MOST: i64 = 50;
/// How many teams are looked at in one go.
const TEAMS: i64 = 1_000;

/// Makes the events of every series that has some to make.
pub(super) async fn follow(state: &State) -> Result<(), Problem> {
    let horizon = state.clock.now().plus(TimeDelta::days(make::AHEAD));
    let due: Vec<Id> = state
        .db
        .read(move |conn| {
            Ok::<_, Problem>(
                event_series::table
                    .inner_join(teams::table.on(teams::id.eq(event_series::team_id)))
                    .filter(event_series::next_at.le(horizon))
                    .filter(event_series::deleted_at.is_null())
                    .filter(teams::deleted_at.is_null())
                    .select(event_series::team_id)
                    .distinct()
                    .limit(TEAMS)
                    .load(conn)?,
            )
        })
        .await?;
    in_each_team(state, due, "series could not go on", |tx| {
        tx.say("By the rule of the series.");
        make::follow(tx, MOST)
    })
    .await;
    Ok(())
}
