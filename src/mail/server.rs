//! The address of a mail server, as the settings give it.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::Url;

/// How the talk with the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte on: `smtps://`.
    Always,
    /// After STARTTLS, without which nothing is said: `smtp://…?tls=required`.
    Required,
    /// After STARTTLS where the server knows it: `smtp://…?tls=opportunistic`.
    Opportunistic,
    /// Not at all: `smtp://…?tls=none`.
    Never,
}

/// What opens the mail server's door. Its `Debug` tells nothing.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) password: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

/// A mail server: `smtp://user:password@host:587?tls=required`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) encryption: Encryption,
    pub(super) account: Option<Account>,
}

/// The address is none of a mail server. What was given is not repeated, because it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadServer {
    /// Not an address at all, or of another scheme.
    #[error("an address looks like smtp://user:password@mail.example.org:587 or smtps://…")]
    Form,
    /// What is said about encryption is not understood.
    #[error("?tls= is required, opportunistic or none, and smtps:// takes none of them")]
    Encryption,
    /// There is more than host, port, user and ?tls=.
    #[error("there is something behind the host that means nothing here; only ?tls=… may follow")]
    Rest,
    /// The password has characters that an address cannot have.
    #[error("write % signs, @, : and / in user and password as %25, %40, %3A and %2F")]
    Account,
}

impl FromStr for Server {
    type Err = BadServer;

    fn from_str(text: &str) -> Result<Self, BadServer> {
        let url = Url::parse(text).map_err(|_| BadServer::Form)?;
        let mut encryption = match url.scheme() {
            "smtp" => Encryption::Required,
            "smtps" => Encryption::Always,
            _ => return Err(BadServer::Form),
        };
        for (name, value) in url.query_pairs() {
            encryption = match (name.as_ref(), value.as_ref(), encryption) {
                ("tls", _, Encryption::Always) => return Err(BadServer::Encryption),
                ("tls", "required", _) => Encryption::Required,
                ("tls", "opportunistic", _) => Encryption::Opportunistic,
                ("tls", "none", _) => Encryption::Never,
                ("tls", ..) => return Err(BadServer::Encryption),
                _ => return Err(BadServer::Rest),
            };
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(BadServer::Rest);
        }
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or(BadServer::Form)?;
        let read = |part: &str| {
            percent_decode_str(part)
                .decode_utf8()
                .map(|text| text.into_owned())
                .map_err(|_| BadServer::Account)
        };
        let account = match (url.username(), url.password()) {
            ("", None) => None,
            (name, password) => Some(Account {
                name: read(name)?,
                password: read(password.unwrap_or_default())?,
            }),
        };
        let usual = match encryption {
            Encryption::Always => 465,
            _ => 587,
        };
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(usual),
            encryption,
            account,
        })
    }
}

impl fmt::Display for Server {
    /// Without the password.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, tls) = match self.encryption {
            Encryption::Always => ("smtps", ""),
            Encryption::Required => ("smtp", "?tls=required"),
            Encryption::Opportunistic => ("smtp", "?tls=opportunistic"),
            Encryption::Never => ("smtp", "?tls=none"),
        };
        write!(out, "{scheme}://")?;
        if let Some(account) = &self.account {
            write!(out, "{}:***@", account.name)?;
        }
        if self.host.contains(':') {
            write!(out, "[{}]:{}{tls}", self.host, self.port)
        } else {
            write!(out, "{}:{}{tls}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BadServer, Server};

    #[test]
    fn an_address_says_how_it_is_understood_and_hides_the_password() {
        for (given, understood) in [
            (
                "smtp://mail.example",
                "smtp://mail.example:587?tls=required",
            ),
            ("smtps://mail.example", "smtps://mail.example:465"),
            ("smtp://[::1]:25?tls=none", "smtp://[::1]:25?tls=none"),
            (
                "smtp://ada%40example.org:p%3Aw@mail.example:2525?tls=opportunistic",
                "smtp://ada@example.org:***@mail.example:2525?tls=opportunistic",
            ),
        ] {
            let server: Server = given.parse().unwrap();
            assert_eq!(server.to_string(), understood);
            assert!(!format!("{server:?}").contains("p:w"), "{server:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (given, refusal) in [
            ("mail.example", BadServer::Form),
            ("mail.example:25", BadServer::Form),
            ("http://mail.example", BadServer::Form),
            ("smtp://", BadServer::Form),
            ("smtp://mail.example?tls=yes", BadServer::Encryption),
            ("smtps://mail.example?tls=none", BadServer::Encryption),
            ("smtp://mail.example?ssl=1", BadServer::Rest),
            ("smtp://mail.example/x", BadServer::Rest),
        ] {
            assert_eq!(given.parse::<Server>(), Err(refusal), "{given}");
        }
    }
}
