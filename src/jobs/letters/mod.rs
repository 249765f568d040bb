//! Sending the letters that wait in the outbox.
//!
//! The surprising rule: nothing of the database is held while the mail server talks. A letter is taken in one
//! transaction, handed over without any, and its fate is written down in another. If the server dies in between, the
//! letter is sent once more under the same Message-ID, which receivers show once: better twice than never.

mod claims;

use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use self::claims::{Fate, claim, is_worn_out, settle};
use crate::access::State;
use crate::db::{DbError, Outcome};
use crate::http::Problem;
use crate::mail::{Post, Refusal, Session};
use crate::outreach::letters::{Letter, Material, message, written};

/// How many letters are taken at once; so many and one message are in memory at a time.
const AT_ONCE: i64 = 50;
/// How long one tick goes on taking letters.
const BUDGET: Duration = Duration::from_secs(30);
/// How many answers of the mail server one letter can cost, with the greetings.
const ANSWERS: i32 = 10;

/// Sends what is due, some letters at a time, until there is no more or the time is over.
pub(super) async fn send(state: &State) -> Result<(), Problem> {
    let end = Instant::now() + BUDGET;
    let mut talk = Talk {
        state,
        session: None,
    };
    let outcome = send_until(&mut talk, end).await;
    if let Some(session) = talk.session {
        session.close().await;
    }
    outcome
}

async fn send_until(talk: &mut Talk<'_>, end: Instant) -> Result<(), Problem> {
    let state = talk.state;
    let is_over = || Instant::now() >= end || state.is_draining.load(Ordering::Relaxed);
    while !is_over() {
        let mine = take(state).await?;
        let is_last = i64::try_from(mine.len()).unwrap_or(i64::MAX) < AT_ONCE;
        let mut refused: Option<String> = None;
        for letter in mine {
            let fate = match (&refused, &state.settings.post) {
                // The server refuses us: the others have no better chance now.
                (Some(why), _) => Fate::Again(why.clone()),
                _ if is_over() => Fate::Untried,
                (None, None) => Fate::Skipped("no mail server is set".to_owned()),
                (None, Some(post)) => match talk.deliver(post, &letter).await? {
                    Ok(fate) => fate,
                    Err(why) => {
                        log::warn!("the mail server takes no letters: {why}");
                        refused = Some(why.clone());
                        Fate::Again(why)
                    }
                },
            };
            tell(&letter, &fate);
            let now = state.clock.now();
            state
                .db
                .write(move |conn| {
                    settle(conn, &letter, fate, now)?;
                    Ok::<_, DbError>(Outcome::Keep(()))
                })
                .await?;
        }
        if is_last || refused.is_some() {
            break;
        }
    }
    Ok(())
}

/// Takes some letters that are due, for longer than they can take.
async fn take(state: &State) -> Result<Vec<Letter>, Problem> {
    let now = state.clock.now();
    let patience = state
        .settings
        .post
        .as_ref()
        .map_or(Duration::ZERO, |post| post.patience);
    let longest = TimeDelta::from_std(BUDGET).unwrap_or_default() * 4
        + TimeDelta::from_std(patience).unwrap_or_default() * ANSWERS;
    let until = now.plus(longest);
    state
        .db
        .write(move |conn| {
            let mine = claim(conn, now, until, AT_ONCE)?;
            Ok::<_, Problem>(if mine.is_empty() {
                Outcome::Discard(mine)
            } else {
                Outcome::Keep(mine)
            })
        })
        .await
}

/// Says what became of a letter: its kind and its team, never an address.
fn tell(letter: &Letter, fate: &Fate) {
    let (kind, team_id, id) = (letter.kind, letter.team_id, letter.id);
    match fate {
        Fate::Skipped(why) => {
            log::info!("a letter ({kind}) of the team {team_id} is not sent: {why}");
        }
        Fate::Failed(why) => {
            log::warn!("the letter {id} ({kind}) of the team {team_id} cannot be sent: {why}");
        }
        Fate::Again(_) | Fate::Sent | Fate::Untried => {}
    }
}

/// The talk with the mail server, which lasts over many letters.
struct Talk<'s> {
    state: &'s State,
    session: Option<Session>,
}

impl Talk<'_> {
    /// Writes a letter and hands it over. The error is what the mail server says to any letter.
    async fn deliver(
        &mut self,
        post: &Post,
        letter: &Letter,
    ) -> Result<Result<Fate, String>, Problem> {
        if is_worn_out(letter) {
            let why = "it was taken again and again, and its fate never written down";
            return Ok(Ok(Fate::Failed(why.to_owned())));
        }
        let Some(material) = self.material(letter).await? else {
            let why = "what it tells of is gone";
            return Ok(Ok(Fate::Skipped(why.to_owned())));
        };
        if !material.bears_out(letter.kind, self.state.clock.now()) {
            let why = "it is no longer true";
            return Ok(Ok(Fate::Skipped(why.to_owned())));
        }
        let pepper = &self.state.pepper;
        let written = written(letter, &material, &self.state.settings, Some(pepper));
        let message = match message(letter, &material, &post.from, &written) {
            Ok(message) => message,
            Err(why) => return Ok(Ok(Fate::Failed(format!("no message can be made: {why}")))),
        };
        Ok(
            match self
                .hand_over(post, letter.recipient.as_str(), &message)
                .await
            {
                Ok(()) => Ok(Fate::Sent),
                Err(Refusal::ForNow(why)) => Ok(Fate::Again(why)),
                Err(Refusal::ForGood(why)) => Ok(Fate::Failed(why)),
                Err(Refusal::Everything(why)) => Err(why),
            },
        )
    }

    async fn hand_over(&mut self, post: &Post, to: &str, message: &[u8]) -> Result<(), Refusal> {
        let mut session = match self.session.take() {
            Some(session) if !session.is_broken() => session,
            _ => Session::open(post).await?,
        };
        let outcome = session.send(to, message).await;
        self.session = Some(session);
        outcome
    }

    /// What the letter tells of. In the writer's transaction, because a replica may not know of it yet.
    async fn material(&self, letter: &Letter) -> Result<Option<Material>, Problem> {
        let letter = letter.clone();
        self.state
            .db
            .write(move |conn| Ok::<_, Problem>(Outcome::Discard(Material::of(conn, &letter)?)))
            .await
    }
}
