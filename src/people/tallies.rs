//! The tallies of failed sign-ins, kept where all servers of one database see them.
//!
//! The surprising rule: an attempt is counted as failed before its password is compared, and taken back when it
//! was right. Counted afterwards, a hundred guesses sent at once would all be compared before the first counts.
//! The rule itself is pure and lives in [`crate::access::throttle`].

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use diesel::Connection as _;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use super::texts::Email;
use crate::access::secrets::Digest;
use crate::access::throttle::{self, Failures};
use crate::db::{AnyConnection, Id, Instant};
use crate::http::{Code, Problem};
use crate::schema::{sessions, sign_in_failures as failures};

/// For how long an address is familiar after the account was used from there.
const FAMILIAR_FOR: TimeDelta = TimeDelta::days(30);

/// The two tallies of an attempt: the account from this address, and the account from everywhere.
#[derive(Debug, Clone)]
pub struct Tallies {
    pair: String,
    account: String,
    address: String,
}

impl Tallies {
    /// The tallies of an attempt. They are named by digests, and the same way whether there is such an account
    /// or not.
    pub fn of(email: &Email, address: &str) -> Self {
        let name = |kind: &str, text: &str| {
            let digest = Digest::of(text.as_bytes());
            format!("{kind}:{}", URL_SAFE_NO_PAD.encode(digest.as_bytes()))
        };
        Self {
            pair: name("pair", &format!("{email}\n{address}")),
            account: name("account", email.as_str()),
            address: address.to_owned(),
        }
    }

    /// Counts one attempt as failed, or refuses it unseen. `account_id` is nil where there is no such account.
    ///
    /// # Errors
    /// `rate_limited`, with the time to wait.
    pub fn count(
        &self,
        conn: &mut AnyConnection,
        account_id: Id,
        now: Instant,
    ) -> Result<(), Problem> {
        // Always in this order, so that two attempts cannot hold what the other waits for.
        let pair = lock(conn, &self.pair)?;
        let account = lock(conn, &self.account)?;
        let address = self.familiarity(conn, account_id, now)?;
        if let Some(end) = throttle::blocked_until(pair, account, address, now.utc()) {
            let wait = (end - now.utc()).num_milliseconds().saturating_add(999) / 1000;
            return Err(Problem::new(Code::RateLimited)
                .detail("Too many failed sign-ins. Wait as many seconds as Retry-After says.")
                .retry_after(u64::try_from(wait).unwrap_or(1).max(1)));
        }
        store(conn, &self.pair, throttle::add_failure(pair, now.utc()))?;
        store(
            conn,
            &self.account,
            throttle::add_failure(account, now.utc()),
        )
    }

    /// The password was right: forgets the pair's failures, and takes back this one from the account's.
    ///
    /// # Errors
    /// What the database answers.
    pub fn succeeded(&self, conn: &mut AnyConnection) -> Result<(), Problem> {
        diesel::delete(failures::table.find(&self.pair)).execute(conn)?;
        take_back(conn, &self.account)
    }

    /// The password was not compared after all: the attempt counts as nothing.
    ///
    /// # Errors
    /// What the database answers.
    pub fn not_tried(&self, conn: &mut AnyConnection) -> Result<(), Problem> {
        take_back(conn, &self.pair)?;
        take_back(conn, &self.account)
    }

    fn familiarity(
        &self,
        conn: &mut AnyConnection,
        account_id: Id,
        now: Instant,
    ) -> Result<throttle::Address, Problem> {
        let familiar = diesel::select(diesel::dsl::exists(
            sessions::table
                .filter(sessions::account_id.eq(account_id))
                .filter(sessions::address.eq(&self.address))
                .filter(sessions::last_used_at.gt(now.plus(-FAMILIAR_FOR))),
        ))
        .get_result::<bool>(conn)?;
        Ok(if familiar {
            throttle::Address::Familiar
        } else {
            throttle::Address::Strange
        })
    }
}

/// The tally, its row locked until the transaction ends.
fn lock(conn: &mut AnyConnection, subject: &str) -> Result<Option<Failures>, Problem> {
    loop {
        let locked: Option<(i64, Instant)> = diesel::update(failures::table.find(subject))
            .set(failures::failures.eq(failures::failures))
            .returning((failures::failures, failures::last_at))
            .get_result(conn)
            .optional()?;
        if let Some((count, last_at)) = locked {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            return Ok((count > 0).then(|| Failures {
                count,
                last_at: last_at.utc(),
            }));
        }
        // A savepoint: on PostgreSQL a refused insert would end the whole transaction.
        let inserted = conn.transaction(|conn| {
            diesel::insert_into(failures::table)
                .values((
                    failures::subject.eq(subject),
                    failures::failures.eq(0_i64),
                    failures::last_at.eq(Instant::new(chrono::DateTime::UNIX_EPOCH)),
                ))
                .execute(conn)
        });
        match inserted {
            Ok(_) => return Ok(None),
            // Somebody made the row in this very moment: lock theirs.
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn store(conn: &mut AnyConnection, subject: &str, tally: Failures) -> Result<(), Problem> {
    diesel::update(failures::table.find(subject))
        .set((
            failures::failures.eq(i64::from(tally.count)),
            failures::last_at.eq(Instant::new(tally.last_at)),
        ))
        .execute(conn)?;
    Ok(())
}

fn take_back(conn: &mut AnyConnection, subject: &str) -> Result<(), Problem> {
    diesel::update(
        failures::table
            .find(subject)
            .filter(failures::failures.gt(0)),
    )
    .set(failures::failures.eq(failures::failures - 1))
    .execute(conn)?;
    Ok(())
}
