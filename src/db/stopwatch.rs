//! For how long a connection has been busy with one statement.
//!
//! The surprising rule: nothing here ends a statement. PostgreSQL does that by itself; SQLite could be interrupted, but
//! Diesel 2.3 offers no safe way to do it (`on_progress` comes with the release after it). So whoever waits gives up, is
//! answered in time, and the statement ends by itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::Connection as _;
use diesel::connection::{Instrumentation, InstrumentationEvent};

use super::{AnyConnection, DbError};

/// Runs while a statement does. Clones show the same time.
#[derive(Clone, Default)]
pub(super) struct Stopwatch(Arc<Mutex<Option<Instant>>>);

impl Stopwatch {
    /// Measures the statements of this connection from now on.
    pub(super) fn attach(&self, conn: &mut AnyConnection) {
        conn.set_instrumentation(self.clone());
    }

    /// How much longer the statement that runs now may run; all of `limit` where none does, and nothing where it is over.
    pub(super) fn left(&self, limit: Duration) -> Option<Duration> {
        let began = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ran = began.map_or(Duration::ZERO, |began| began.elapsed());
        limit.checked_sub(ran).filter(|left| !left.is_zero())
    }

    fn set(&self, began: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = began;
    }
}

impl Instrumentation for Stopwatch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => self.set(Some(Instant::now())),
            InstrumentationEvent::FinishQuery { .. } => self.set(None),
            _ => {}
        }
    }
}

/// What is answered to whoever has waited for a statement as long as one may run.
pub(super) fn takes_too_long() -> DbError {
    DbError::Unavailable("a statement takes too long".to_owned())
}
