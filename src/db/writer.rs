//! The one thread that writes to SQLite, and commits in groups.
//!
//! The surprising rule: several requests share a transaction. The thread takes what is waiting (up to
//! [`GROUP`]), runs each piece of work in a savepoint of its own, commits once, and only then answers
//! each of them. So every answer is durable, one `fsync` pays for many writes, and a piece of work that
//! fails takes nothing else with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use tokio::sync::oneshot;

use super::pool::{Address, connect};
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
}

/// A piece of work: first run in its savepoint, then answered after the commit.
trait Work: Send {
    fn run(&mut self, conn: &mut AnyConnection);
    fn answer(self: Box<Self>, commit: Result<(), DbError>);
}

struct Order<T, E, F> {
    work: Option<F>,
    /// When it is too late to begin.
    give_up: Instant,
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
            if Instant::now() >= self.give_up {
                let why = "the write has waited too long for its turn".to_owned();
                self.result = Some(Err(E::from(DbError::Unavailable(why))));
                return;
            }
            let ran = catch_unwind(AssertUnwindSafe(|| in_transaction(conn, work)));
            self.result = Some(ran.unwrap_or_else(|_| {
                close_savepoints(conn);
                Err(E::from(DbError::Panicked))
            }));
        }
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
        let conn = connect(address, limits.statement)?;
        let (queue, orders) = sync_channel(QUEUE);
        // As long as on PostgreSQL: there a write waits for a connection, and then for the lock of its team.
        let patience = limits.acquire + limits.statement;
        let (address, limits) = (address.clone(), limits.clone());
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || serve(conn, &orders, &address, &limits))
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        Ok(Self { queue, patience })
    }

    pub(super) async fn submit<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut AnyConnection) -> Result<Outcome<T>, E> + Send + 'static,
        T: Send + 'static,
        E: Failure,
    {
        let (reply, answer) = oneshot::channel();
        let order = Box::new(Order {
            work: Some(work),
            give_up: Instant::now() + self.patience,
            result: None,
            reply,
        });
        self.queue.try_send(order).map_err(|error| {
            E::from(DbError::Unavailable(match error {
                TrySendError::Full(_) => "too many writes are waiting".to_owned(),
                TrySendError::Disconnected(_) => "the writer has stopped".to_owned(),
            }))
        })?;
        match answer.await {
            Ok(result) => result,
            Err(_) => Err(E::from(DbError::Panicked)),
        }
    }
}

/// Serves until every sender is gone.
fn serve(
    mut conn: AnyConnection,
    orders: &Receiver<Box<dyn Work>>,
    address: &Address,
    limits: &Limits,
) {
    while let Ok(first) = orders.recv() {
        let mut group = vec![first];
        while group.len() < GROUP {
            match orders.try_recv() {
                Ok(next) => group.push(next),
                Err(_) => break,
            }
        }
        let committed = run_group(&mut conn, &mut group);
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
            match connect(address, limits.statement) {
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
        Err(error) => Err(DbError::Unavailable(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::{DbError, Limits, Outcome, Writer};
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
}
