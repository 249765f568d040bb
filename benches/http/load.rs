//! A small load generator: HTTP/1.1 over keep-alive connections, requests made before the clock starts.
//!
//! All connections run on one thread, because the processors are the server's: with 16 closed loops a thread for
//! each would measure the scheduler.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// One keep-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back: the status, and where head and body lie in the connection's buffer.
pub struct Answer {
    pub status: u16,
    head: usize,
    end: usize,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("the server listens");
        stream.set_nodelay(true).expect("a TCP socket");
        Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        }
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&mut self, request: &[u8]) -> Answer {
        self.stream.write_all(request).await.expect("it is sent");
        self.buffer.clear();
        let mut seen = 0;
        let head = loop {
            let read = self.stream.read_buf(&mut self.buffer).await;
            assert!(read.expect("an answer") > 0, "the server hung up");
            let from = seen_from(seen);
            if let Some(at) = find(&self.buffer[from..], b"\r\n\r\n") {
                break from + at + 4;
            }
            seen = self.buffer.len();
        };
        let status = std::str::from_utf8(&self.buffer[9..12])
            .ok()
            .and_then(|text| text.parse().ok())
            .expect("a status");
        let length = if status == 304 || status == 204 {
            0
        } else {
            self.header(head, "content-length")
                .and_then(|text| text.parse().ok())
                .expect("a length")
        };
        let end = head + length;
        while self.buffer.len() < end {
            let read = self.stream.read_buf(&mut self.buffer).await;
            assert!(read.expect("an answer") > 0, "the server hung up");
        }
        Answer { status, head, end }
    }

    fn header(&self, head: usize, name: &str) -> Option<&str> {
        let head = std::str::from_utf8(&self.buffer[..head]).ok()?;
        head.split("\r\n").find_map(|line| {
            let (given, value) = line.split_once(':')?;
            given.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Sends a request that is not measured, and answers its body and its `ETag`.
    pub async fn ask(&mut self, request: &[u8]) -> (Value, Option<String>) {
        let answer = self.send(request).await;
        let body = &self.buffer[answer.head..answer.end];
        assert!(
            (200..300).contains(&answer.status),
            "{}\n{}",
            String::from_utf8_lossy(&request[..request.len().min(400)]),
            String::from_utf8_lossy(&self.buffer[..self.buffer.len().min(1000)])
        );
        let body = serde_json::from_slice(body).unwrap_or(Value::Null);
        let etag = self.header(answer.head, "etag").map(str::to_owned);
        (body, etag)
    }
}

const fn seen_from(seen: usize) -> usize {
    seen.saturating_sub(3)
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// A request as it goes over the wire.
pub fn request(
    method: &str,
    path: &str,
    token: Option<&str>,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: relais.test\r\n");
    if let Some(token) = token {
        text.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    match body {
        None => text.push_str("\r\n"),
        Some(body) => {
            let body = body.to_string();
            text.push_str(&format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ));
        }
    }
    text.into_bytes()
}

/// Makes an account, signs in, and answers the access token.
pub async fn sign_up(address: SocketAddr) -> String {
    sign_up_as(address, "olga@example.org", "Olga Owner").await
}

/// The same of somebody else.
pub async fn sign_up_as(address: SocketAddr, email: &str, name: &str) -> String {
    let mut connection = Connection::open(address).await;
    let password = "correct horse battery staple";
    let account = json!({"email": email, "password": password, "name": name});
    connection
        .ask(&request("POST", "/v1/accounts", None, &[], Some(&account)))
        .await;
    let session = json!({"email": email, "password": password});
    let (session, _) = connection
        .ask(&request("POST", "/v1/sessions", None, &[], Some(&session)))
        .await;
    text(&session["access_token"])
}

/// A member of an answer that is text.
pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// What one connection sends, over and over.
pub type Requests = Rc<Vec<Vec<u8>>>;

/// What was counted.
#[derive(Default, Clone)]
pub struct Figures {
    /// How long each request took, in microseconds.
    pub times: Vec<u32>,
    pub seconds: f64,
    /// Processor seconds that the server used meanwhile.
    pub processor: f64,
}

impl Figures {
    pub fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        self.seconds += other.seconds;
        self.processor += other.processor;
    }

    pub fn count(&self) -> f64 {
        u32::try_from(self.times.len()).map_or(f64::MAX, f64::from)
    }

    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.count() / self.seconds
    }

    /// The time that this share of the requests stayed below, in milliseconds.
    pub fn percentile(&self, share: usize) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        let at = (times.len() * share / 100).min(times.len().saturating_sub(1));
        times
            .get(at)
            .map_or(0.0, |micros| f64::from(*micros) / 1000.0)
    }
}

/// Sends `requests` for `time`, each list over a connection of its own, each after the answer to the one before.
/// `places` keeps where each list stands, so that a list goes on where it stopped.
pub async fn run(
    address: SocketAddr,
    requests: &[Requests],
    places: &mut [usize],
    status: u16,
    time: Duration,
) -> Figures {
    let mut figures = Figures::default();
    let mut connections = Vec::new();
    for _ in requests {
        connections.push(Connection::open(address).await);
    }
    let local = LocalSet::new();
    let started = Instant::now();
    let mut running = Vec::new();
    for ((mut connection, list), place) in connections.into_iter().zip(requests).zip(&*places) {
        let (list, mut at) = (Rc::clone(list), *place);
        running.push(local.spawn_local(async move {
            let mut times = Vec::new();
            loop {
                let before = Instant::now();
                if before.duration_since(started) >= time {
                    return (times, at);
                }
                let answer = connection.send(&list[at % list.len()]).await;
                times.push(u32::try_from(before.elapsed().as_micros()).unwrap_or(u32::MAX));
                at += 1;
                assert_eq!(
                    answer.status,
                    status,
                    "{}\n{}",
                    String::from_utf8_lossy(&list[(at - 1) % list.len()]),
                    String::from_utf8_lossy(&connection.buffer)
                );
            }
        }));
    }
    local
        .run_until(async {
            for (one, place) in running.into_iter().zip(places) {
                let (times, at) = one.await.expect("the load runs");
                figures.times.extend(times);
                *place = at;
            }
        })
        .await;
    figures.seconds = started.elapsed().as_secs_f64();
    figures
}
