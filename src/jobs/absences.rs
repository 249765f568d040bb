//! Absences begin, and what waits for the absent goes where the team wants it.

use super::in_each_team;
use crate::access::State;
use crate::http::Problem;
use crate::people::absences::clock;
use crate::work::delegations::absent;

/// Sees to the unanswered offers of everybody whose absence has begun.
pub(super) async fn begin(state: &State) -> Result<(), Problem> {
    let due = clock::due(state, state.clock.now()).await?;
    in_each_team(state, due, "absences could not begin", absent::begin).await;
    Ok(())
}
