//! The one thread that writes to SQLite, and commits in groups.
//!
//! The surprising rule: several requests share a transaction. The thread takes what is waiting (up to
//! [`GROUP`]), runs each piece of work in a savepoint of its own, commits once, and only then answers
//! each of them. So every answer is durable, one `fsync` pays for many writes, and a piece of work that
//! fails takes nothing else with it.
//!
//! Whoever waits may give up (see [`Turn`]). What was told that it failed is never kept: either its savepoint is
//! rolled back, or, where that is too late, the whole group.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::place::Place;
use super::pool::{Address, connect};
use super::stopwatch::{Stopwatch, takes_too_long};
use super::{AnyConnection, DbError, Failure, Limits, Outcome, in_transaction};

/// How many pieces of work share a commit at most.
const GROUP: usize = 64;
/// How many may wait; one more is told to come back later.
const QUEUE: usize = 1024;

type Manager = <AnyConnection as diesel::Connection>::TransactionManager;

pub(super) struct Writer {
    queue: SyncSender<Box<dyn Work>>,
    /// How long a piece of work waits for its turn.
    patience: Duration,
    /// How long one statement of it is waited for.
    statement: Duration,
    stopwatch: Stopwatch,
}

/// How far a piece of work has come. Whoever waits for it and the writer agree on it in single steps, so that nobody is
/// told that a change failed which is kept.
#[derive(Clone, Default)]
struct Turn(Arc<AtomicU8>);

const WAITS: u8 = 0;
const BEGUN: u8 = 1;
/// It is about to be committed: from here on its end is waited for.
const KEPT: u8 = 2;
const GIVEN_UP: u8 = 3;

impl Turn {
    /// Whether it was so and has become that.
    fn step(&self, from: u8, to: u8) -> bool {
        self.0
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    fn is(&self, state: u8) -> bool {
        self.0.load(Ordering::Acquire) == state
    }
}

/// A piece of work: first run in its savepoint, then answered after the commit.
trait Work: Send {
    fn run(&mut self, conn: &mut AnyConnection);
    /// The last word before the commit: false when whoever waited has been told that it failed.
    fn keep(&self) -> bool;
    fn answer(self: Box<Self>, commit: Result<(), DbError>);
}

struct Order<T, E, F> {
    work: Option<F>,
    /// When it is too late to begin.
    give_up: Instant,
    turn: Turn,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work for Order<T, E, F>
where
    F: FnOnce(&mut AnyConnection) -> Result<Outcome<T>, E> + Send,
    T: Send,
    E: Failure,
{
    fn run(&mut self, conn: &mut AnyConnection) {
        if let Some(work) = self.work.take() {
            if Instant::now() >= self.give_up || !self.turn.step(WAITS, BEGUN) {
                self.result = Some(Err(E::from(waited_too_long())));
                return;
            }
            let turn = &self.turn;
            let work = |conn: &mut AnyConnection| {
                let outcome = work(conn)?;
                if turn.is(GIVEN_UP) {
                    return Err(E::from(takes_too_long()));
                }
                Ok(outcome)
            };
            let ran = catch_unwind(AssertUnwindSafe(|| in_transaction(conn, work)));
            self.result = Some(ran.unwrap_or_else(|_| {
                close_savepoints(conn);
                Err(E::from(DbError::Panicked))
            }));
        }
    }

    fn keep(&self) -> bool {
        !matches!(self.result, Some(Ok(_))) || self.turn.step(BEGUN, KEPT)
    }

    fn answer(self: Box<Self>, commit: Result<(), DbError>) {
        let answer = match (commit, self.result) {
            (Ok(()), Some(result)) => result,
            // A refusal does not depend on the commit: nothing of it was to be kept.
            (_, Some(Err(error))) => Err(error),
            (Err(error), _) => Err(E::from(error)),
            (Ok(()), None) => Err(E::from(DbError::Panicked)),
        };
        // Whoever asked may have hung up.
        let _ = self.reply.send(answer);
    }
}

impl Writer {
    pub(super) fn start(address: &Address, limits: &Limits) -> Result<Self, DbError> {
        let mut conn = connect(address, limits.statement)?;
        let stopwatch = Stopwatch::default();
        stopwatch.attach(&mut conn);
        let (queue, orders) = sync_channel(QUEUE);
        // As long as on PostgreSQL: there a write waits for a connection, and then for the lock of its team.
        let patience = limits.acquire + limits.statement;
        let statement = limits.statement;
        let (address, watch) = (address.clone(), stopwatch.clone());
        let place = Place::of(&address);
        let to_check = place.clone();
        let fresh = move || {
            to_check.check()?;
            let mut conn = connect(&address, statement)?;
            watch.attach(&mut conn);
            Ok(conn)
        };
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || serve(conn, &orders, &place, &fresh))
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        Ok(Self {
            queue,
            patience,
            statement,
            stopwatch,
        })
    }

