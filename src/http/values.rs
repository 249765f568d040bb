//! Numbers in a range, lists of bounded length, words of a closed set, money.

use std::borrow::Cow;
use std::fmt;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type,
};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::strict::fault;
use crate::db::{Date, Id, Instant};

/// A whole number from `MIN` to `MAX`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow, Serialize,
)]
#[diesel(sql_type = diesel::sql_types::BigInt)]
#[serde(transparent)]
pub struct Int<const MIN: i64, const MAX: i64>(i64);

/// Effort in minutes: up to ten years.
pub type Minutes = Int<0, 5_256_000>;
/// The largest integer that every JSON reader keeps exactly: 2^53 − 1.
pub const MAX_SAFE: i64 = 9_007_199_254_740_991;

impl<const MIN: i64, const MAX: i64> Int<MIN, MAX> {
    /// The number, where it is in range.
    #[must_use]
    pub fn new(number: i64) -> Option<Self> {
        (MIN..=MAX).contains(&number).then_some(Self(number))
    }

    /// The number, or the nearest in range: for constants.
    #[must_use]
    pub const fn clamped(number: i64) -> Self {
        Self(if number < MIN {
            MIN
        } else if number > MAX {
            MAX
        } else {
            number
        })
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Int<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(input)?;
        Self::new(number).ok_or_else(|| {
            fault(
                "out_of_range",
                &format!("A whole number from {MIN} to {MAX}."),
                &json!({"min": MIN, "max": MAX}),
            )
        })
    }
}

impl<DB, const MIN: i64, const MAX: i64> FromSql<diesel::sql_types::BigInt, DB> for Int<MIN, MAX>
where
    DB: diesel::backend::Backend,
    i64: FromSql<diesel::sql_types::BigInt, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        <i64 as FromSql<_, DB>>::from_sql(value).map(Self)
    }
}

impl<DB, const MIN: i64, const MAX: i64> ToSql<diesel::sql_types::BigInt, DB> for Int<MIN, MAX>
where
    DB: diesel::backend::Backend,
    i64: ToSql<diesel::sql_types::BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <i64 as ToSql<_, DB>>::to_sql(&self.0, out)
    }
}

impl<const MIN: i64, const MAX: i64> PartialSchema for Int<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(MIN))
            .maximum(Some(MAX))
            .into()
    }
}

impl<const MIN: i64, const MAX: i64> ToSchema for Int<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        if (MIN, MAX) == (0, 5_256_000) {
            return "Minutes".into();
        }
        format!("Integer{MIN}To{MAX}").replace('-', "Minus").into()
    }
}

/// A list of at most `MAX` items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct UpTo<const MAX: usize, T>(pub Vec<T>);

impl<const MAX: usize, T> Default for UpTo<MAX, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, const MAX: usize, T: Deserialize<'de>> Deserialize<'de> for UpTo<MAX, T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let items = Vec::<T>::deserialize(input)?;
        if items.len() > MAX {
            return Err(fault(
                "too_many",
                &format!("At most {MAX} items."),
                &json!({"max": MAX}),
            ));
        }
        Ok(Self(items))
    }
}

impl<const MAX: usize, T: ToSchema> PartialSchema for UpTo<MAX, T> {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(RefOr::Ref(Ref::from_schema_name(T::name())))
            .max_items(Some(MAX))
            .into()
    }
}

impl<const MAX: usize, T: ToSchema> ToSchema for UpTo<MAX, T> {
    fn name() -> Cow<'static, str> {
        format!("UpTo{MAX}{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

/// The word is none of the set.
#[derive(Debug, Clone, thiserror::Error)]
#[error("One of: {0}.")]
pub struct UnknownWord(String);

impl UnknownWord {
    /// None of these.
    pub fn among<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        Self(words.collect::<Vec<_>>().join(", "))
    }
}

/// The same, for serde.
pub fn unknown_word<'a, E: serde::de::Error>(words: impl Iterator<Item = &'a str>) -> E {
    let words: Vec<&str> = words.collect();
    fault(
        "unknown_value",
        &UnknownWord::among(words.iter().copied()).to_string(),
        &json!({"allowed": words}),
    )
}

/// An amount of money, in the currency's minor unit (cents).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount_minor": 125_000, "currency": "EUR"}))]
pub struct Money {
    /// How much, in the minor unit.
    pub amount_minor: Amount,
    /// The currency.
    pub currency: Currency,
}

/// An amount in minor units.
pub type Amount = Int<0, MAX_SAFE>;

/// A currency by its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Currency([u8; 3]);

