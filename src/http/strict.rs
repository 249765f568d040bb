//! Reading JSON without forgiveness.
//!
//! The surprising rule: every wrong member is found, not only the first. Serde stops at the first error; so
//! a member that is refused is taken out and the rest is read again, until only good ones are left.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value, json};

use super::codes::Code;
use super::problem::{FieldError, Problem};

/// How deep a document may nest.
const DEPTH: usize = 32;
/// How many errors are worth naming.
const MOST_ERRORS: usize = 50;

type Error = serde_json::Error;

/// Reads `bytes` as one JSON value: no member twice, nothing behind it, at most 32 levels.
///
/// # Errors
/// `malformed_json`, with the place.
pub fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let mut input = serde_json::Deserializer::from_slice(bytes);
    let value = serde::de::DeserializeSeed::deserialize(Level(0), &mut input)
        .and_then(|value| input.end().map(|()| value));
    value.map_err(|error| {
        Problem::new(Code::MalformedJson).detail(format!(
            "The body is not valid JSON near line {}, column {}{}.",
            error.line(),
            error.column(),
            if error.is_data() {
                ": a member appears twice, or it nests more than 32 levels"
            } else {
                ""
            }
        ))
    })
}

/// Reads a value that may not have a member twice, this many levels down.
struct Level(usize);

