//! What every handler shares: the database, the keys, the clock, the settings.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use super::follow::Followers;
use super::passwords::PasswordDesk;
use super::sealing::Sealer;
use super::secrets::Pepper;
use super::signing::KeySet;
use crate::db::{Db, Instant};
use crate::http::operations::Operations;
use crate::mail::Post;
use crate::text_enum;

/// The time, which tests can move.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead_by_milliseconds: Arc<AtomicI64>,
    /// Where the clock was stopped, counted from 1970; 0 while it runs.
    stopped_at_milliseconds: Arc<AtomicI64>,
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> Instant {
        let ahead = self.ahead_by_milliseconds.load(Ordering::Relaxed);
        let stopped_at = self.stopped_at_milliseconds.load(Ordering::Relaxed);
        let base = match stopped_at {
            0 => Utc::now(),
            at => DateTime::from_timestamp_millis(at).unwrap_or_default(),
        };
        Instant::new(base).plus(TimeDelta::milliseconds(ahead))
    }

    /// Stops the clock: from here on it moves only by [`Self::advance`], however slow the machine is.
    pub fn stop(&self) {
        self.stopped_at_milliseconds
            .store(Utc::now().timestamp_millis(), Ordering::Relaxed);
    }

    /// Stops the clock at this time.
    pub fn stop_at(&self, at: DateTime<Utc>) {
        self.stopped_at_milliseconds
            .store(at.timestamp_millis(), Ordering::Relaxed);
        self.ahead_by_milliseconds.store(0, Ordering::Relaxed);
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: TimeDelta) {
        self.ahead_by_milliseconds
            .fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}

text_enum! {
    /// Who may make an account.
    pub enum SignUp {
        /// Everybody.
        Open = "open",
        /// Whoever holds an invitation to a team.
        Invitation = "invitation",
        /// Nobody; accounts are made with `relais account create`.
        Closed = "closed",
    }
}

/// The settings that handlers read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who may make an account.
    pub sign_up: SignUp,
    /// How long an access token lives.
    pub access_token: TimeDelta,
    /// The address under which clients reach the server, without a slash at the end; for links.
    pub public_url: String,
    /// Where whoever registered finds their own page: `{secret}` stands for what opens it.
    pub registration_url: String,
    /// How mail is sent; without it none is.
    pub post: Option<Post>,
}

/// What every handler shares.
pub struct State {
    /// The door to the database.
    pub(crate) db: Db,
    /// What signs and checks access tokens.
    pub keys: KeySet,
    /// What keeps secrets closed at rest.
    pub sealer: Sealer,
    /// What makes the successor of a refresh token.
    pub pepper: Pepper,
    /// Where passwords are hashed.
    pub passwords: PasswordDesk,
    /// The time.
    pub clock: Clock,
    /// The settings.
    pub settings: Settings,
    /// What follows from changes.
    pub followers: Followers,
    /// The operations of the OpenAPI document.
    pub operations: Arc<Operations>,
    /// Whether the server is stopping.
    pub is_draining: AtomicBool,
}