    pub(super) async fn submit<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut AnyConnection) -> Result<Outcome<T>, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        let (reply, mut answer) = oneshot::channel();
        let turn = Turn::default();
        let give_up = Instant::now() + self.patience;
        let order = Box::new(Order {
            work: Some(work),
            give_up,
            turn: turn.clone(),
            result: None,
            reply,
        });
        self.queue.try_send(order).map_err(|error| {
            E::from(DbError::Unavailable(match error {
                TrySendError::Full(_) => "too many writes are waiting".to_owned(),
                TrySendError::Disconnected(_) => "the writer has stopped".to_owned(),
            }))
        })?;
        let mut patience = self.statement;
        loop {
            match timeout(patience, &mut answer).await {
                Ok(Ok(result)) => return result,
                Ok(Err(_)) => return Err(E::from(DbError::Panicked)),
                Err(_) => patience = self.go_on_waiting(&turn, give_up).map_err(E::from)?,
            }
        }
    }

    /// How long until it is worth while to look again, or why there is nothing more to wait for.
    fn go_on_waiting(&self, turn: &Turn, give_up: Instant) -> Result<Duration, DbError> {
        let until_turn = give_up.saturating_duration_since(Instant::now());
        if turn.is(WAITS) && !until_turn.is_zero() {
            return Ok(until_turn);
        }
        if turn.step(WAITS, GIVEN_UP) {
            return Err(waited_too_long());
        }
        match self.stopwatch.left(self.statement) {
            None if turn.step(BEGUN, GIVEN_UP) => Err(takes_too_long()),
            // What is being committed is waited for.
            None => Ok(self.statement),
            Some(left) => Ok(left),
        }
    }
}

fn waited_too_long() -> DbError {
    DbError::Unavailable("the write has waited too long for its turn".to_owned())
}

/// Serves until every sender is gone.
fn serve(
    mut conn: AnyConnection,
    orders: &Receiver<Box<dyn Work>>,
    place: &Place,
    fresh: &impl Fn() -> Result<AnyConnection, DbError>,
) {
    while let Ok(first) = orders.recv() {
        let mut group = vec![first];
        while group.len() < GROUP {
            match orders.try_recv() {
                Ok(next) => group.push(next),
                Err(_) => break,
            }
        }
        let committed = place
            .check()
            .and_then(|()| run_group(&mut conn, &mut group));
        if let Err(error) = &committed {
            log::error!("a group of {} writes was not kept: {error}", group.len());
            // Whoever waits behind them would only wait as long again for the same.
            group.extend(orders.try_iter());
        }
        for order in group {
            order.answer(copy(&committed));
        }
        if Manager::is_broken_transaction_manager(&mut conn) || committed.is_err() {
            // What the failed commit left open goes with the connection.
            match fresh() {
                Ok(fresh) => conn = fresh,
                Err(error) => log::error!("the write connection could not be renewed: {error}"),
            }
        }
    }
}

fn run_group(conn: &mut AnyConnection, group: &mut [Box<dyn Work>]) -> Result<(), DbError> {
    begin_immediate(conn)?;
    for order in group.iter_mut() {
        order.run(conn);
        // A full disk makes SQLite roll back by itself. What ran after that would be kept one by one, and told
        // that it was not.
        if depth(conn) != Some(1) {
            return Err(DbError::Unavailable(
                "the database has ended the transaction by itself".to_owned(),
            ));
        }
    }
    if !group.iter().all(|order| order.keep()) {
        return Err(takes_too_long());
    }
    Manager::commit_transaction(conn).map_err(DbError::from)
}

/// How many transactions are open inside one another; nothing where none is, or nobody knows.
fn depth(conn: &mut AnyConnection) -> Option<u32> {
    Manager::transaction_manager_status_mut(conn)
        .transaction_depth()
        .ok()
        .flatten()
        .map(std::num::NonZeroU32::get)
}

/// Rolls back what a panic left open, down to the group's own transaction.
fn close_savepoints(conn: &mut AnyConnection) {
    while depth(conn).is_some_and(|depth| depth > 1) {
        if Manager::rollback_transaction(conn).is_err() {
            break;
        }
    }
}

/// `BEGIN IMMEDIATE`, because a deferred transaction that first reads and then writes fails at once
/// when another process has written in between, whatever the time-out says.
pub(super) fn begin_immediate(conn: &mut AnyConnection) -> Result<(), DbError> {
    match conn {
        AnyConnection::Sqlite(conn) => {
            AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")
        }
        AnyConnection::Postgres(conn) => {
            AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN")
        }
    }
    .map_err(DbError::from)
}

