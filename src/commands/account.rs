//! `relais account`: what only the operator may do to accounts.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::Subcommand;

use super::CommandError;
use crate::access::passwords::check_length;
use crate::access::secrets::Secret;
use crate::access::{Clock, State};
use crate::boot;
use crate::config::Config;
use crate::db::Outcome;
use crate::http::text::Name;
use crate::http::{Code, Problem};
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

/// A command with all that it needs: what can be refused without the database has been.
enum Deed {
    Create(Profile, String),
    Disable(Email),
    Enable(Email),
    ResetPassword(Email, String),
}

pub(super) async fn run(command: AccountCommand, config: &Config) -> Result<(), CommandError> {
    let clock = Clock::default();
    let state = boot::state(config, clock.clone()).await?;
    let now = clock.now();
    let deed = prepare(command, &state).await?;
    let done = state
        .db
        .write(move |conn| {
            let done = match deed {
                Deed::Create(profile, hash) => {
                    let account = accounts::create(conn, profile, &hash, now)?;
                    format!("The account {} is there.", account.email)
                }
                Deed::Disable(email) => {
                    let done = accounts::disable(conn, &email, now);
                    done.map_err(|problem| naming(&email, problem))?;
                    format!("The account {email} is disabled, its sessions have ended.")
                }
                Deed::Enable(email) => {
                    let done = accounts::enable(conn, &email);
                    done.map_err(|problem| naming(&email, problem))?;
                    format!("The account {email} is enabled.")
                }
                Deed::ResetPassword(email, hash) => {
                    let done = accounts::reset_password(conn, &email, &hash, now);
                    done.map_err(|problem| naming(&email, problem))?;
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

/// Which account is not there.
fn naming(email: &Email, problem: Problem) -> Problem {
    match problem.code() {
        Code::NotFound => problem.detail(format!("There is no account {email}.")),
        _ => problem,
    }
}

async fn prepare(command: AccountCommand, state: &State) -> Result<Deed, CommandError> {
    Ok(match command {
        AccountCommand::Create {
            email,
            name,
            time_zone,
        } => Deed::Create(
            profile(email, &name, &time_zone)?,
            hash_of_password(state).await?,
        ),
        AccountCommand::Disable { email } => Deed::Disable(email),
        AccountCommand::Enable { email } => Deed::Enable(email),
        AccountCommand::ResetPassword { email } => {
            Deed::ResetPassword(email, hash_of_password(state).await?)
        }
    })
}

async fn hash_of_password(state: &State) -> Result<String, CommandError> {
    let hash = state.passwords.hash(read_password()?).await;
    hash.map_err(|error| CommandError::Refused(error.to_string()))
}

fn profile(email: Email, name: &str, time_zone: &str) -> Result<Profile, CommandError> {
    let refuse = |flag: &str, problem: &dyn std::fmt::Display| {
        CommandError::Refused(format!("{flag}: {problem}"))
    };
    Ok(Profile {
        email,
        name: Name::new(name).map_err(|fault| refuse("--name", &fault))?,
        locale: "en"
            .parse()
            .map_err(|fault: &str| refuse("the locale", &fault))?,
        time_zone: time_zone.parse().map_err(|_| {
            refuse(
                "--time-zone",
                &"an IANA time zone such as Europe/Paris is needed",
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