impl<DB> FromSql<diesel::sql_types::Text, DB> for Currency
where
    DB: diesel::backend::Backend,
    String: FromSql<diesel::sql_types::Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<_, DB>>::from_sql(value)?;
        Ok(Self(text.as_bytes().try_into()?))
    }
}

impl<DB> ToSql<diesel::sql_types::Text, DB> for Currency
where
    DB: diesel::backend::Backend,
    str: ToSql<diesel::sql_types::Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<_, DB>>::to_sql(self.as_str(), out)
    }
}

impl Currency {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(input)?;
        match text.as_bytes() {
            [a @ b'A'..=b'Z', b @ b'A'..=b'Z', c @ b'A'..=b'Z'] => Ok(Self([*a, *b, *c])),
            _ => Err(fault(
                "invalid_format",
                "A currency code such as EUR (ISO 4217).",
                &json!({}),
            )),
        }
    }
}

impl PartialSchema for Currency {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[A-Z]{3}$"))
            .min_length(Some(3))
            .max_length(Some(3))
            .into()
    }
}

impl ToSchema for Currency {}

/// A colour as `#rrggbb`, kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow, Serialize)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(transparent)]
pub struct HexColour(String);

impl<'de> Deserialize<'de> for HexColour {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(input)?;
        let is_colour = text.strip_prefix('#').is_some_and(|digits| {
            digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        });
        if is_colour {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(fault(
                "invalid_format",
                "A colour such as #326ce5.",
                &json!({}),
            ))
        }
    }
}

impl<DB> FromSql<diesel::sql_types::Text, DB> for HexColour
where
    DB: diesel::backend::Backend,
    String: FromSql<diesel::sql_types::Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<_, DB>>::from_sql(value).map(Self)
    }
}

impl<DB> ToSql<diesel::sql_types::Text, DB> for HexColour
where
    DB: diesel::backend::Backend,
    str: ToSql<diesel::sql_types::Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<_, DB>>::to_sql(self.0.as_str(), out)
    }
}

impl PartialSchema for HexColour {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^#[0-9a-fA-F]{6}$"))
            .min_length(Some(7))
            .max_length(Some(7))
            .into()
    }
}

impl ToSchema for HexColour {
    fn name() -> Cow<'static, str> {
        "Colour".into()
    }
}

/// An IANA time zone that the server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct TimeZone(pub chrono_tz::Tz);

impl TimeZone {
    /// Coordinated Universal Time, where nobody says otherwise.
    pub const UTC: Self = Self(chrono_tz::UTC);

    /// What day it is there at an instant.
    #[must_use]
    pub fn day_at(self, instant: Instant) -> Date {
        instant.utc().with_timezone(&self.0).date_naive().into()
    }
}

impl Serialize for TimeZone {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.0.name())
    }
}

impl<DB> FromSql<diesel::sql_types::Text, DB> for TimeZone
where
    DB: diesel::backend::Backend,
    String: FromSql<diesel::sql_types::Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let name = <String as FromSql<_, DB>>::from_sql(value)?;
        Ok(name.parse()?)
    }
}

impl<DB> ToSql<diesel::sql_types::Text, DB> for TimeZone
where
    DB: diesel::backend::Backend,
    str: ToSql<diesel::sql_types::Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<_, DB>>::to_sql(self.0.name(), out)
    }
}

impl std::str::FromStr for TimeZone {
    type Err = chrono_tz::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(input)?;
        text.parse().map_err(|_| {
            fault(
                "unknown_value",
                "An IANA time zone such as Europe/Paris.",
                &json!({}),
            )
        })
    }
}

impl PartialSchema for TimeZone {
    fn schema() -> RefOr<Schema> {
        // The names are added to the finished document, once: collected with every operation that has a time zone, they
        // would take megabytes at each start.
        ObjectBuilder::new().schema_type(Type::String).into()
    }
}

impl ToSchema for TimeZone {}

macro_rules! text_schema {
    ($type:ty, $name:literal, $format:expr, $length:literal, $example:literal) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(SchemaFormat::KnownFormat($format)))
                    .max_length(Some($length))
                    .examples([json!($example)])
                    .into()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    };
}

text_schema!(
    Id,
    "Id",
    KnownFormat::Uuid,
    36,
    "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55"
);
text_schema!(
    Instant,
    "Instant",
    KnownFormat::DateTime,
    40,
    "2026-03-01T12:00:00.000Z"
);
text_schema!(Date, "Date", KnownFormat::Date, 10, "2026-03-01");

impl<T: ToSchema + fmt::Debug + 'static> PartialSchema for crate::db::Json<T> {
    fn schema() -> RefOr<Schema> {
        T::schema()
    }
}

impl<T: ToSchema + fmt::Debug + 'static> ToSchema for crate::db::Json<T> {
    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}
