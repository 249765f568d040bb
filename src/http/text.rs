//! Text as it comes in: NFC, trimmed, without control characters, and of the right length.
//!
//! The surprising rule: lengths count code points after trimming and NFC, so that what the client sees as
//! one character counts once on every system.

use std::borrow::Cow;
use std::fmt;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use unicode_normalization::UnicodeNormalization;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::strict::fault;

/// Text of `MIN` to `MAX` characters.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, AsExpression, FromSqlRow, Serialize,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(transparent)]
pub struct Text<const MIN: usize, const MAX: usize>(String);

/// A title: 1 to 200 characters.
pub type Title = Text<1, 200>;
/// A name: 1 to 100 characters.
pub type Name = Text<1, 100>;
/// A description in Markdown: up to 50,000 characters.
pub type Markdown = Text<0, 50_000>;
/// A note or a reason: 1 to 2,000 characters.
pub type Note = Text<1, 2_000>;

/// Any text without control characters other than tab and line ends.
const WITHOUT_CONTROLS: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";
/// The same with a visible character, because trimming makes blank text empty.
const VISIBLE: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// Fewer characters than it needs.
    #[error("At least {0} characters.")]
    TooShort(usize),
    /// More characters than it may have.
    #[error("At most {0} characters.")]
    TooLong(usize),
    /// A control character other than newline and tab.
    #[error("Control characters are not allowed.")]
    Control,
}

impl TextFault {
    /// What it is, for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort(0 | 1) => "required",
            Self::TooShort(_) => "too_short",
            Self::TooLong(_) => "too_long",
            Self::Control => "control_character",
        }
    }
}

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// Trims, normalises and checks.
    ///
    /// # Errors
    /// When the length is out of range or a control character is in it.
    pub fn new(text: &str) -> Result<Self, TextFault> {
        // Before the costly part: nothing this long can become short enough (NFC shrinks by less than 4).
        if text.len() > MAX.saturating_mul(16).saturating_add(4096) {
            return Err(TextFault::TooLong(MAX));
        }
        // Before it is trimmed: some control characters are white space, and would be dropped silently at the ends.
        let is_forbidden =
            |character: char| character.is_control() && !matches!(character, '\n' | '\t' | '\r');
        if text.chars().any(is_forbidden) {
            return Err(TextFault::Control);
        }
        let text: String = text.trim().nfc().collect();
        let length = text.chars().count();
        if length < MIN {
            Err(TextFault::TooShort(MIN))
        } else if length > MAX {
            Err(TextFault::TooLong(MAX))
        } else {
            Ok(Self(text))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MIN: usize, const MAX: usize> fmt::Display for Text<MIN, MAX> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Text<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(input)?;
        Self::new(&text).map_err(|error| {
            let params = match error {
                TextFault::TooShort(min) => json!({"min": min.max(1)}),
                TextFault::TooLong(max) => json!({"max": max}),
                TextFault::Control => json!({}),
            };
            fault(error.code(), &error.to_string(), &params)
        })
    }
}

impl<DB, const MIN: usize, const MAX: usize> FromSql<diesel::sql_types::Text, DB> for Text<MIN, MAX>
where
    DB: Backend,
    String: FromSql<diesel::sql_types::Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<_, DB>>::from_sql(value).map(Self)
    }
}

impl<DB, const MIN: usize, const MAX: usize> ToSql<diesel::sql_types::Text, DB> for Text<MIN, MAX>
where
    DB: Backend,
    str: ToSql<diesel::sql_types::Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<_, DB>>::to_sql(self.0.as_str(), out)
    }
}

impl<const MIN: usize, const MAX: usize> PartialSchema for Text<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(MAX));
        if MIN > 0 {
            schema.min_length(Some(MIN)).pattern(Some(VISIBLE)).into()
        } else {
            schema.pattern(Some(WITHOUT_CONTROLS)).into()
        }
    }
}

impl<const MIN: usize, const MAX: usize> ToSchema for Text<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        match (MIN, MAX) {
            (1, 200) => "Title".into(),
            (1, 100) => "Name".into(),
            (0, 50_000) => "Markdown".into(),
            (1, 2_000) => "Note".into(),
            (min, max) => format!("Text{min}To{max}").into(),
        }
    }
}

/// A closed set of words: an enum that is the same text in JSON, in the table and in the document.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$note:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        #[allow(clippy::enum_variant_names, reason = "the words are the wire's")]
        $vis enum $name { $($(#[$note])* $variant),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The one with this word.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        $crate::text_column!($name);
    };
}

/// What an enum with `ALL`, `as_str` and `parse` needs to be a column and a member of JSON.
#[macro_export]
macro_rules! text_column {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(input)?;
                Self::parse(&text).ok_or_else(|| {
                    $crate::http::values::unknown_word(Self::ALL.iter().map(|one| one.as_str()))
                })
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::http::values::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text).ok_or_else(|| {
                    $crate::http::values::UnknownWord::among(
                        Self::ALL.iter().map(|one| one.as_str()),
                    )
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl<DB> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where
            DB: diesel::backend::Backend,
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = <String as diesel::deserialize::FromSql<_, DB>>::from_sql(value)?;
                Self::parse(&text).ok_or_else(|| format!("an unknown word: {text}").into())
            }
        }

        impl<DB> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where
            DB: diesel::backend::Backend,
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, DB>,
            ) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<_, DB>>::to_sql(self.as_str(), out)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some(Self::ALL.iter().map(|one| one.as_str())))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };
}

/// A text with a form of its own: it is read by one function and otherwise is text everywhere.
///
/// `formed_text!(/// What it is. Name, read_function, "What it looks like.", ObjectBuilder)`; the function answers the text as
/// it is kept, and nothing where the form is wrong.
#[macro_export]
macro_rules! formed_text {
    ($(#[$meta:meta])* $name:ident, $read:path, $detail:literal, $schema:expr) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow, serde::Serialize,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Reads it; nothing where the form is wrong.
            #[must_use]
            pub fn new(text: &str) -> Option<Self> {
                $read(text).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text).ok_or($detail)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(input)?;
                Self::new(&text).ok_or_else(|| $crate::http::strict::fault("invalid_format", $detail, &serde_json::json!({})))
            }
        }

        impl<DB> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where
            DB: diesel::backend::Backend,
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                <String as diesel::deserialize::FromSql<_, DB>>::from_sql(value).map(Self)
            }
        }

        impl<DB> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where
            DB: diesel::backend::Backend,
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<_, DB>>::to_sql(self.0.as_str(), out)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $schema.schema_type(utoipa::openapi::schema::Type::String).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}
