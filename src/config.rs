//! Every setting: a flag, an environment variable `RELAIS_…`, a default, one line of help.
//!
//! The surprising rule: a bad setting stops the start with one line. Nothing falls back to a guess.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use clap::{Args, ValueEnum};

use crate::access::SignUp;
use crate::db::{Address, Limits};
use crate::mail::{BadServer, Mailbox, Post};

/// The settings of the server and of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub struct Config {
    /// The address and port to listen on
    #[arg(
        long,
        global = true,
        env = "RELAIS_LISTEN",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,

    /// The folder of the embedded database; made with mode 0700
    #[arg(
        long,
        global = true,
        env = "RELAIS_DATA_DIR",
        default_value = "relais-data"
    )]
    pub data_dir: PathBuf,

    /// The database: sqlite:FILE or postgres://… [default: sqlite:relais.db in the data folder; the variable DATABASE_URL works too]
    #[arg(
        long,
        global = true,
        env = "RELAIS_DATABASE_URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,

    /// A PostgreSQL replica for reads
    #[arg(
        long,
        global = true,
        env = "RELAIS_REPLICA_URL",
        hide_env_values = true
    )]
    pub replica_url: Option<String>,

    /// How many connections to the database
    #[arg(long, global = true, env = "RELAIS_DATABASE_CONNECTIONS", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub database_connections: u32,

    /// How long a request waits for a connection, in seconds
    #[arg(long, global = true, env = "RELAIS_ACQUIRE_SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub acquire_seconds: u64,

    /// How long one statement may run or wait for a lock, in seconds (on SQLite: how long it is waited for)
    #[arg(long, global = true, env = "RELAIS_STATEMENT_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub statement_seconds: u64,

    /// Seals the signing keys in the database; at least 32 characters, kept by you
    #[arg(long, global = true, env = "RELAIS_SECRET", hide_env_values = true)]
    pub secret: Option<String>,

    /// Who may make an account
    #[arg(long, global = true, env = "RELAIS_SIGN_UP", value_enum, default_value_t = SignUpMode::Open)]
    pub sign_up: SignUpMode,

    /// How long an access token lives, in minutes
    #[arg(long, global = true, env = "RELAIS_ACCESS_TOKEN_MINUTES", default_value_t = 10, value_parser = clap::value_parser!(i64).range(1..=1440))]
    pub access_token_minutes: i64,

    /// The address under which clients reach the server, for links [default: http:// and the listening address]
    #[arg(long, global = true, env = "RELAIS_PUBLIC_URL")]
    pub public_url: Option<String>,

    /// The mail server: smtp://user:password@host:587 (STARTTLS; ?tls=none or ?tls=opportunistic say otherwise) or smtps://… [default: none; letters stay in the outbox]
    #[arg(long, global = true, env = "RELAIS_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,

    /// Whom mail is from: "Relais <no-reply@example.org>"; needed with a mail server
    #[arg(long, global = true, env = "RELAIS_MAIL_FROM")]
    pub mail_from: Option<String>,

    /// How long the mail server may take for one answer, in seconds
    #[arg(long, global = true, env = "RELAIS_SMTP_SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub smtp_seconds: u64,

    /// The page of whoever registered, for links in mail; {secret} stands for what opens it [default: /r/{secret} at the public address, a small page of this server]
    #[arg(long, global = true, env = "RELAIS_REGISTRATION_URL")]
    pub registration_url: Option<String>,

    /// An origin that browsers may call from; may be given several times, or separated by commas
    #[arg(
        long = "cors-origin",
        global = true,
        env = "RELAIS_CORS_ORIGINS",
        value_delimiter = ','
    )]
    pub cors_origins: Vec<String>,

    /// A proxy whose X-Forwarded-For is believed; may be given several times, or separated by commas
    #[arg(
        long = "trusted-proxy",
        global = true,
        env = "RELAIS_TRUSTED_PROXIES",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<IpAddr>,

    /// How many requests an account (or an address without one) may send in a minute
    #[arg(long, global = true, env = "RELAIS_RATE_LIMIT", default_value_t = 1200, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate_limit: u32,

    /// How many sign-ins and sign-ups an address may try in a minute
    #[arg(long, global = true, env = "RELAIS_SIGN_IN_RATE_LIMIT", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub sign_in_rate_limit: u32,

    /// How many threads take requests [default: one for each processor]
    #[arg(long, global = true, env = "RELAIS_WORKERS", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,

    /// How many connections one thread holds at once
    #[arg(long, global = true, env = "RELAIS_CONNECTIONS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: u32,

    /// How many connections one address may have at once; trusted proxies may have any number
    #[arg(long, global = true, env = "RELAIS_CONNECTIONS_PER_ADDRESS", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    pub connections_per_address: u32,

    /// How long the server says "not ready" at /readyz and still answers before it stops, in seconds
    #[arg(long, global = true, env = "RELAIS_DRAIN_SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=300))]
    pub drain_seconds: u64,

    /// How long running requests may take when the server stops, in seconds
    #[arg(long, global = true, env = "RELAIS_SHUTDOWN_SECONDS", default_value_t = 25, value_parser = clap::value_parser!(u64).range(0..=300))]
    pub shutdown_seconds: u64,

    /// How often the clock's work is done, in seconds
    #[arg(long, global = true, env = "RELAIS_CLOCK_SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub clock_seconds: u64,

    /// What is logged: error, warn, info, debug, or by module (relais::request=off)
    #[arg(long, global = true, env = "RELAIS_LOG", default_value = "info")]
    pub log: String,

    /// How log lines look
    #[arg(long, global = true, env = "RELAIS_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SignUpMode {
    /// Everybody
    Open,
    /// Whoever holds an invitation
    Invitation,
    /// Nobody; use `relais account create`
    Closed,
}

