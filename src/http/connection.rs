//! Connections that are not kept waiting, and not too many of them from one address.
//!
//! The surprising rule: the stream itself keeps the time. Actix cuts off a slow head only while it waits for the
//! first request of a connection, and goes on reading for as long as a client drips chunks that no handler asked
//! for. Here, whatever comes while no request runs has to become one within seconds; if not, the client seems to
//! have hung up.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long the head of a request may take, from its first byte.
pub const HEAD: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next request.
pub const KEPT: Duration = Duration::from_secs(75);
/// How long a client may take nothing of an answer.
const UNREAD: Duration = Duration::from_secs(15);

/// What a connection is about: shared by the stream and the requests that come on it.
#[derive(Debug)]
pub struct Activity {
    running: Cell<u32>,
    /// When the last request ended, or the connection began.
    since: Cell<Instant>,
    /// When the first byte came that belongs to no request yet.
    first_byte: Cell<Option<Instant>>,
    is_over: Cell<bool>,
}

/// A request that runs.
#[derive(Debug)]
pub struct Running(Rc<Activity>);

impl Activity {
    fn new() -> Rc<Self> {
        Rc::new(Self {
            running: Cell::new(0),
            since: Cell::new(Instant::now()),
            first_byte: Cell::new(None),
            is_over: Cell::new(false),
        })
    }

    /// A request has begun; it ends when the answer is dropped.
    #[must_use]
    pub fn begin(self: &Rc<Self>) -> Running {
        self.running.set(self.running.get().saturating_add(1));
        self.first_byte.set(None);
        Running(Rc::clone(self))
    }

    /// Nothing more is read from this connection.
    pub fn hang_up(&self) {
        self.is_over.set(true);
    }

    /// When the client has hung up, unless something happens before.
    fn deadline(&self) -> Option<Instant> {
        if self.is_over.get() {
            Some(self.since.get())
        } else if self.running.get() > 0 {
            None
        } else {
            Some(match self.first_byte.get() {
                Some(first) => first + HEAD,
                // Actix closes first where it sees an idle connection; this is for what it takes for busy.
                None => self.since.get() + KEPT + HEAD,
            })
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Self(activity) = self;
        activity
            .running
            .set(activity.running.get().saturating_sub(1));
        activity.since.set(Instant::now());
    }
}

/// A stream that seems to end when its client is too slow.
#[derive(Debug)]
pub struct Patient {
    stream: TcpStream,
    activity: Rc<Activity>,
    timer: Pin<Box<Sleep>>,
    /// Since when the client has taken nothing of what was to be written.
    unread: Option<Instant>,
    _seat: Option<Seat>,
}

impl Patient {
    /// The stream, which keeps `seat` for as long as it lasts.
    #[must_use]
    pub fn new(stream: TcpStream, seat: Option<Seat>) -> Self {
        let activity = Activity::new();
        let first = activity.since.get() + HEAD;
        Self {
            stream,
            activity,
            timer: Box::pin(sleep_until(first)),
            unread: None,
            _seat: seat,
        }
    }

    /// What its requests share with it.
    #[must_use]
    pub fn activity(&self) -> Rc<Activity> {
        Rc::clone(&self.activity)
    }

    /// Whether the time is up; else sees to it that the connection is looked at again when it is.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        // While an answer is on its way, it is all that counts.
        let unread = self.unread.map(|since| since + UNREAD);
        let Some(deadline) = unread.or_else(|| self.activity.deadline()) else {
            return false;
        };
        // Setting a timer costs more than a look at it that comes too early, so it is only ever set later when
        // it has gone off.
        if self.timer.deadline() > deadline {
            self.timer.as_mut().reset(deadline);
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            if Instant::now() >= deadline {
                return true;
            }
            self.timer.as_mut().reset(deadline);
        }
        false
    }

    fn progress<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_pending() {
            self.unread.get_or_insert_with(Instant::now);
            return if self.is_late(cx) {
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            } else {
                Poll::Pending
            };
        }
        if self.unread.take().is_some() {
            // What came meanwhile could not be looked at.
            let activity = &self.activity;
            let first = activity.first_byte.get().map(|_| Instant::now());
            activity.first_byte.set(first);
        }
        // The answer may be the last that happens here for long: from now on the timer watches.
        if self.is_late(cx) {
            cx.waker().wake_by_ref();
        }
        written
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_late(cx) {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        let activity = &this.activity;
        if buffer.filled().len() > before
            && activity.running.get() == 0
            && activity.first_byte.get().is_none()
        {
            activity.first_byte.set(Some(Instant::now()));
        }
        // The deadline may have come nearer.
        if read.is_pending() && this.is_late(cx) {
            return Poll::Ready(Ok(()));
        }
        read
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.progress(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, parts);
        this.progress(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// Counts the connections of each address.
#[derive(Debug)]
pub struct Seats {
    most: usize,
    /// Proxies speak for many.
    unlimited: Vec<IpAddr>,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection that counts, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
}

impl Seats {
    /// At most `most` for each address but those in `unlimited`.
    #[must_use]
    pub fn new(most: usize, unlimited: Vec<IpAddr>) -> Arc<Self> {
        Arc::new(Self {
            most,
            unlimited,
            taken: Mutex::default(),
        })
    }

    /// One more connection of this address. The error is that it has as many as it may.
    ///
    /// # Errors
    /// When all its seats are taken.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Result<Option<Seat>, io::Error> {
        let address = address.to_canonical();
        if self.unlimited.contains(&address) {
            return Ok(None);
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(address).or_default();
        if *count >= self.most {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        *count = count.saturating_add(1);
        Ok(Some(Seat {
            seats: Arc::clone(self),
            address,
        }))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self
            .seats
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Seats;

    #[test]
    fn seats_are_counted_for_each_address_and_given_back() {
        let proxy = "192.0.2.9".parse().unwrap();
        let seats = Seats::new(2, vec![proxy]);
        let ada = "192.0.2.1".parse().unwrap();
        let first = seats.take(ada).unwrap();
        let second = seats.take("::ffff:192.0.2.1".parse().unwrap()).unwrap();
        assert!(first.is_some() && second.is_some());
        assert!(seats.take(ada).is_err());
        assert!(seats.take("192.0.2.2".parse().unwrap()).unwrap().is_some());
        drop(first);
        assert!(seats.take(ada).is_ok());
        for _ in 0..5 {
            assert!(seats.take(proxy).unwrap().is_none());
        }
        drop(second);
        assert!(seats.taken.lock().unwrap().is_empty());
    }
}