impl<'de> serde::de::DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        if self.0 >= DEPTH {
            return Err(A::Error::custom("too deep"));
        }
        let mut items = Vec::new();
        while let Some(item) = input.next_element_seed(Level(self.0.saturating_add(1)))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        if self.0 >= DEPTH {
            return Err(A::Error::custom("too deep"));
        }
        let mut members = Map::new();
        while let Some(name) = input.next_key::<String>()? {
            let value = input.next_value_seed(Level(self.0.saturating_add(1)))?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

/// Reads `value`, which must be an object, as a `T`.
///
/// # Errors
/// Every member that is refused, with its pointer.
pub fn read<T: DeserializeOwned>(mut value: Value) -> Result<T, Vec<FieldError>> {
    if !value.is_object() {
        return Err(vec![FieldError::body(
            "",
            "wrong_type",
            "The body must be a JSON object.",
        )]);
    }
    let mut errors: Vec<FieldError> = Vec::new();
    let mut taken = Taken::default();
    loop {
        let outcome = serde_path_to_error::deserialize(Strict(&value));
        let error = match outcome {
            Ok(read) if errors.is_empty() => return Ok(read),
            Ok(_) => return Err(errors),
            Err(error) => error,
        };
        let (mut pointer, fault) = locate(error.path(), error.inner());
        if let Some(name) = fault.member {
            pointer.push('/');
            pointer.push_str(&escape(&name));
        }
        let sent = taken.as_sent(&pointer);
        // A member that was taken out because it was wrong is now missed by the object around it: that
        // object goes too, and the rest is read on.
        let around = pointer.rsplit_once('/').map_or("", |(around, _)| around);
        let is_out = if taken.pointers.contains(&sent) {
            taken.take(&mut value, around)
        } else {
            errors.push(FieldError::body(sent, &fault.code, fault.detail).with(fault.params));
            // What was never there cannot be taken out either.
            taken.take(&mut value, &pointer) || taken.take(&mut value, around)
        };
        if errors.len() >= MOST_ERRORS || !is_out {
            return Err(errors);
        }
    }
}

/// What was taken out of a value, so that the rest could be read.
#[derive(Default)]
struct Taken {
    /// Where it was, in the value as it was sent.
    pointers: HashSet<String>,
    /// The places that the remaining items of a list had, by the list.
    places: HashMap<String, Vec<usize>>,
}

impl Taken {
    /// A place in what is left as the place that it had.
    fn as_sent(&self, pointer: &str) -> String {
        let mut sent = String::new();
        for segment in pointer.split('/').skip(1) {
            let place = self
                .places
                .get(&sent)
                .zip(segment.parse::<usize>().ok())
                .and_then(|(places, index)| places.get(index))
                .map(usize::to_string);
            sent.push('/');
            sent.push_str(place.as_deref().unwrap_or(segment));
        }
        sent
    }

    /// Takes out what is at `pointer` now.
    fn take(&mut self, value: &mut Value, pointer: &str) -> bool {
        let Some((parent, last)) = pointer.rsplit_once('/') else {
            return false;
        };
        let sent = self.as_sent(pointer);
        let is_taken = match value.pointer_mut(parent) {
            Some(Value::Object(members)) => {
                let name = last.replace("~1", "/").replace("~0", "~");
                members.shift_remove(&name).is_some()
            }
            Some(Value::Array(items)) => match last.parse::<usize>() {
                Ok(index) if index < items.len() => {
                    self.places
                        .entry(self.as_sent(parent))
                        .or_insert_with(|| (0..items.len()).collect())
                        .remove(index);
                    items.remove(index);
                    true
                }
                _ => false,
            },
            _ => false,
        };
        self.pointers.insert(sent);
        is_taken
    }
}

/// What is wrong with a value, as the types that read it say it.
struct Fault {
    code: String,
    detail: String,
    params: Value,
    /// The member that is missing or unknown, which the path does not include.
    member: Option<String>,
}

/// Separates the parts of a fault inside an error message (a control character, which no message has).
const MARK: char = '\u{1}';

/// An error for serde that carries a code and figures besides its text.
pub fn fault<E: serde::de::Error>(code: &str, detail: &str, params: &Value) -> E {
    E::custom(format_args!(
        "{MARK}{code}{MARK}{detail}{MARK}{params}{MARK}"
    ))
}

fn locate(path: &serde_path_to_error::Path, error: &Error) -> (String, Fault) {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", escape(key))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let mut fault = explain(&error.to_string());
    // The path of an unknown member ends with that member already.
    if fault.code == "unknown_member" && !pointer.is_empty() {
        fault.member = None;
    }
    (pointer, fault)
}

fn explain(message: &str) -> Fault {
    let named = |message: &str| message.split('`').nth(1).map(str::to_owned);
    let fault = |code: &str, detail: String, member: Option<String>| Fault {
        code: code.to_owned(),
        detail,
        params: json!({}),
        member,
    };
    let parts: Vec<&str> = message.split(MARK).collect();
    // Ours begin with the mark; a member's name that has it stands further behind.
    if let ["", code, detail, params, ..] = parts.as_slice() {
        return Fault {
            code: (*code).to_owned(),
            detail: (*detail).to_owned(),
            params: serde_json::from_str(params).unwrap_or_else(|_| json!({})),
            member: None,
        };
    }
    if message.starts_with("unknown field") {
        return fault(
            "unknown_member",
            "There is no such member.".to_owned(),
            named(message),
        );
    }
    if message.starts_with("missing field") {
        return fault(
            "required",
            "This member is required.".to_owned(),
            named(message),
        );
    }
    // The last one: the value that was sent stands before it, and may say the same.
    if let Some((_, expected)) = message.rsplit_once(", expected ") {
        let expected = match expected {
            "i64" | "u64" | "i32" | "u32" | "i16" | "u16" | "u8" => "a whole number",
            "a borrowed string" => "a string",
            "a sequence" => "an array",
            "a map" => "an object",
            expected => expected,
        };
        return fault("wrong_type", format!("Expected {expected}."), None);
    }
    fault("invalid_format", message.to_owned(), None)
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A value that is read as what it is: an array is no struct, an object no enum.
#[derive(Clone, Copy)]
struct Strict<'de>(&'de Value);

impl<'de> IntoDeserializer<'de, Error> for Strict<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Strict<'de> {
    fn unexpected(self, expected: &str) -> Error {
        let found = match self.0 {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        Error::custom(format_args!("invalid type: {found}, expected {expected}"))
    }
}

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => number.clone().deserialize_any(visitor),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.iter().map(Strict)))
            }
            Value::Object(members) => visitor.visit_map(MapDeserializer::new(
                members
                    .iter()
                    .map(|(name, value)| (name.as_str(), Strict(value))),
            )),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.0.is_object() {
            self.deserialize_any(visitor)
        } else {
            Err(self.unexpected("an object"))
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0.as_str() {
            Some(text) => visitor.visit_enum(StrDeserializer::new(text)),
            None => Err(self.unexpected("a string")),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// For members of a patch that may be absent but not null: RFC 7396 makes null mean "remove", and what is
/// required cannot be removed.
///
/// # Errors
/// What the type itself refuses; null among it.
pub fn present<'de, D, T>(input: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    T::deserialize(input).map(Some)
}

/// For members of a patch that may be null: absent keeps, null clears.
///
/// # Errors
/// What the type itself refuses.
pub fn nullable<'de, D, T>(input: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    Option::<T>::deserialize(input).map(Some)
}

#[cfg(test)]
mod tests;