impl From<SignUpMode> for SignUp {
    fn from(mode: SignUpMode) -> Self {
        match mode {
            SignUpMode::Open => Self::Open,
            SignUpMode::Invitation => Self::Invitation,
            SignUpMode::Closed => Self::Closed,
        }
    }
}

/// A setting is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct BadSetting {
    setting: &'static str,
    problem: String,
}

impl Config {
    /// Checks what is only used later, so that a typing error stops the start and not the first request.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub fn check(&self) -> Result<(), BadSetting> {
        for origin in &self.cors_origins {
            if !is_origin(origin) {
                return Err(BadSetting {
                    setting: "--cors-origin (RELAIS_CORS_ORIGINS)",
                    problem: format!(
                        "{origin:?} is no origin; one looks like https://app.example.org, in lower case, without a path"
                    ),
                });
            }
        }
        if let Some(url) = &self.public_url
            && !is_web_address(url)
        {
            return Err(BadSetting {
                setting: "--public-url (RELAIS_PUBLIC_URL)",
                problem: format!("{url:?} does not start with http:// or https://"),
            });
        }
        if let Some(url) = &self.registration_url
            && !(is_web_address(url) && url.matches("{secret}").count() == 1)
        {
            return Err(BadSetting {
                setting: "--registration-url (RELAIS_REGISTRATION_URL)",
                problem: format!(
                    "{url:?} does not start with http:// or https://, or has not {{secret}} in it once"
                ),
            });
        }
        if let Some(part) = self.log.split(',').find(|part| !is_log_filter(part)) {
            return Err(BadSetting {
                setting: "--log (RELAIS_LOG)",
                problem: format!(
                    "{part:?} is neither a level (off, error, warn, info, debug, trace) nor module=level"
                ),
            });
        }
        self.address()?;
        self.replica()?;
        self.post()?;
        Ok(())
    }

    /// Where the database is.
    ///
    /// # Errors
    /// When the address is of no kind that is known.
    pub fn address(&self) -> Result<Address, BadSetting> {
        let from_environment = std::env::var("DATABASE_URL").ok();
        match self.database_url.as_ref().or(from_environment.as_ref()) {
            None => Ok(Address::Sqlite(self.data_dir.join("relais.db"))),
            Some(url) => parse_address("--database-url (RELAIS_DATABASE_URL, DATABASE_URL)", url),
        }
    }

    /// The replica for reads, where one is set.
    ///
    /// # Errors
    /// When it is no PostgreSQL address.
    pub fn replica(&self) -> Result<Option<Address>, BadSetting> {
        let setting = "--replica-url (RELAIS_REPLICA_URL)";
        let replica = self
            .replica_url
            .as_deref()
            .map(|url| parse_address(setting, url))
            .transpose()?;
        match (&replica, self.address()?) {
            (None, _) | (Some(Address::Postgres(_)), Address::Postgres(_)) => Ok(replica),
            _ => Err(BadSetting {
                setting,
                problem: "a replica is a PostgreSQL address beside a PostgreSQL database"
                    .to_owned(),
            }),
        }
    }

    /// The limits of the database.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits {
            connections: self.database_connections,
            acquire: Duration::from_secs(self.acquire_seconds),
            statement: Duration::from_secs(self.statement_seconds),
        }
    }

    /// How long an access token lives.
    #[must_use]
    pub fn access_token(&self) -> TimeDelta {
        TimeDelta::minutes(self.access_token_minutes)
    }

    /// The address under which clients reach the server.
    #[must_use]
    pub fn public_url(&self) -> String {
        self.public_url.as_deref().map_or_else(
            || format!("http://{}", self.listen),
            |url| url.trim_end_matches('/').to_owned(),
        )
    }

    /// The address of a registration's page, with `{secret}` in it.
    #[must_use]
    pub fn registration_url(&self) -> String {
        self.registration_url
            .clone()
            .unwrap_or_else(|| format!("{}/r/{{secret}}", self.public_url()))
    }

    /// How mail is sent, where a mail server is set.
    ///
    /// # Errors
    /// When the mail server or the sender is no such thing, or the sender is missing.
    pub fn post(&self) -> Result<Option<Post>, BadSetting> {
        let from = self.mail_from.as_deref().map(|text| {
            text.parse::<Mailbox>().map_err(|_| BadSetting {
                setting: "--mail-from (RELAIS_MAIL_FROM)",
                problem: format!(
                    "{text:?} is no sender; one looks like \"Relais <no-reply@example.org>\""
                ),
            })
        });
        let from = from.transpose()?;
        let Some(url) = &self.smtp_url else {
            return Ok(None);
        };
        let server = url.parse().map_err(|error: BadServer| BadSetting {
            setting: "--smtp-url (RELAIS_SMTP_URL)",
            problem: error.to_string(),
        })?;
        let from = from.ok_or_else(|| BadSetting {
            setting: "--mail-from (RELAIS_MAIL_FROM)",
            problem: "a mail server is set, but not whom mail is from".to_owned(),
        })?;
        Ok(Some(Post {
            server,
            from,
            patience: Duration::from_secs(self.smtp_seconds),
        }))
    }

    /// How many threads take requests.
    #[must_use]
    pub fn worker_count(&self) -> usize {
        self.workers.map_or_else(
            || std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            usize::from,
        )
    }

    /// What is in force, one setting a line, secrets masked.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub fn describe(&self) -> Result<String, BadSetting> {
        let list = |items: &[String]| {
            if items.is_empty() {
                "(none)".to_owned()
            } else {
                items.join(", ")
            }
        };
        let proxies: Vec<String> = self.trusted_proxies.iter().map(IpAddr::to_string).collect();
        let replica = self.replica()?;
        let lines: [(&str, String); 26] = [
            ("listen", self.listen.to_string()),
            ("data-dir", self.data_dir.display().to_string()),
            ("database-url", self.address()?.to_string()),
            (
                "replica-url",
                replica.map_or_else(|| "(none)".to_owned(), |url| url.to_string()),
            ),
            (
                "database-connections",
                self.database_connections.to_string(),
            ),
            ("acquire-seconds", self.acquire_seconds.to_string()),
            ("statement-seconds", self.statement_seconds.to_string()),
            (
                "secret",
                if self.secret.is_some() {
                    "(set)"
                } else {
                    "(not set)"
                }
                .to_owned(),
            ),
            ("sign-up", SignUp::from(self.sign_up).to_string()),
            (
                "access-token-minutes",
                self.access_token_minutes.to_string(),
            ),
            ("public-url", self.public_url()),
            (
                "smtp-url",
                self.post()?
                    .map_or_else(|| "(none)".to_owned(), |post| post.server.to_string()),
            ),
            (
                "mail-from",
                self.mail_from
                    .clone()
                    .unwrap_or_else(|| "(none)".to_owned()),
            ),
            ("smtp-seconds", self.smtp_seconds.to_string()),
            ("registration-url", self.registration_url()),
            ("cors-origin", list(&self.cors_origins)),
            ("trusted-proxy", list(&proxies)),
            ("rate-limit", self.rate_limit.to_string()),
            ("sign-in-rate-limit", self.sign_in_rate_limit.to_string()),
            ("workers", self.worker_count().to_string()),
            ("connections", self.connections.to_string()),
            (
                "connections-per-address",
                self.connections_per_address.to_string(),
            ),
            ("drain-seconds", self.drain_seconds.to_string()),
            ("shutdown-seconds", self.shutdown_seconds.to_string()),
            ("clock-seconds", self.clock_seconds.to_string()),
            (
                "log",
                format!("{} ({:?})", self.log, self.log_format).to_lowercase(),
            ),
        ];
        let mut text = String::new();
        for (name, value) in lines {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name:<25}{value}");
        }
        Ok(text)
    }
}

fn is_web_address(url: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        url.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty())
    })
}

/// As a browser sends it (RFC 6454): scheme, host in lower case, a port where it is not the usual one.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else {
        return false;
    };
    let is_part = |text: &str, more: &str| {
        !text.is_empty()
            && text.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || more.contains(letter)
            })
    };
    is_part(scheme, "+-.") && is_part(host, ".-_:[]")
}

fn is_log_filter(part: &str) -> bool {
    let is_level = |text: &str| text.parse::<log::LevelFilter>().is_ok();
    match part.trim().split_once('=') {
        Some((module, level)) => !module.is_empty() && is_level(level),
        None => is_level(part.trim()) || part.contains("::"),
    }
}

fn parse_address(setting: &'static str, url: &str) -> Result<Address, BadSetting> {
    url.parse()
        .map_err(|error: crate::db::UnknownScheme| BadSetting {
            setting,
            problem: error.to_string(),
        })
}
