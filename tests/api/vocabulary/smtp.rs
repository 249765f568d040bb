//! A mail server on loopback, as strict as it must be and as bad as a test wants it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server took: whom from, whom to, and the message.
#[derive(Debug, Clone)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    pub message: Vec<u8>,
}

/// How the server is.
#[derive(Debug, Clone, Default)]
pub struct Mood {
    /// What it answers instead of taking: a command (or `message`, `greeting`) and the answer.
    pub answers: Vec<(&'static str, &'static str)>,
    /// Recipients that it answers so.
    pub recipients: Vec<(String, &'static str)>,
    /// A command (or `message`) after which it hangs up; a message has been taken then.
    pub hangs_up_at: Option<&'static str>,
    /// A command (or `message`) that it never answers; a message has been taken then.
    pub is_silent_at: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Inside {
    taken: Vec<Taken>,
    mood: Mood,
    connections: usize,
    /// What `AUTH PLAIN` said.
    signed_in: Vec<String>,
}

/// The server. Stops when it is dropped.
pub struct MailServer {
    pub port: u16,
    inside: Arc<Mutex<Inside>>,
    task: JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn locked(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MailServer {
    pub async fn start() -> Self {
        Self::at(0).await
    }

    /// Starts at a port, where a server was before.
    pub async fn at(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let inside = Arc::new(Mutex::new(Inside::default()));
        let shared = inside.clone();
        let task = tokio::spawn(async move {
            let mut talks = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                locked(&shared).connections += 1;
                let shared = shared.clone();
                talks.spawn(async move {
                    let _ = talk(stream, &shared).await;
                });
            }
        });
        Self { port, inside, task }
    }

    /// The address, as the settings take it.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    pub fn set(&self, mood: Mood) {
        locked(&self.inside).mood = mood;
    }

    pub fn taken(&self) -> Vec<Taken> {
        locked(&self.inside).taken.clone()
    }

    pub fn connections(&self) -> usize {
        locked(&self.inside).connections
    }

    pub fn signed_in(&self) -> Vec<String> {
        locked(&self.inside).signed_in.clone()
    }

    /// Waits until so many messages were taken.
    pub async fn has_taken(&self, messages: usize) {
        while self.taken().len() < messages {
            tokio::task::yield_now().await;
        }
    }
}

async fn talk(stream: TcpStream, inside: &Mutex<Inside>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let greeting = answer(inside, "greeting").unwrap_or("220 mail.example ready");
    say(&mut stream, greeting).await?;
    let (mut from, mut to) = (String::new(), Vec::new());
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        assert!(line.ends_with("\r\n"), "a line ends with CRLF: {line:?}");
        let word = line
            .split([' ', '\r'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        if !is_heard(inside, &word).await {
            return Ok(());
        }
        let angled = || {
            let inner = line
                .split_once('<')
                .and_then(|(_, rest)| rest.split_once('>'));
            inner.expect("an address in angles").0.to_owned()
        };
        let usual = match word.as_str() {
            "EHLO" => "250-mail.example\r\n250-AUTH PLAIN\r\n250-8BITMIME\r\n250 SIZE 1000000",
            "AUTH" => {
                locked(inside).signed_in.push(line.trim_end().to_owned());
                "235 2.7.0 welcome"
            }
            "MAIL" => {
                (from, to) = (angled(), Vec::new());
                "250 2.1.0 fine"
            }
            "RCPT" => {
                let address = angled();
                let refusal = {
                    let inside = locked(inside);
                    let of = inside.mood.recipients.iter();
                    of.into_iter()
                        .find(|(one, _)| *one == address)
                        .map(|(_, answer)| *answer)
                };
                if let Some(refusal) = refusal {
                    say(&mut stream, refusal).await?;
                    continue;
                }
                to.push(address);
                "250 2.1.5 fine"
            }
            "DATA" => "354 go on",
            "RSET" | "NOOP" => "250 2.0.0 fine",
            "QUIT" => "221 2.0.0 bye",
            _ => "500 5.5.1 what?",
        };
        let said = answer(inside, &word).unwrap_or(usual);
        say(&mut stream, said).await?;
        if word == "QUIT" || said.starts_with("421") {
            return Ok(());
        }
        if word != "DATA" || !said.starts_with("354") {
            continue;
        }
        let message = read_message(&mut stream).await?;
        if let Some(refusal) = answer(inside, "message") {
            say(&mut stream, refusal).await?;
            continue;
        }
        locked(inside).taken.push(Taken {
            from: from.clone(),
            to: to.clone(),
            message,
        });
        if !is_heard(inside, "message").await {
            return Ok(());
        }
        say(&mut stream, "250 2.0.0 taken").await?;
    }
}

fn answer(inside: &Mutex<Inside>, word: &str) -> Option<&'static str> {
    let inside = locked(inside);
    let found = inside.mood.answers.iter().find(|(at, _)| *at == word);
    found.map(|(_, answer)| *answer)
}

/// Whether a command is answered. Where it is not, the talk is over; silence lasts until the client is gone.
async fn is_heard(inside: &Mutex<Inside>, word: &str) -> bool {
    let (hangs_up, is_silent) = {
        let inside = locked(inside);
        (
            inside.mood.hangs_up_at == Some(word),
            inside.mood.is_silent_at == Some(word),
        )
    };
    if is_silent {
        std::future::pending::<()>().await;
    }
    !hangs_up
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> std::io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await
}

/// Up to the line with one dot, with doubled dots undone.
async fn read_message(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut message: Vec<u8> = Vec::new();
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).await?;
        assert!(
            line.len() <= 1000,
            "a line is too long (RFC 5321 §4.5.3.1.6)"
        );
        assert!(line.ends_with(b"\r\n"), "a line ends with CRLF");
        if line == b".\r\n" {
            return Ok(message);
        }
        let rest = line.strip_prefix(b".").unwrap_or(&line);
        message.extend_from_slice(rest);
    }
}
