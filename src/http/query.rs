//! The query string, read as a `F` that cannot hold a wrong value.
//!
//! The surprising rule: an unknown parameter is not found here but from the OpenAPI document, before any
//! handler runs (see `access::caller`), so a filter cannot be forgotten in the document.

use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::codes::Code;
use super::problem::Problem;
use super::strict;
use crate::db::Id;

/// The filters of a list, or the parameters of an operation.
#[derive(Debug)]
pub struct Query<F>(pub F);

impl<F: DeserializeOwned> FromRequest for Query<F> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request).map(Self))
    }
}

/// The pairs of the query string, decoded; each name at most once.
///
/// # Errors
/// `invalid_query` when a name comes twice or the text is not UTF-8.
pub fn pairs(request: &HttpRequest) -> Result<Vec<(String, String)>, Problem> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for part in request
        .query_string()
        .split('&')
        .filter(|part| !part.is_empty())
    {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (decode(name)?, decode(value)?);
        if pairs.iter().any(|(there, _)| *there == name) {
            return Err(Problem::parameter(
                Code::InvalidQuery,
                &name,
                "Give it once; where several values are allowed, separate them with commas.",
            ));
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// A parameter that is `true` or `false`, and `false` when it is absent.
///
/// # Errors
/// `invalid_query` when it is anything else.
pub fn flag(request: &HttpRequest, name: &str) -> Result<bool, Problem> {
    match pairs(request)?.into_iter().find(|(one, _)| one == name) {
        None => Ok(false),
        Some((_, value)) => value
            .parse()
            .map_err(|_| Problem::parameter(Code::InvalidQuery, name, "true or false.")),
    }
}

fn decode(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    let bytes = percent_decode(spaced.as_bytes());
    String::from_utf8(bytes).map_err(|_| {
        Problem::new(Code::InvalidQuery).detail("The query string is not percent-encoded UTF-8.")
    })
}

fn percent_decode(text: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| {
        byte.and_then(|byte| char::from(*byte).to_digit(16))
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high.wrapping_mul(16).wrapping_add(low));
                rest = ahead;
            }
            _ => bytes.push(*byte),
        }
    }
    bytes
}

fn parse<F: DeserializeOwned>(request: &HttpRequest) -> Result<F, Problem> {
    let members: Map<String, Value> = pairs(request)?
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    strict::read(Value::Object(members)).map_err(|errors| {
        let first = errors.into_iter().next();
        let (name, detail) = first.map_or_else(
            || (String::new(), String::new()),
            |error| {
                let name = error.pointer.unwrap_or_default();
                (name.trim_start_matches('/').to_owned(), error.detail)
            },
        );
        Problem::parameter(Code::InvalidQuery, &name, detail)
    })
}

/// Several values, separated by commas, any of which may match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyOf<T>(pub Vec<T>);

impl<'de, T: FromStr> Deserialize<'de> for AnyOf<T>
where
    T::Err: std::fmt::Display,
{
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(input)?;
        let values: Vec<&str> = text.split(',').collect();
        if values.len() > 50 {
            return Err(serde::de::Error::custom("At most 50 values."));
        }
        values
            .into_iter()
            .map(|value| value.trim().parse().map_err(serde::de::Error::custom))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(input)?;
        text.parse()
            .map(Self)
            .map_err(|_| serde::de::Error::custom("true or false."))
    }
}

/// A whole number as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub i64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(input)?;
        text.parse()
            .ok()
            .filter(|number| (0..=super::values::MAX_SAFE).contains(number))
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("A whole number from 0 to 9007199254740991."))
    }
}

/// A member in a filter: an id, `me`, or `none` where nobody is a possible answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The caller.
    Me,
    /// Nobody.
    Nobody,
    /// This member.
    Member(Id),
}

impl FromStr for Who {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "me" => Ok(Self::Me),
            "none" => Ok(Self::Nobody),
            id => id
                .parse()
                .map(Self::Member)
                .map_err(|_| "A member's id, me, or none."),
        }
    }
}

/// Something in a filter, by its id, or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// None at all.
    Nothing,
    /// This one.
    This(Id),
}

impl FromStr for Which {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self::Nothing);
        }
        text.parse().map(Self::This).map_err(|_| "An id, or none.")
    }
}

impl AnyOf<Which> {
    /// The ids that are meant, and whether none is meant too.
    #[must_use]
    pub fn resolve(&self) -> (Vec<Id>, bool) {
        let ids = self
            .0
            .iter()
            .filter_map(|which| match which {
                Which::Nothing => None,
                Which::This(id) => Some(*id),
            })
            .collect();
        (ids, self.0.contains(&Which::Nothing))
    }
}

/// The parameter of operations that can be tried: the scope heeds it, and here it is read and documented.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ValidateOnly {
    /// Whether only to check: everything is answered as if it had happened, and nothing changes.
    #[param(value_type = Option<bool>)]
    #[allow(dead_code)]
    validate_only: Option<Flag>,
}

impl AnyOf<Who> {
    /// The members that are meant, and whether nobody is meant too.
    #[must_use]
    pub fn resolve(&self, me: Id) -> (Vec<Id>, bool) {
        let members = self
            .0
            .iter()
            .filter_map(|who| match who {
                Who::Me => Some(me),
                Who::Nobody => None,
                Who::Member(id) => Some(*id),
            })
            .collect();
        (members, self.0.contains(&Who::Nobody))
    }

    /// The members that are meant by the parameter `name`, where nobody cannot be.
    ///
    /// # Errors
    /// `invalid_query`.
    pub fn members(&self, me: Id, name: &str) -> Result<Vec<Id>, Problem> {
        match self.resolve(me) {
            (members, false) => Ok(members),
            (_, true) => {
                let detail = "Members' ids, or me.";
                Err(Problem::parameter(Code::InvalidQuery, name, detail))
            }
        }
    }
}
