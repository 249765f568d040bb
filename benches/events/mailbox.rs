//! A mail server that takes everything and keeps nothing but the count (RFC 5321, as much as a client needs).

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Where mail goes.
pub struct Mailbox {
    pub address: SocketAddr,
    count: Arc<AtomicUsize>,
}

impl Mailbox {
    /// Listens, with a thread for each connection.
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let count = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&count);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counting = Arc::clone(&counting);
                std::thread::spawn(move || drop(talk(&stream, &counting)));
            }
        });
        Self { address, count }
    }

    /// How many letters came.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits until no letter has come for three seconds.
    pub async fn quiet(&self) {
        loop {
            let before = self.count();
            tokio::time::sleep(Duration::from_secs(3)).await;
            if self.count() == before {
                return;
            }
        }
    }
}

fn talk(stream: &TcpStream, count: &AtomicUsize) -> std::io::Result<()> {
    let mut out = stream;
    let mut lines = BufReader::new(stream).lines();
    out.write_all(b"220 mailbox\r\n")?;
    while let Some(line) = lines.next() {
        let line = line?.to_ascii_uppercase();
        if line.starts_with("QUIT") {
            return out.write_all(b"221 bye\r\n");
        }
        if line != "DATA" {
            out.write_all(b"250 ok\r\n")?;
            continue;
        }
        out.write_all(b"354 go on\r\n")?;
        for line in lines.by_ref() {
            if line? == "." {
                break;
            }
        }
        count.fetch_add(1, Ordering::Relaxed);
        out.write_all(b"250 taken\r\n")?;
    }
    Ok(())
}
