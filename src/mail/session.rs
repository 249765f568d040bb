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
use tokio::net::TcpStream;

use super::Post;
use super::server::Encryption;

/// How many answers the server may take its time for until the greetings are over: connection, greeting, STARTTLS,
/// sign-in.
const GREETINGS: u32 = 2;
/// What a server says while it hangs up (RFC 5321 §3.8).
const HANGS_UP: u16 = 421;
/// What is said when there is nobody to talk to.
const NO_CONNECTION: &str = "no connection to the mail server";

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
            .map_err(Refusal::Everything)?;
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
        None => NO_CONNECTION.to_owned(),
    }
}

async fn connect(post: &Post) -> Result<AsyncSmtpConnection, String> {
    let hello = ClientId::Domain(post.from.email.domain().to_owned());
    let mut connection = greeted(post, &hello).await?;
    sign_in(post, &hello, &mut connection)
        .await
        .map_err(|error| told(&error))?;
    Ok(connection)
}

/// Connects, until the server has said what it can do.
async fn greeted(post: &Post, hello: &ClientId) -> Result<AsyncSmtpConnection, String> {
    let server = &post.server;
    let at = (server.host.as_str(), server.port);
    let connection = if server.encryption == Encryption::Always {
        match TlsParameters::new_rustls(server.host.clone()) {
            Ok(tls) => {
                let patience = Some(post.patience);
                AsyncSmtpConnection::connect_tokio1(at, patience, hello, Some(tls), None).await
            }
            Err(error) => Err(error),
        }
    } else {
        // A message goes out in several pieces: one that waited for the other to be acknowledged would take 40 ms.
        let stream = TcpStream::connect(at)
            .await
            .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
            .map_err(|_| NO_CONNECTION.to_owned())?;
        AsyncSmtpConnection::connect_with_transport(Box::new(stream), hello).await
    };
    connection.map_err(|error| told(&error))
}

/// Encrypts and signs in, as the settings say.
async fn sign_in(
    post: &Post,
    hello: &ClientId,
    connection: &mut AsyncSmtpConnection,
) -> Result<(), Error> {
    let server = &post.server;
    let upgrades = match server.encryption {
        Encryption::Always | Encryption::Never => false,
        Encryption::Required => true,
        Encryption::Opportunistic => connection.can_starttls(),
    };
    if upgrades {
        let tls = TlsParameters::new_rustls(server.host.clone())?;
        connection.starttls(tls, hello).await?;
    }
    if let Some(account) = &server.account {
        let credentials = Credentials::new(account.name.clone(), account.password.clone());
        connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await?;
    }
    Ok(())
}
