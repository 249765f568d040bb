//! From settings to a state that can serve: folder, migrations, keys.
//!
//! The surprising rule: the folder is made with mode 0700 and the database files with 0600 before anything is
//! written into them, because they hold password hashes and keys.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use actix_web::web;

use crate::access::passwords::PasswordDesk;
use crate::access::sealing::{Sealer, SealingError};
use crate::access::signing::KeySet;
use crate::access::{Clock, Settings, State, caller, keys};
use crate::capacity;
use crate::config::{BadSetting, Config};
use crate::db::{self, Address, Db, DbError, MigrationError};
use crate::http::edge::Edge;
use crate::http::rate::Bucket;
use crate::openapi;
use crate::outreach;

/// Who issues access tokens, and for whom: the `iss` and `aud` of each.
const ISSUER: &str = "relais";
const AUDIENCE: &str = "relais-api";

/// Why there is no state.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// A setting is wrong.
    #[error(transparent)]
    Setting(#[from] BadSetting),
    /// The secret does not fit.
    #[error("--secret (RELAIS_SECRET): {0}")]
    Secret(#[from] SealingError),
    /// The folder could not be made.
    #[error("the data folder {0}: {1}")]
    Folder(String, std::io::Error),
    /// The schema could not be brought up to date.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The database could not be opened.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The keys could not be had.
    #[error(transparent)]
    Keys(#[from] keys::KeysError),
}

/// Makes the folder, migrates, opens the database and loads the keys.
///
/// # Errors
/// When any of it fails; the message is one line for the operator.
pub async fn state(config: &Config, clock: Clock) -> Result<web::Data<State>, BootError> {
    let address = config.address()?;
    let replica = config.replica()?;
    let sealer = sealer(config)?;
    prepare_folder(&address)?;
    for version in db::migrate(&address)? {
        log::info!("the schema is at {version} now");
    }
    let db = Db::open(&address, replica.as_ref(), &config.limits())?;
    let (loaded, pepper) = keys::load_or_make(&db, &sealer, clock.now()).await?;
    let key_set = KeySet::new(ISSUER, AUDIENCE);
    key_set.replace(loaded);
    Ok(web::Data::new(State {
        db,
        keys: key_set,
        sealer,
        pepper,
        passwords: PasswordDesk::default(),
        clock,
        settings: Settings {
            sign_up: config.sign_up.into(),
            access_token: config.access_token(),
            public_url: config.public_url(),
            registration_url: config.registration_url(),
            post: config.post()?,
        },
        followers: capacity::FOLLOWERS,
        operations: Arc::new(openapi::operations()),
        is_draining: AtomicBool::new(false),
    }))
}

/// What seals secrets, as the settings say.
///
/// # Errors
/// When the secret is too short.
pub fn sealer(config: &Config) -> Result<Sealer, SealingError> {
    config
        .secret
        .as_deref()
        .map_or_else(|| Ok(Sealer::none()), Sealer::from_secret)
}

/// What every request passes before its handler.
#[must_use]
pub fn edge(config: &Config, state: &web::Data<State>) -> web::Data<Edge> {
    let state = state.clone();
    web::Data::new(Edge {
        general: Bucket::new("default", config.rate_limit),
        sign_in: Bucket::new("sign-in", config.sign_in_rate_limit),
        trusted_proxies: config.trusted_proxies.clone(),
        identify: Box::new(move |request| {
            caller::identify(request, &state)
                .ok()
                .map(|caller| caller.account_id)
        }),
        explain: outreach::explained,
    })
}

/// Makes the folder of an embedded database, and the file itself, readable by nobody else.
///
/// # Errors
/// When the folder cannot be made.
pub fn prepare_folder(address: &Address) -> Result<(), BootError> {
    let Address::Sqlite(file) = address else {
        return Ok(());
    };
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    let failed = |error| BootError::Folder(folder.display().to_string(), error);
    make_private_folder(folder).map_err(failed)?;
    make_private_file(file).map_err(failed)?;
    warn_of_readers(file);
    Ok(())
}

/// Says so where a file that was there already can be read by others. It stays as it is: whoever made it so may want it.
#[cfg(unix)]
fn warn_of_readers(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(about) = file.metadata() else { return };
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let file = file.display();
        log::warn!(
            "others can read {file} (mode {mode:04o}), which has password hashes and keys: chmod 600 {file}"
        );
    }
}

#[cfg(not(unix))]
fn warn_of_readers(_: &Path) {}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if folder.exists() {
        return Ok(());
    }
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// SQLite gives its journal files the mode of the database file, so one mode is enough.
#[cfg(unix)]
fn make_private_file(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(file)
        .map(drop)
}

#[cfg(not(unix))]
fn make_private_file(_: &Path) -> std::io::Result<()> {
    Ok(())
}
