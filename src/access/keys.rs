//! The keys as they are kept: made at first start, sealed, shared by all servers of one database.
//!
//! The surprising rule: a new key does not sign at once. It is published first, longer than the servers' time
//! between two looks, so that no server meets a token whose key it does not know.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind;
use diesel::result::Error::DatabaseError;

use super::es256::{KeyError, SigningKey};
use super::sealing::{Sealer, SealingError};
use super::secrets::Pepper;
use super::signing::ScheduledKey;
use crate::db::{AnyConnection, Db, DbError, Failure, Instant, Outcome};
use crate::schema::{server_secrets, signing_keys};

/// How often servers look for new keys.
pub const RELOAD_EVERY: std::time::Duration = std::time::Duration::from_secs(60);
/// How long a new key is published before it signs.
const PUBLISHED_FIRST: TimeDelta = TimeDelta::minutes(3);
/// How long an old key still verifies after the new one signs: longer than any access token lives.
const VERIFIES_AFTER: TimeDelta = TimeDelta::hours(25);

/// Why the keys could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A sealed value could not be opened.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// A key could not be made or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The pepper has the wrong length.
    #[error("the stored pepper is damaged")]
    Pepper,
}

impl From<diesel::result::Error> for KeysError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl Failure for KeysError {
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_unavailable())
    }
}

fn purpose(kid: &str) -> String {
    format!("signing_keys/{kid}")
}

fn insert(
    conn: &mut AnyConnection,
    sealer: &Sealer,
    key: &SigningKey,
    now: Instant,
    active_at: Instant,
) -> Result<(), KeysError> {
    diesel::insert_into(signing_keys::table)
        .values((
            signing_keys::id.eq(key.kid()),
            signing_keys::sealed.eq(sealer.seal(&purpose(key.kid()), key.pkcs8())?),
            signing_keys::created_at.eq(now),
            signing_keys::active_at.eq(active_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// The keys and the pepper; at the very first start they are made.
///
/// # Errors
/// When they cannot be read, opened or made.
pub async fn load_or_make(
    db: &Db,
    sealer: &Sealer,
    now: Instant,
) -> Result<(Vec<ScheduledKey>, Pepper), KeysError> {
    let attempt = || {
        let sealer = sealer.clone();
        db.write(move |conn| {
            let pepper = load_or_make_secrets(conn, &sealer, now)?;
            Ok(Outcome::Keep((read(conn, &sealer)?, pepper)))
        })
    };
    match attempt().await {
        // Another server made them at the same moment: it was first, and its secrets are ours.
        Err(KeysError::Database(DbError::Query(DatabaseError(
            DatabaseErrorKind::UniqueViolation,
            _,
        )))) => attempt().await,
        answer => answer,
    }
}

/// The pepper comes first: there can be one only, so of two servers that make their secrets at the same moment
/// one fails, its signing key goes with it, and both end up with the same.
fn load_or_make_secrets(
    conn: &mut AnyConnection,
    sealer: &Sealer,
    now: Instant,
) -> Result<Pepper, KeysError> {
    let name = "pepper";
    let kept: Option<Vec<u8>> = server_secrets::table
        .find(name)
        .select(server_secrets::sealed)
        .first(conn)
        .optional()?;
    let pepper = match kept {
        Some(sealed) => {
            let bytes = sealer.open("server_secrets/pepper", &sealed)?;
            let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeysError::Pepper)?;
            Pepper::from(bytes)
        }
        None => {
            let pepper = Pepper::random();
            let sealed = sealer.seal("server_secrets/pepper", pepper.expose())?;
            diesel::insert_into(server_secrets::table)
                .values((
                    server_secrets::name.eq(name),
                    server_secrets::sealed.eq(sealed),
                ))
                .execute(conn)?;
            pepper
        }
    };
    if signing_keys::table.count().get_result::<i64>(conn)? == 0 {
        insert(conn, sealer, &SigningKey::generate()?, now, now)?;
    }
    Ok(pepper)
}

fn read(conn: &mut AnyConnection, sealer: &Sealer) -> Result<Vec<ScheduledKey>, KeysError> {
    type Row = (String, Vec<u8>, Instant, Option<Instant>);
    let rows: Vec<Row> = signing_keys::table
        .select((
            signing_keys::id,
            signing_keys::sealed,
            signing_keys::active_at,
            signing_keys::retired_at,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(kid, sealed, active_at, retired_at)| {
            let pkcs8 = sealer.open(&purpose(&kid), &sealed)?;
            Ok(ScheduledKey {
                key: SigningKey::from_pkcs8(&pkcs8)?,
                active_at: active_at.utc(),
                retired_at: retired_at.map(Instant::utc),
            })
        })
        .collect()
}

/// The keys as they are now, for the look that every server takes now and then.
///
/// # Errors
/// When they cannot be read or opened.
pub async fn reload(db: &Db, sealer: &Sealer) -> Result<Vec<ScheduledKey>, KeysError> {
    let sealer = sealer.clone();
    db.read(move |conn| read(conn, &sealer)).await
}

/// Makes a new key, which signs from three minutes on; the ones before it verify for a day more. Answers the
/// new key's id and when it begins to sign.
///
/// # Errors
/// When the key cannot be made or kept.
pub async fn rotate(
    db: &Db,
    sealer: &Sealer,
    now: Instant,
) -> Result<(String, Instant), KeysError> {
    let sealer = sealer.clone();
    db.write(move |conn| {
        let active_at = now.plus(PUBLISHED_FIRST);
        diesel::update(signing_keys::table.filter(signing_keys::retired_at.is_null()))
            .set(signing_keys::retired_at.eq(active_at.plus(VERIFIES_AFTER)))
            .execute(conn)?;
        let key = SigningKey::generate()?;
        insert(conn, &sealer, &key, now, active_at)?;
        Ok(Outcome::Keep((key.kid().to_owned(), active_at)))
    })
    .await
}
