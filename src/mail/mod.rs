//! Mail: the server that takes it, and the talk with it. What the mail says is no business of this folder.
//!
//! The surprising rule: encryption is the default. `smtp://` means STARTTLS or nothing, unless the address says
//! `?tls=none` or `?tls=opportunistic`.

mod server;
mod session;

use std::time::Duration;

pub use lettre::message::Mailbox;
pub use server::{BadServer, Encryption, Server};
pub use session::{Refusal, Session};

/// How this server sends mail.
#[derive(Debug, Clone)]
pub struct Post {
    /// The mail server.
    pub server: Server,
    /// Whom the mail is from.
    pub from: Mailbox,
    /// How long the mail server may take for one answer.
    pub patience: Duration,
}
