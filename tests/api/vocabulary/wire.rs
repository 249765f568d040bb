//! Bytes on a socket, for what no HTTP client would send.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::app::TestApp;
use super::people::Person;
use super::watch;

/// A connection to the server, of which nothing is known to be HTTP.
pub struct Wire(pub TcpStream);

impl Wire {
    pub fn open(app: &TestApp) -> Self {
        let place = app.address.trim_start_matches("http://");
        let stream = TcpStream::connect(place).expect("a connection");
        stream
            .set_read_timeout(Some(Duration::from_millis(200)))
            .expect("a time-out");
        Self(stream)
    }

    /// Sends bytes; what the server has closed meanwhile takes no more.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).is_ok()
    }

    /// Reads until `is_enough` or the server closes, or five seconds have gone. An error with a secret in it fails the test.
    #[track_caller]
    pub fn read_until(&mut self, is_enough: impl Fn(&str) -> bool) -> String {
        let text = self.take_until(is_enough);
        watch::check_wire(&text);
        text
    }

    fn take_until(&mut self, is_enough: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        let mut bytes = Vec::new();
        let mut chunk = [0; 16 * 1024];
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if is_enough(&text) || began.elapsed() > Duration::from_secs(5) {
                return text;
            }
            match self.0.read(&mut chunk) {
                Ok(0) => return text,
                Ok(count) => bytes.extend(&chunk[..count]),
                Err(error)
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) => {}
                Err(_) => return text,
            }
        }
    }

    /// Reads until the server closes.
    #[track_caller]
    pub fn read_to_end(&mut self) -> String {
        self.read_until(|_| false)
    }

    /// Whether the server has closed, without waiting.
    pub fn is_closed(&mut self) -> bool {
        self.0.set_nonblocking(true).expect("a socket");
        let mut chunk = [0; 4096];
        let closed = loop {
            match self.0.read(&mut chunk) {
                Ok(0) => break true,
                Ok(_) => {}
                Err(error) => break error.kind() != std::io::ErrorKind::WouldBlock,
            }
        };
        self.0.set_nonblocking(false).expect("a socket");
        closed
    }
}

/// One request on a connection of its own, closed after the answer.
pub fn exchange(app: &TestApp, request: impl AsRef<[u8]>) -> String {
    let mut wire = Wire::open(app);
    wire.send(request);
    wire.read_to_end()
}

impl Person {
    /// The head of a request of this person, up to and with the empty line.
    pub fn head(&self, method: &str, path: &str, headers: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n{headers}\r\n",
            self.token
        )
    }
}

#[test]
#[should_panic(expected = "an error on the wire has CANARY")]
fn a_canary_on_the_wire_fails_the_test() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let stream = TcpStream::connect(listener.local_addr().expect("an address"));
    let mut server = listener.accept().expect("a connection").0;
    let error = "HTTP/1.1 401 Unauthorized\r\n\r\n{\"detail\": \"not CANARY\"}";
    server.write_all(error.as_bytes()).expect("bytes");
    drop(server);
    Wire(stream.expect("a connection")).read_to_end();
}
