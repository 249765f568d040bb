//! Offered seats whose time is over go to others, and registrations that nobody confirmed are forgotten.

use diesel::prelude::*;

use super::in_each_team;
use crate::access::State;
use crate::db::Id;
use crate::http::Problem;
use crate::outreach::registrations::RegistrationState;
use crate::outreach::registrations::clock::{UNVERIFIED, expire_offers, forget_unverified};
use crate::schema::{registrations, teams};

/// How many registrations of one team change in one revision; the next tick takes the rest.
const MOST: i64 = 200;
/// How many teams one tick looks at.
const TEAMS: i64 = 1_000;

/// Lets every offer run out whose time has passed, and forgets what nobody confirmed within 72 hours.
pub(super) async fn free_seats(state: &State) -> Result<(), Problem> {
    let now = state.clock.now();
    let (offers, unverified): (Vec<Id>, Vec<Id>) = state
        .db
        .read(move |conn| {
            let here = || {
                registrations::table
                    .inner_join(teams::table.on(teams::id.eq(registrations::team_id)))
                    .filter(teams::deleted_at.is_null())
            };
            let offers = here()
                .filter(registrations::state.eq(RegistrationState::Offered))
                .filter(registrations::offer_expires_at.le(now))
                .select(registrations::team_id)
                .distinct()
                .limit(TEAMS)
                .load(conn)?;
            let unverified = here()
                .filter(registrations::state.eq(RegistrationState::Unverified))
                .filter(registrations::updated_at.le(now.plus(-UNVERIFIED)))
                .select(registrations::team_id)
                .distinct()
                .limit(TEAMS)
                .load(conn)?;
            Ok::<_, Problem>((offers, unverified))
        })
        .await?;
    in_each_team(state, offers, "offered seats could not be freed", |tx| {
        tx.say("The offer ran out.");
        expire_offers(tx, MOST)
    })
    .await;
    in_each_team(
        state,
        unverified,
        "registrations could not be forgotten",
        |tx| {
            tx.say("Nobody confirmed the address.");
            forget_unverified(tx, MOST)
        },
    )
    .await;
    Ok(())
}
