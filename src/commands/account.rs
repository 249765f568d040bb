//! `relais account`: what only the operator may do to accounts.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::Subcommand;

use super::CommandError;
use crate::access::Clock;
use crate::access::passwords::check_length;
use crate::access::secrets::Secret;
use crate::boot;
use crate::config::Config;
use crate::db::Outcome;
use crate::http::Problem;
use crate::http::text::Name;
use crate::people::accounts::{self, Profile};
use crate::people::texts::Email;

/// A command about accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account; the password is read from the standard input
    Create {
        /// The e-mail address to sign in with
        email: Email,
        /// The person's name
        #[arg(long)]
        name: String,
        /// The person's time zone
        #[arg(long, default_value = "UTC")]
        time_zone: String,
    },
    /// Disable an account: its sessions end at once and nobody can sign in
    Disable {
        /// The account's e-mail address
        email: Email,
    },
    /// Enable a disabled account again
    Enable {
        /// The account's e-mail address
        email: Email,
    },
    /// Set a new password, read from the standard input; all sessions end
    ResetPassword {
        /// The account's e-mail address
        email: Email,
    },
}

pub(super) async fn run(command: AccountCommand, config: &Config) -> Result<(), CommandError> {
    let clock = Clock::default();
    let state = boot::state(config, clock.clone()).await?;
    let now = clock.now();
    let hash = match &command {
        AccountCommand::Create { .. } | AccountCommand::ResetPassword { .. } => {
            let password = read_password()?;
            let hash = state.passwords.hash(password).await;
            Some(hash.map_err(|error| CommandError::Refused(error.to_string()))?)
        }
        _ => None,
    };
    let done = state
        .db
        .write(move |conn| {
            let hash = hash.unwrap_or_default();
            let done = match command {
                AccountCommand::Create {
                    email,
                    name,
                    time_zone,
                } => {
                    let profile = profile(email, &name, &time_zone)?;
                    let account = accounts::create(conn, profile, &hash, now)?;
                    format!("The account {} is there.", account.email)
                }
                AccountCommand::Disable { email } => {
                    accounts::disable(conn, &email, now)?;
                    format!("The account {email} is disabled, its sessions have ended.")
                }
                AccountCommand::Enable { email } => {
                    accounts::enable(conn, &email)?;
                    format!("The account {email} is enabled.")
                }
                AccountCommand::ResetPassword { email } => {
                    accounts::reset_password(conn, &email, &hash, now)?;
                    format!("The password of {email} is set, its sessions have ended.")
                }
            };
            Ok::<_, Problem>(Outcome::Keep(done))
        })
        .await
        .map_err(|problem| CommandError::Refused(problem.to_string()))?;
    writeln!(std::io::stdout(), "{done}")?;
    Ok(())
}

fn profile(email: Email, name: &str, time_zone: &str) -> Result<Profile, Problem> {
    let refuse = |pointer: &str, detail: String| Problem::field(pointer, "invalid_format", detail);
    Ok(Profile {
        email,
        name: Name::new(name).map_err(|fault| refuse("--name", fault.to_string()))?,
        locale: "en"
            .parse()
            .map_err(|fault: &str| refuse("--locale", fault.to_owned()))?,
        time_zone: time_zone.parse().map_err(|_| {
            refuse(
                "--time-zone",
                "An IANA time zone such as Europe/Paris.".to_owned(),
            )
        })?,
    })
}

fn read_password() -> Result<Secret, CommandError> {
    let input = std::io::stdin();
    if input.is_terminal() {
        eprintln!("Type the password and press Enter (it is shown as you type):");
    }
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    check_length(&password).map_err(|error| CommandError::Refused(error.to_string()))?;
    Ok(Secret::from(password))
}
