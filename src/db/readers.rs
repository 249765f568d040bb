//! Reading from SQLite.
//!
//! The surprising rule: a statement that runs too long is not ended, it is only waited for no longer (see
//! [`super::stopwatch`]). Its connection stays taken until it ends, so there are twice as many connections as may be
//! waited for at once: as many strays as that, and everybody else is still served.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::place::Place;
use super::pool::{Address, Pool};
use super::stopwatch::takes_too_long;
use super::{AnyConnection, DbError, Failure, Limits};

pub(super) struct Readers {
    pool: Pool,
    place: Place,
    /// One for each read that somebody waits for.
    turns: Semaphore,
    acquire: Duration,
    statement: Duration,
}

impl Readers {
    pub(super) fn open(address: &Address, limits: &Limits) -> Result<Self, DbError> {
        let with_strays = Limits {
            connections: limits.connections.saturating_mul(2),
            ..limits.clone()
        };
        Ok(Self {
            pool: Pool::open(address, &with_strays, true)?,
            place: Place::of(address),
            turns: Semaphore::new(usize::try_from(limits.connections).unwrap_or(usize::MAX)),
            acquire: limits.acquire,
            statement: limits.statement,
        })
    }

    pub(super) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        let Ok(Ok(_turn)) = timeout(self.acquire, self.turns.acquire()).await else {
            let why = "no connection for reading was free in time".to_owned();
            return Err(E::from(DbError::Unavailable(why)));
        };
        let (pool, place) = (self.pool.clone(), self.place.clone());
        let busy = Arc::new(OnceLock::new());
        let taken = Arc::clone(&busy);
        let mut running = tokio::task::spawn_blocking(move || {
            place.check()?;
            pool.with_stopwatch(|conn, stopwatch| {
                let _ = taken.set(stopwatch.clone());
                work(conn)
            })
        });
        let mut patience = self.statement;
        loop {
            match timeout(patience, &mut running).await {
                Ok(Ok(answer)) => return answer,
                Ok(Err(_)) => return Err(E::from(DbError::Panicked)),
                Err(_) => {}
            }
            patience = match busy.get() {
                // It waits for a connection, which has an end of its own.
                None => self.statement,
                Some(stopwatch) => stopwatch
                    .left(self.statement)
                    .ok_or_else(|| E::from(takes_too_long()))?,
            };
        }
    }

    /// Whether a connection is in use, also by a read that nobody waits for any more.
    pub(super) fn are_busy(&self) -> bool {
        self.pool.is_busy()
    }
}
