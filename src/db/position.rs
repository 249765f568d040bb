//! Where something stands in an order that people arrange: a key between the keys of its neighbours, so that moving one changes one row.
//!
//! The surprising rule: a key is a byte string, not a number, and only its order means anything. Compare keys bytewise
//! (as a blob in SQLite, `bytea` in PostgreSQL; never as text, which PostgreSQL sorts by locale). Their wire form is
//! lower-case hex, which sorts in the same order.
//!
//! After "fractional indexing" (Evan Wallace at Figma, David Greenspan's variable-length integers), in base 256:
//!
//! ```text
//! key      = header digits fraction
//! header   = 0x80 + n: an integer of n + 1 digits, n = 0..=7    (at or above the start)
//!            0x80 - n: an integer of n digits,     n = 1..=8    (below the start)
//! digits   = that many bytes, big endian
//! fraction = any number of bytes, the last one not 0x00
//! ```
//!
//! Appending and prepending count the integer up and down, so 65,000 appends need keys of 3 bytes and 16 million need 4.
//! Inserting at one spot over and over halves the gap each time: one byte more for every eight inserts.
//! Because no fraction ends in `0x00`, and the very smallest integer never stands alone, there is always room before a key.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Binary;
use serde::{Deserialize, Serialize};

/// The longest key that is accepted or made, in bytes. Some 32,000 inserts at one spot fit.
pub const MAX_BYTES: usize = 4_096;

const START: u8 = 0x80;
const LOWEST_LEVEL: i8 = -8;
const HIGHEST_LEVEL: i8 = 7;

/// A place in an order that people rearrange by hand. Ordered bytewise, as both databases order blobs.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    AsExpression,
    FromSqlRow,
)]
#[serde(into = "String", try_from = "String")]
#[diesel(sql_type = Binary)]
pub struct Position(Vec<u8>);

/// Why some bytes or some text are not a [`Position`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPosition {
    /// The text is not an even number of `0-9a-f`. Upper case is refused, so that equal positions are equal texts.
    #[error("a position is an even number of lower-case hex digits")]
    NotHex,
    /// Longer than [`MAX_BYTES`].
    #[error("a position has at most {MAX_BYTES} bytes")]
    TooLong,
    /// Not of the form in the module's documentation, so there might be no room before it.
    #[error("these bytes are not a position that this server makes")]
    Malformed,
}

impl Position {
    /// The position of the only item of a list.
    pub fn first() -> Self {
        Self(
            Integer {
                level: 0,
                digits: 0,
            }
            .to_bytes(),
        )
    }

    /// A position after `before` and ahead of `after`; `None` stands for the open end of the list.
    ///
    /// Answers `None` when `before` is not less than `after`, and when the new key would be longer than [`MAX_BYTES`]
    /// (then the list is due for fresh keys, each made by appending to the one before).
    pub fn between(before: Option<&Self>, after: Option<&Self>) -> Option<Self> {
        let bytes = match (before, after) {
            (None, None) => return Some(Self::first()),
            (Some(before), None) => before.bytes_after()?,
            (None, Some(after)) => after.bytes_before()?,
            (Some(before), Some(after)) if before < after => before.bytes_until(after)?,
            (Some(_), Some(_)) => return None,
        };
        (bytes.len() <= MAX_BYTES).then_some(Self(bytes))
    }

    fn bytes_after(&self) -> Option<Vec<u8>> {
        let (integer, fraction) = self.parts()?;
        Some(match integer.next() {
            Some(next) => next.to_bytes(),
            None => integer.with_fraction(&midpoint(fraction, None)),
        })
    }

    fn bytes_before(&self) -> Option<Vec<u8>> {
        let (integer, fraction) = self.parts()?;
        if !fraction.is_empty() {
            return Some(if integer.is_lowest() {
                integer.with_fraction(&midpoint(&[], Some(fraction)))
            } else {
                integer.to_bytes()
            });
        }
        let previous = integer.previous()?;
        Some(if previous.is_lowest() {
            previous.with_fraction(&midpoint(&[], None))
        } else {
            previous.to_bytes()
        })
    }

    /// Expects `self < after`.
    fn bytes_until(&self, after: &Self) -> Option<Vec<u8>> {
        let (integer, fraction) = self.parts()?;
        let (after_integer, after_fraction) = after.parts()?;
        if integer == after_integer {
            return Some(integer.with_fraction(&midpoint(fraction, Some(after_fraction))));
        }
        let next = integer.next()?.to_bytes();
        Some(if next < after.0 {
            next
        } else {
            integer.with_fraction(&midpoint(fraction, None))
        })
    }