fn copy(result: &Result<(), DbError>) -> Result<(), DbError> {
    match result {
        Ok(()) => Ok(()),
        Err(DbError::StorageFull(text)) => Err(DbError::StorageFull(text.clone())),
        Err(DbError::Unavailable(text)) => Err(DbError::Unavailable(text.clone())),
        Err(error) => Err(DbError::Unavailable(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::channel;
    use std::time::{Duration, Instant};

    use diesel::RunQueryDsl;
    use diesel::connection::SimpleConnection;
    use tokio::sync::oneshot;

    use super::{AnyConnection, DbError, Limits, Outcome, Writer, connect};
    use crate::db::Address;

    #[tokio::test]
    async fn what_has_waited_too_long_is_not_begun() {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::Sqlite(folder.path().join("relais.db"));
        let limits = Limits {
            connections: 1,
            acquire: Duration::from_millis(200),
            statement: Duration::from_millis(200),
        };
        let writer = Writer::start(&address, &limits).unwrap();
        let (go, until) = channel::<()>();
        let occupied = writer.submit(move |_| {
            until.recv().ok();
            Ok::<_, DbError>(Outcome::Keep(()))
        });
        let late = writer.submit(|_| Ok::<_, DbError>(Outcome::Keep("begun")));
        let (occupied, late, ()) = tokio::join!(occupied, late, async {
            tokio::time::sleep(limits.acquire + limits.statement).await;
            go.send(()).unwrap();
        });
        occupied.unwrap();
        assert!(matches!(late, Err(DbError::Unavailable(_))), "{late:?}");
        let next = writer.submit(|_| Ok::<_, DbError>(Outcome::Keep("begun")));
        assert_eq!(next.await.unwrap(), "begun");
    }

    /// A statement that takes some seconds, on this machine as busy as it is.
    fn slow(conn: &mut AnyConnection, seconds: u64) -> String {
        let count_to = |limit: u128| {
            format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {limit}) SELECT count(*) FROM n"
            )
        };
        let began = Instant::now();
        conn.batch_execute(&count_to(100_000)).unwrap();
        count_to(100_000 * u128::from(seconds) * 1000 / began.elapsed().as_millis().max(1))
    }

    #[tokio::test]
    async fn a_slow_statement_is_given_up_and_nothing_is_kept_of_what_failed() {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::Sqlite(folder.path().join("relais.db"));
        let limits = Limits {
            connections: 1,
            acquire: Duration::from_secs(20),
            statement: Duration::from_millis(500),
        };
        let writer = Arc::new(Writer::start(&address, &limits).unwrap());
        let run = |statement: String| {
            writer.submit(move |conn| {
                conn.batch_execute(&statement).map_err(DbError::from)?;
                Ok::<_, DbError>(Outcome::Keep(()))
            })
        };
        run("CREATE TABLE kept (name TEXT NOT NULL)".to_owned())
            .await
            .unwrap();
        let add = |name: &str| run(format!("INSERT INTO kept VALUES ('{name}')"));
        let (go, until) = channel::<()>();
        let (begins, begun) = oneshot::channel();
        let occupied = tokio::spawn({
            let writer = Arc::clone(&writer);
            let wait = move |_: &mut AnyConnection| {
                begins.send(()).ok();
                until.recv().ok();
                Ok::<_, DbError>(Outcome::Keep(()))
            };
            async move { writer.submit(wait).await }
        });
        begun.await.unwrap();
        let statement = slow(&mut connect(&address, limits.statement).unwrap(), 4);
        // One group: what is done before it waits for the commit, and the others for their turn.
        let (before, slow, after) = (add("before"), run(statement), add("after"));
        let began = Instant::now();
        let (before, slow, after, ()) = tokio::join!(
            async { (before.await, began.elapsed()) },
            async { (slow.await, began.elapsed()) },
            after,
            async { go.send(()).unwrap() },
        );
        occupied.await.unwrap().unwrap();
        for (answer, elapsed) in [&before, &slow] {
            assert!(matches!(answer, Err(DbError::Unavailable(_))), "{answer:?}");
            assert!(*elapsed < Duration::from_secs(2), "{elapsed:?}");
        }
        assert!(matches!(after, Err(DbError::Unavailable(_))), "{after:?}");
        // The statement has ended, the next one is kept, and the others are not.
        add("next").await.unwrap();
        let mut conn = connect(&address, limits.statement).unwrap();
        let AnyConnection::Sqlite(conn) = &mut conn else {
            panic!("a SQLite connection");
        };
        let names: Vec<String> =
            diesel::dsl::sql::<diesel::sql_types::Text>("SELECT name FROM kept")
                .load(conn)
                .unwrap();
        assert_eq!(names, ["next"]);
    }
}
