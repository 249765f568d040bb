//! The column types that both databases share: ids, instants, dates, documents.
//!
//! The surprising rule: an instant has milliseconds, no finer, so that what was written, what the journal
//! says and what a client sent back are equal.

use std::fmt;
use std::io::Write;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, SubsecRound, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::MultiBackend;

/// The SQL side of the types.
pub mod sql {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::{HasSqlType, SqlType};

    use super::MultiBackend;

    /// `uuid`, or 16 bytes.
    #[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
    #[diesel(
        postgres_type(oid = 2950, array_oid = 2951),
        sqlite_type(name = "Binary")
    )]
    pub struct Uuid;

    /// `timestamptz`, or microseconds since 1970.
    #[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
    #[diesel(
        postgres_type(oid = 1184, array_oid = 1185),
        sqlite_type(name = "Long")
    )]
    pub struct UtcInstant;

    /// `jsonb`, or text.
    #[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
    #[diesel(
        postgres_type(oid = 3802, array_oid = 3807),
        sqlite_type(name = "Text")
    )]
    pub struct Json;

    impl HasSqlType<Uuid> for MultiBackend {
        fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
            Self::lookup_sql_type::<Uuid>(lookup)
        }
    }

    impl HasSqlType<UtcInstant> for MultiBackend {
        fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
            Self::lookup_sql_type::<UtcInstant>(lookup)
        }
    }

    impl HasSqlType<Json> for MultiBackend {
        fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
            Self::lookup_sql_type::<Json>(lookup)
        }
    }
}

type Raw<'a, DB> = <DB as Backend>::RawValue<'a>;

/// An identifier: a UUID, version 7, written with hyphens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Uuid)]
pub struct Id(uuid::Uuid);

impl Id {
    /// A new id; ids made later sort later.
    #[must_use]
    pub fn new() -> Self {
        Self(uuid::Uuid::now_v7())
    }

    /// The id that belongs to nothing.
    #[must_use]
    pub const fn nil() -> Self {
        Self(uuid::Uuid::nil())
    }

    /// Its 16 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id with these bytes, where there are 16.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        uuid::Uuid::from_slice(bytes).ok().map(Self)
    }
}

impl Default for Id {
    fn default() -> Self {
        Self::new()
    }
}

impl From<uuid::Uuid> for Id {
    fn from(id: uuid::Uuid) -> Self {
        Self(id)
    }
}

impl From<Id> for uuid::Uuid {
    fn from(id: Id) -> Self {
        id.0
    }
}

/// The text is no UUID with hyphens.
#[derive(Debug, thiserror::Error)]
#[error("Not a UUID such as 0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55.")]
pub struct NotAnId;

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        // The crate also reads braces, URNs and 32 digits; one id has one spelling here.
        if text.len() != 36 {
            return Err(NotAnId);
        }
        uuid::Uuid::try_parse(text).map(Self).map_err(|_| NotAnId)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(out)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromSql<sql::Uuid, Pg> for Id {
    fn from_sql(value: Raw<'_, Pg>) -> deserialize::Result<Self> {
        Ok(Self(uuid::Uuid::from_slice(value.as_bytes())?))
    }
}

impl FromSql<sql::Uuid, Sqlite> for Id {
    fn from_sql(value: Raw<'_, Sqlite>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<diesel::sql_types::Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(uuid::Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<sql::Uuid, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<sql::Uuid, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

/// A point in time: UTC, to the millisecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::UtcInstant)]
pub struct Instant(DateTime<Utc>);

/// PostgreSQL counts from 2000-01-01, in microseconds after 1970.
const PG_EPOCH: i64 = 946_684_800_000_000;

impl Instant {
    /// The instant, cut to milliseconds.
    #[must_use]
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(at.trunc_subsecs(3))
    }

    /// As chrono has it.
    #[must_use]
    pub const fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// This much later (or earlier); stays where it is at the end of time.
    #[must_use]
    pub fn plus(self, by: chrono::TimeDelta) -> Self {
        Self(self.0.checked_add_signed(by).unwrap_or(self.0))
    }

    fn from_microseconds(microseconds: i64) -> deserialize::Result<Self> {
        DateTime::from_timestamp_micros(microseconds)
            .map(Self)
            .ok_or_else(|| "an instant out of range".into())
    }
}

/// The text is no instant.
#[derive(Debug, thiserror::Error)]
#[error(
    "Not an instant such as 2026-03-01T12:00:00Z (RFC 3339, with an offset, years 1900 to 2999)."
)]
pub struct NotAnInstant;

impl FromStr for Instant {
    type Err = NotAnInstant;