    /// The key as it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The position stored as these bytes.
    ///
    /// # Errors
    /// [`InvalidPosition::TooLong`] or [`InvalidPosition::Malformed`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, InvalidPosition> {
        if bytes.len() > MAX_BYTES {
            return Err(InvalidPosition::TooLong);
        }
        let position = Self(bytes);
        let (integer, fraction) = position.parts().ok_or(InvalidPosition::Malformed)?;
        let ends_in_zero = fraction.last() == Some(&0);
        if ends_in_zero || (integer.is_lowest() && fraction.is_empty()) {
            return Err(InvalidPosition::Malformed);
        }
        Ok(position)
    }

    /// The wire form: two lower-case hex digits a byte. Sorts like the position itself.
    pub fn to_hex(&self) -> String {
        let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
        self.0
            .iter()
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)])
            .collect()
    }

    /// Reads the wire form.
    ///
    /// # Errors
    /// [`InvalidPosition`]: upper case, an odd length, more than [`MAX_BYTES`] bytes, or no position at all.
    pub fn from_hex(text: &str) -> Result<Self, InvalidPosition> {
        if text.len() > MAX_BYTES * 2 {
            return Err(InvalidPosition::TooLong);
        }
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if !rest.is_empty() {
            return Err(InvalidPosition::NotHex);
        }
        let bytes = pairs
            .iter()
            .map(|[high, low]| Some((hex_value(*high)? << 4) | hex_value(*low)?))
            .collect::<Option<Vec<u8>>>();
        Self::from_bytes(bytes.ok_or(InvalidPosition::NotHex)?)
    }

    fn parts(&self) -> Option<(Integer, &[u8])> {
        let (header, rest) = self.0.split_first()?;
        let level = i8::try_from(i16::from(*header) - i16::from(START)).ok()?;
        if !(LOWEST_LEVEL..=HIGHEST_LEVEL).contains(&level) {
            return None;
        }
        let (digits, fraction) = rest.split_at_checked(width(level))?;
        let digits = digits
            .iter()
            .fold(0, |value: u64, digit| (value << 8) | u64::from(*digit));
        Some((Integer { level, digits }, fraction))
    }
}

impl From<Position> for String {
    fn from(position: Position) -> Self {
        position.to_hex()
    }
}

impl TryFrom<String> for Position {
    type Error = InvalidPosition;

    fn try_from(text: String) -> Result<Self, InvalidPosition> {
        Self::from_hex(&text)
    }
}

impl<DB> FromSql<Binary, DB> for Position
where
    DB: diesel::backend::Backend,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_bytes(<Vec<u8> as FromSql<_, DB>>::from_sql(
            value,
        )?)?)
    }
}

impl<DB> ToSql<Binary, DB> for Position
where
    DB: diesel::backend::Backend,
    Vec<u8>: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <Vec<u8> as ToSql<_, DB>>::to_sql(&self.0, out)
    }
}

impl utoipa::PartialSchema for Position {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A place in an order. Opaque; sorts as text."))
            .pattern(Some("^([0-9a-f]{2})+$"))
            .min_length(Some(2))
            .max_length(Some(MAX_BYTES * 2))
            .examples(["8000"])
            .into()
    }
}

impl utoipa::ToSchema for Position {}

/// The integer part: `level` is the header less [`START`], `digits` the value of the digits that follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Integer {
    level: i8,
    digits: u64,
}

impl Integer {
    fn next(self) -> Option<Self> {
        if self.digits < largest(self.level) {
            return Some(Self {
                digits: self.digits + 1,
                ..self
            });
        }
        (self.level < HIGHEST_LEVEL).then_some(Self {
            level: self.level + 1,
            digits: 0,
        })
    }

    fn previous(self) -> Option<Self> {
        if self.digits > 0 {
            return Some(Self {
                digits: self.digits - 1,
                ..self
            });
        }
        (self.level > LOWEST_LEVEL).then(|| Self {
            level: self.level - 1,
            digits: largest(self.level - 1),
        })
    }

    fn is_lowest(self) -> bool {
        self.level == LOWEST_LEVEL && self.digits == 0
    }

    fn to_bytes(self) -> Vec<u8> {
        let unused = 8 - width(self.level);
        let digits = self.digits.to_be_bytes();
        std::iter::once(START.wrapping_add_signed(self.level))
            .chain(digits.into_iter().skip(unused))
            .collect()
    }

    fn with_fraction(self, fraction: &[u8]) -> Vec<u8> {
        let mut bytes = self.to_bytes();
        bytes.extend_from_slice(fraction);
        bytes
    }
}

/// How many digits an integer of this level has: 1 to 8.
fn width(level: i8) -> usize {
    usize::from(if level < 0 {
        level.unsigned_abs()
    } else {
        level.unsigned_abs() + 1
    })
}

fn largest(level: i8) -> u64 {
    u64::MAX >> (64 - 8 * width(level))
}

/// The shortest fraction near the middle of `low` and `high`. No `high` means one; an empty `low` is zero. Expects `low < high`.
fn midpoint(low: &[u8], high: Option<&[u8]>) -> Vec<u8> {
    let mut middle = Vec::new();
    for place in 0.. {
        let low_digit = u16::from(low.get(place).copied().unwrap_or(0));
        let high_digit = high
            .and_then(|high| high.get(place))
            .map_or(256, |digit| u16::from(*digit));
        if high_digit - low_digit > 1 {
            middle.push(low_byte(low_digit.midpoint(high_digit)));
            break;
        }
        // The high end cut off after this digit is still below the high end, and shorter than what lies between.
        let high_goes_on = high.is_some_and(|high| high.len() > place + 1);
        if high_digit > low_digit && high_goes_on {
            middle.push(low_byte(high_digit));
            break;
        }
        // The digits are alike; or the high end ends here, and whatever follows the low digit is below it.
        middle.push(low_byte(low_digit));
    }
    middle
}

fn low_byte(digit: u16) -> u8 {
    let [_, low] = digit.to_be_bytes();
    low
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
