//! One talk with the mail server, in which many messages are handed over, one after the other.
//!
//! The surprising rule: it matters who is refused. When the server refuses us (no connection, a wrong password, our own
//! address), nothing is wrong with the message, and no other message has a better chance; when it refuses a recipient or a
//! message, the others go on.

use std::future::Future;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};

use super::Post;
use super::server::Encryption;

/// How many answers the server may take its time for until the greetings are over: connection, greeting, STARTTLS,
/// sign-in.
const GREETINGS: u32 = 2;
/// What a server says while it hangs up (RFC 5321 §3.8).
const HANGS_UP: u16 = 421;

/// Why a message was not taken, in words without the recipient's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The server cannot be reached, or takes nothing from us: try any message later.
    Everything(String),
    /// This message, for now.
    ForNow(String),
    /// This message, whenever it comes.
    ForGood(String),
}

/// A talk with the mail server.
pub struct Session {
    connection: AsyncSmtpConnection,
    patience: Duration,
    from: Address,
    is_broken: bool,
}

impl Session {
    /// Connects, encrypts and signs in, as the settings say.
    ///
    /// # Errors
    /// `Refusal::Everything`.
    pub async fn open(post: &Post) -> Result<Self, Refusal> {
        let patience = post.patience;
        let connection = tokio::time::timeout(patience * GREETINGS, connect(post))
            .await
            .map_err(|_| Refusal::Everything("the mail server did not answer in time".to_owned()))?
            .map_err(|error| Refusal::Everything(told(&error)))?;
        Ok(Self {
            connection,
            patience,
            from: post.from.email.clone(),
            is_broken: false,
        })
    }

    /// Whether nothing more can be said in this talk.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.is_broken || self.connection.has_broken()
    }

    /// Hands one message over.
    ///
    /// # Errors
    /// Why the server did not take it.
    pub async fn send(&mut self, to: &str, message: &[u8]) -> Result<(), Refusal> {
        let to: Address = to.parse().map_err(|_| {
            Refusal::ForGood("this is no address that mail can be sent to".to_owned())
        })?;
        let mut options = Vec::new();
        if !AsRef::<str>::as_ref(&to).is_ascii() {
            let knows_utf8 = Extension::SmtpUtfEight;
            if !self.connection.server_info().supports_feature(knows_utf8) {
                return Err(Refusal::ForGood(
                    "the mail server takes no addresses with letters beyond ASCII".to_owned(),
                ));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        let patience = self.patience;
        let sender = Mail::new(Some(self.from.clone()), options);
        if let Err(error) = in_time(patience, self.connection.command(sender)).await {
            self.reset(&error).await;
            return Err(Refusal::Everything(error.words));
        }
        let recipient = Rcpt::new(to, Vec::new());
        if let Err(error) = in_time(patience, self.connection.command(recipient)).await {
            return Err(self.refused(error).await);
        }
        if let Err(error) = in_time(patience, self.connection.command(Data)).await {
            return Err(self.refused(error).await);
        }
        // A server that was in time so far may be scanning: what it takes now would be sent twice if we hung up.
        match in_time(patience * 2, self.connection.message(message)).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.refused(error).await),
        }
    }

    /// Says goodbye; whoever does not answer is left.
    pub async fn close(mut self) {
        if !self.is_broken() {
            let _ = in_time(self.patience, self.connection.command(Quit)).await;
        }
    }

    async fn refused(&mut self, error: Fault) -> Refusal {
        self.reset(&error).await;
        if error.is_permanent {
            Refusal::ForGood(error.words)
        } else {
            Refusal::ForNow(error.words)
        }
    }

    /// Begins anew after a refusal; whatever else went wrong ends the talk.
    async fn reset(&mut self, error: &Fault) {
        self.is_broken = error.code.is_none_or(|code| code == HANGS_UP)
            || in_time(self.patience, self.connection.command(Rset))
                .await
                .is_err();
    }
}

/// What went wrong in one exchange.
struct Fault {
    /// What the server answered, where it did.
    code: Option<u16>,
    is_permanent: bool,
    words: String,
}

async fn in_time<T>(
    limit: Duration,
    exchange: impl Future<Output = Result<T, Error>>,
) -> Result<T, Fault> {
    match tokio::time::timeout(limit, exchange).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Fault {
            code: error.status().map(u16::from),
            is_permanent: error.is_permanent(),
            words: told(&error),
        }),
        Err(_) => Err(Fault {
            code: None,
            is_permanent: false,
            words: "the mail server did not answer in time".to_owned(),
        }),
    }
}

/// What is said about an error: the server's code where it answered, and never its words, which may repeat an address.
fn told(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_tls() => format!("TLS: {error}"),
        None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
        None if error.is_client() => format!("{error}"),
        None if error.is_response() => "the mail server answered nothing that is SMTP".to_owned(),
        None => "no connection to the mail server".to_owned(),
    }
}

async fn connect(post: &Post) -> Result<AsyncSmtpConnection, Error> {
    let server = &post.server;
    let hello = ClientId::Domain(post.from.email.domain().to_owned());
    let tls = || TlsParameters::new_rustls(server.host.clone());
    let at_once = match server.encryption {
        Encryption::Always => Some(tls()?),
        _ => None,
    };
    let mut connection = AsyncSmtpConnection::connect_tokio1(
        (server.host.as_str(), server.port),
        Some(post.patience),
        &hello,
        at_once,
        None,
    )
    .await?;
    let upgrades = match server.encryption {
        Encryption::Always | Encryption::Never => false,
        Encryption::Required => true,
        Encryption::Opportunistic => connection.can_starttls(),
    };
    if upgrades {
        connection.starttls(tls()?, &hello).await?;
    }
    if let Some(account) = &server.account {
        let credentials = Credentials::new(account.name.clone(), account.password.clone());
        connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await?;
    }
    Ok(connection)
}