    fn from_str(text: &str) -> Result<Self, NotAnInstant> {
        let at = DateTime::parse_from_rfc3339(text).map_err(|_| NotAnInstant)?;
        let at = at.with_timezone(&Utc);
        if !(1900..3000).contains(&at.year()) {
            return Err(NotAnInstant);
        }
        Ok(Self::new(at))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y-%m-%dT%H:%M:%S%.3fZ").fmt(out)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromSql<sql::UtcInstant, Pg> for Instant {
    fn from_sql(value: Raw<'_, Pg>) -> deserialize::Result<Self> {
        let since_2000 = <i64 as FromSql<diesel::sql_types::BigInt, Pg>>::from_sql(value)?;
        Self::from_microseconds(since_2000.saturating_add(PG_EPOCH))
    }
}

impl FromSql<sql::UtcInstant, Sqlite> for Instant {
    fn from_sql(value: Raw<'_, Sqlite>) -> deserialize::Result<Self> {
        Self::from_microseconds(
            <i64 as FromSql<diesel::sql_types::BigInt, Sqlite>>::from_sql(value)?,
        )
    }
}

impl ToSql<sql::UtcInstant, Pg> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let since_2000 = self.0.timestamp_micros().saturating_sub(PG_EPOCH);
        out.write_all(&since_2000.to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<sql::UtcInstant, Sqlite> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}

/// A date without a zone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Date)]
pub struct Date(NaiveDate);

impl Date {
    /// As chrono has it.
    #[must_use]
    pub const fn naive(self) -> NaiveDate {
        self.0
    }
}

impl From<NaiveDate> for Date {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

/// The text is no date.
#[derive(Debug, thiserror::Error)]
#[error("Not a date such as 2026-03-01 (years 1900 to 2999).")]
pub struct NotADate;

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        // chrono also reads 2026-3-1 and +2026-03-01; a date has one spelling here.
        if text.len() != 10 {
            return Err(NotADate);
        }
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| NotADate)?;
        if !(1900..3000).contains(&date.year()) || date.to_string() != text {
            return Err(NotADate);
        }
        Ok(Self(date))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromSql<diesel::sql_types::Date, Pg> for Date {
    fn from_sql(value: Raw<'_, Pg>) -> deserialize::Result<Self> {
        <NaiveDate as FromSql<diesel::sql_types::Date, Pg>>::from_sql(value).map(Self)
    }
}

impl FromSql<diesel::sql_types::Date, Sqlite> for Date {
    fn from_sql(value: Raw<'_, Sqlite>) -> deserialize::Result<Self> {
        <NaiveDate as FromSql<diesel::sql_types::Date, Sqlite>>::from_sql(value).map(Self)
    }
}

impl ToSql<diesel::sql_types::Date, Pg> for Date {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <NaiveDate as ToSql<diesel::sql_types::Date, Pg>>::to_sql(&self.0, out)
    }
}

impl ToSql<diesel::sql_types::Date, Sqlite> for Date {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        <NaiveDate as ToSql<diesel::sql_types::Date, Sqlite>>::to_sql(&self.0, out)
    }
}

/// A document in a column: `jsonb` on PostgreSQL, text on SQLite.
#[derive(Debug, Clone, PartialEq, Eq, Default, AsExpression, FromSqlRow, Serialize)]
#[diesel(sql_type = sql::Json)]
#[serde(transparent)]
pub struct Json<T: fmt::Debug + 'static>(pub T);

impl<T: serde::de::DeserializeOwned + fmt::Debug + 'static> FromSql<sql::Json, Pg> for Json<T> {
    fn from_sql(value: Raw<'_, Pg>) -> deserialize::Result<Self> {
        // The first byte is the version of the binary format: 1, followed by the text.
        match value.as_bytes().split_first() {
            Some((1, text)) => Ok(Self(serde_json::from_slice(text)?)),
            _ => Err("an unknown version of jsonb".into()),
        }
    }
}

impl<T: serde::de::DeserializeOwned + fmt::Debug + 'static> FromSql<sql::Json, Sqlite> for Json<T> {
    fn from_sql(value: Raw<'_, Sqlite>) -> deserialize::Result<Self> {
        let text = <String as FromSql<diesel::sql_types::Text, Sqlite>>::from_sql(value)?;
        Ok(Self(serde_json::from_str(&text)?))
    }
}

impl<T: Serialize + fmt::Debug + 'static> ToSql<sql::Json, Pg> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[1])?;
        serde_json::to_writer(out, &self.0)?;
        Ok(IsNull::No)
    }
}

impl<T: Serialize + fmt::Debug + 'static> ToSql<sql::Json, Sqlite> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(IsNull::No)
    }
}

impl<T> FromSql<sql::Json, MultiBackend> for Json<T>
where
    T: serde::de::DeserializeOwned + fmt::Debug + 'static,
{
    fn from_sql(value: Raw<'_, MultiBackend>) -> deserialize::Result<Self> {
        value.from_sql::<Self, sql::Json>()
    }
}

impl<T> ToSql<sql::Json, MultiBackend> for Json<T>
where
    T: Serialize + fmt::Debug + Send + Sync + 'static,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((sql::Json, self));
        Ok(IsNull::No)
    }
}

impl<'de, T: Deserialize<'de> + fmt::Debug + 'static> Deserialize<'de> for Json<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        T::deserialize(input).map(Self)
    }
}

/// What a type that is text on the wire needs on both sides: written with `Display`, read with `FromStr`
/// (from a string and nothing else), and passed through to whichever database is behind the connection.
macro_rules! shared_type {
    ($type:ty, $sql:ty) => {
        impl FromSql<$sql, MultiBackend> for $type {
            fn from_sql(value: Raw<'_, MultiBackend>) -> deserialize::Result<Self> {
                value.from_sql::<Self, $sql>()
            }
        }

        impl ToSql<$sql, MultiBackend> for $type {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value((<$sql>::default(), self));
                Ok(IsNull::No)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(input)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

shared_type!(Id, sql::Uuid);
shared_type!(Instant, sql::UtcInstant);
shared_type!(Date, diesel::sql_types::Date);
