//! Forgetting what was kept for a while: answers for retries, failed sign-ins, sessions that ended long ago.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::access::State;
use crate::access::throttle::FORGOTTEN_AFTER;
use crate::db::{DbError, Outcome};
use crate::schema::{idempotent_replies, sessions, sign_in_failures};

/// How long the answer to an Idempotency-Key is kept.
const REPLIES: TimeDelta = TimeDelta::hours(72);
/// How long after its end a session is kept: for as long as signing in from its address is nothing strange.
const SESSIONS: TimeDelta = TimeDelta::days(30);

/// Deletes all three, each in a transaction of its own, so that none holds up the others.
pub(super) async fn forget(state: &State) -> Result<(), DbError> {
    let now = state.clock.now();
    let (replies, failures, ended) = (
        now.plus(-REPLIES),
        now.plus(-FORGOTTEN_AFTER),
        now.plus(-SESSIONS),
    );
    state
        .db
        .write(move |conn| {
            let old = idempotent_replies::table.filter(idempotent_replies::created_at.le(replies));
            outcome(diesel::delete(old).execute(conn)?)
        })
        .await?;
    state
        .db
        .write(move |conn| {
            let old = sign_in_failures::table.filter(sign_in_failures::last_at.le(failures));
            outcome(diesel::delete(old).execute(conn)?)
        })
        .await?;
    state
        .db
        .write(move |conn| {
            // The refresh tokens go with their session.
            let old = sessions::table.filter(sessions::expires_at.le(ended));
            outcome(diesel::delete(old).execute(conn)?)
        })
        .await
}

/// Where nothing was deleted there is nothing to commit.
fn outcome(deleted: usize) -> Result<Outcome<()>, DbError> {
    Ok(if deleted == 0 {
        Outcome::Discard(())
    } else {
        Outcome::Keep(())
    })
}
