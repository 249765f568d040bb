//! What the command line can do.
//!
//! The surprising rule: a command that changes data goes the way of a request, through the same handlers, so it
//! cannot do what the API would refuse.

mod account;
mod demo;
mod import;
mod in_process;
mod serve;

use std::io::Write as _;
use std::path::PathBuf;

use clap::Subcommand;

use crate::access::{Clock, keys};
use crate::boot::{self, BootError};
use crate::config::{BadSetting, Config};
use crate::db::{self, BackupError, DbError, MigrationError};
use crate::openapi;

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API (the default)
    Serve,
    /// Bring the database's schema up to date, and end
    Migrate {
        /// Only list what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Print the OpenAPI document
    Openapi,
    /// Copy the embedded database to FILE while the server runs
    Backup {
        /// The file to make; it must not exist
        file: PathBuf,
    },
    /// The keys that sign access tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Fill the database with a team to look at, made from a real release plan; a second run changes nothing
    Demo,
    /// Put the tasks of a CSV file into a campaign, all or nothing, as an account that is named
    #[command(long_about = import::EXPLANATION)]
    Import(import::ImportCommand),
    /// Accounts, for the operator
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Print the settings in force, secrets masked
    Config,
}

/// A command about keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a new key; it signs from three minutes on, and the old ones verify for a day more
    Rotate,
}

/// Why a command failed, in one line.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The settings or the database.
    #[error(transparent)]
    Boot(#[from] BootError),
    /// A setting.
    #[error(transparent)]
    Setting(#[from] BadSetting),
    /// The schema.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] keys::KeysError),
    /// A file or the terminal.
    #[error(transparent)]
    Input(#[from] std::io::Error),
    /// The port.
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, std::io::Error),
    /// What was asked for cannot be done.
    #[error("{0}")]
    Refused(String),
}

/// Runs a command.
///
/// # Errors
/// What went wrong, in one line.
pub async fn run(command: Command, config: Config) -> Result<(), CommandError> {
    let mut out = std::io::stdout();
    match command {
        Command::Serve => serve::run(config).await,
        Command::Migrate { dry_run } => {
            let address = config.address()?;
            boot::prepare_folder(&address)?;
            let versions = if dry_run {
                db::pending_migrations(&address)?
            } else {
                db::migrate(&address)?
            };
            match (versions.as_slice(), dry_run) {
                ([], _) => writeln!(out, "The schema of {address} is up to date.")?,
                (versions, true) => writeln!(out, "To be applied: {}", versions.join(", "))?,
                (versions, false) => writeln!(out, "Applied: {}", versions.join(", "))?,
            }
            Ok(())
        }
        Command::Openapi => {
            write!(out, "{}", openapi::text())?;
            Ok(())
        }
        Command::Backup { file } => {
            db::backup(&config.address()?, &file)?;
            writeln!(out, "Copied {} to {}.", config.address()?, file.display())?;
            Ok(())
        }
        Command::Keys(KeysCommand::Rotate) => {
            let clock = Clock::default();
            let state = boot::state(&config, clock.clone()).await?;
            let (kid, active_at) = keys::rotate(&state.db, &state.sealer, clock.now()).await?;
            writeln!(out, "The new key {kid} signs from {active_at} on.")?;
            Ok(())
        }
        Command::Demo => demo::run(&config).await,
        Command::Import(command) => import::run(command, &config).await,
        Command::Account(command) => account::run(command, &config).await,
        Command::Config => {
            write!(out, "{}", config.describe()?)?;
            Ok(())
        }
    }
}
