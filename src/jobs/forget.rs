//! Forgetting what was kept for a while: answers for retries, failed sign-ins, sessions that ended long ago, letters
//! that went out long ago.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::access::State;
use crate::access::throttle::FORGOTTEN_AFTER;
use crate::db::{AnyConnection, DbError, Id, Instant, Outcome};
use crate::outreach::letters::LetterState;
use crate::schema::{idempotent_replies, letters, sessions, sign_in_failures};

/// How long the answer to an Idempotency-Key is kept.
const REPLIES: TimeDelta = TimeDelta::hours(72);
/// How long after its end a session is kept: for as long as signing in from its address is nothing strange.
const SESSIONS: TimeDelta = TimeDelta::days(30);

/// How long a letter is kept after it was sent, or was not: for as long as somebody may ask what they were told.
const LETTERS: TimeDelta = TimeDelta::days(90);
/// How many letters one transaction deletes.
const AT_ONCE: i64 = 500;

/// Deletes all of it, each in a transaction of its own, so that none holds up the others.
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
        .await?;
    let written = now.plus(-LETTERS);
    while state
        .db
        .write(move |conn| forget_letters(conn, written))
        .await?
    {}
    Ok(())
}

/// Deletes some letters that were last tried before `end` and are tried no more. Answers whether there may be others.
fn forget_letters(conn: &mut AnyConnection, end: Instant) -> Result<Outcome<bool>, DbError> {
    let old: Vec<(Id, Id)> = letters::table
        .filter(letters::state.eq_any([
            LetterState::Sent,
            LetterState::Failed,
            LetterState::Skipped,
        ]))
        .filter(letters::next_attempt_at.le(end))
        .select((letters::team_id, letters::id))
        .limit(AT_ONCE)
        .load(conn)?;
    for one in &old {
        diesel::delete(letters::table.find(*one)).execute(conn)?;
    }
    let more = i64::try_from(old.len()).is_ok_and(|found| found == AT_ONCE);
    Ok(if old.is_empty() {
        Outcome::Discard(more)
    } else {
        Outcome::Keep(more)
    })
}

/// Where nothing was deleted there is nothing to commit.
fn outcome(deleted: usize) -> Result<Outcome<()>, DbError> {
    Ok(if deleted == 0 {
        Outcome::Discard(())
    } else {
        Outcome::Keep(())
    })
}
