//! What the clock does: offers run out, the trash is emptied, what was kept for a while is forgotten.
//!
//! The surprising rule: a job decides what is due twice, once to find the team and once more in the team's own
//! transaction. So several servers on one database may all do all jobs, and nothing happens twice.

mod absences;
mod events;
mod forget;
mod keys;
mod letters;
mod offers;
mod registrations;
mod reminders;
mod series;

use std::time::Duration;

use actix_web::web::Data;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::access::{State, Tx};

use crate::access::keys::RELOAD_EVERY;
use crate::db::Id;
use crate::http::edge::Edge;
use crate::http::{Code, Problem};
use crate::trash;

/// How often it is looked whom to remind.
const REMIND_EVERY: Duration = Duration::from_secs(15);

/// Something that the clock does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    /// Offers whose `respond_by` has passed expire.
    ExpireOffers,
    /// Absences begin: unanswered offers go to whoever stands in, or back.
    BeginAbsences,
    /// Events begin and end.
    FollowTheClock,
    /// Offered seats go to others, and registrations that nobody confirmed are forgotten.
    FreeSeats,
    /// Series go on: their events of the next year are made.
    ContinueSeries,
    /// What has been in the trash for 30 days is purged.
    EmptyTrash,
    /// New signing keys, made by another server, are read.
    ReloadKeys,
    /// Kept answers, failed sign-ins, old sessions and old letters are deleted.
    Forget,
    /// Reminders and thanks are put into the outbox.
    Remind,
    /// What is in the outbox is sent.
    SendLetters,
}

/// What jobs are done one after the other. The mail server may be slow, and nothing else waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// All that only needs the database.
    Clock,
    /// What talks to the mail server.
    Post,
}

impl Job {
    const ALL: [Self; 10] = [
        Self::ExpireOffers,
        Self::BeginAbsences,
        Self::FollowTheClock,
        Self::FreeSeats,
        Self::ContinueSeries,
        Self::EmptyTrash,
        Self::ReloadKeys,
        Self::Forget,
        Self::Remind,
        Self::SendLetters,
    ];

    /// Where it is done.
    const fn lane(self) -> Lane {
        match self {
            Self::SendLetters => Lane::Post,
            _ => Lane::Clock,
        }
    }

    /// How often it is done; nothing for every tick.
    const fn every(self) -> Duration {
        match self {
            Self::ExpireOffers
            | Self::BeginAbsences
            | Self::FollowTheClock
            | Self::FreeSeats
            | Self::SendLetters => Duration::ZERO,
            Self::ContinueSeries | Self::EmptyTrash | Self::ReloadKeys | Self::Forget => {
                RELOAD_EVERY
            }
            Self::Remind => REMIND_EVERY,
        }
    }

    /// Does it. What fails is logged and tried again next time.
    async fn run(self, state: &State) {
        let outcome = match self {
            Self::ExpireOffers => offers::expire(state).await.map_err(|why| why.to_string()),
            Self::BeginAbsences => absences::begin(state).await.map_err(|why| why.to_string()),
            Self::FollowTheClock => events::follow(state).await.map_err(|why| why.to_string()),
            Self::FreeSeats => registrations::free_seats(state)
                .await
                .map_err(|why| why.to_string()),
            Self::ContinueSeries => series::follow(state).await.map_err(|why| why.to_string()),
            Self::EmptyTrash => trash::purge_expired(state)
                .await
                .map(drop)
                .map_err(|why| why.to_string()),
            Self::ReloadKeys => keys::reload(state).await.map_err(|why| why.to_string()),
            Self::Forget => forget::forget(state).await.map_err(|why| why.to_string()),
            Self::Remind => reminders::remind(state)
                .await
                .map_err(|why| why.to_string()),
            Self::SendLetters => letters::send(state).await.map_err(|why| why.to_string()),
        };
        if let Err(why) = outcome {
            log::error!("the job {self:?} failed: {why}");
        }
    }
}

/// Does something in each of these teams, as the clock. Where it fails the others go on; a team that is gone meanwhile
/// is no failure.
async fn in_each_team(
    state: &State,
    teams: Vec<Id>,
    failure: &str,
    work: impl FnOnce(&mut Tx<'_>) -> Result<(), Problem> + Copy + Send + 'static,
) {
    for team_id in teams {
        match state.write_as_clock(team_id, work).await {
            Err(problem) if problem.code() != Code::NotFound => {
                log::error!("in the team {team_id}, {failure}: {problem}");
            }
            _ => {}
        }
    }
}

/// Does all that is due at the state's time, each job once.
pub async fn run_due(state: &State) {
    for job in Job::ALL {
        job.run(state).await;
    }
}

/// The worker that does what is due, tick by tick.
#[derive(Debug)]
pub struct Worker {
    stop: watch::Sender<bool>,
    running: [JoinHandle<()>; 2],
}

impl Worker {
    /// Stops after the jobs that run, and waits for them.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for lane in self.running {
            if let Err(error) = lane.await {
                log::error!("the worker ended badly: {error}");
            }
        }
    }
}

/// Starts the worker: a look every `tick`, until it is stopped.
#[must_use]
pub fn start(state: Data<State>, edge: Data<Edge>, tick: Duration) -> Worker {
    let (stop, stopped) = watch::channel(false);
    let running = [Lane::Clock, Lane::Post].map(|lane| {
        let work = work(state.clone(), edge.clone(), tick, (lane, stopped.clone()));
        tokio::spawn(work)
    });
    Worker { stop, running }
}

async fn work(
    state: Data<State>,
    edge: Data<Edge>,
    tick: Duration,
    (lane, mut stopped): (Lane, watch::Receiver<bool>),
) {
    let mut last_done: [Option<Instant>; Job::ALL.len()] = [None; Job::ALL.len()];
    while !*stopped.borrow() {
        for (job, last) in Job::ALL.into_iter().zip(&mut last_done) {
            let is_early = last.is_some_and(|last| last.elapsed() < job.every());
            if job.lane() != lane || is_early || *stopped.borrow() {
                continue;
            }
            *last = Some(Instant::now());
            let state = state.clone();
            // In a task of its own, so that a panic ends the job and not the worker.
            if let Err(error) = tokio::spawn(async move { job.run(&state).await }).await {
                log::error!("the job {job:?} panicked: {error}");
            }
            if job == Job::Forget {
                edge.general.forget_idle();
                edge.sign_in.forget_idle();
            }
        }
        // The sender is gone only when the worker was dropped: then it stops, too.
        if let Ok(Err(_)) = tokio::time::timeout(tick, stopped.changed()).await {
            return;
        }
    }
}
