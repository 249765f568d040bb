//! Texts with a form of their own: e-mail addresses, locales, handles, team keys, and secrets.
//!
//! The surprising rule: an e-mail is kept in lower case. Strictly the part before the `@` may tell upper from
//! lower, but no mail service does, and people type their own address both ways.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::json;
use unicode_normalization::UnicodeNormalization;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::access::secrets::Secret;
use crate::formed_text;
use crate::http::strict::fault;

formed_text!(
    /// An e-mail address, in lower case.
    Email,
    read_email,
    "An e-mail address such as ada@example.org, of at most 254 characters.",
    ObjectBuilder::new()
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
        .min_length(Some(3))
        .max_length(Some(254))
        .examples([json!("ada@example.org")])
);

formed_text!(
    /// A language and region, as BCP 47 writes them.
    Locale,
    read_locale,
    "A locale such as en or pt-BR (BCP 47), of at most 35 characters.",
    ObjectBuilder::new()
        .pattern(Some("^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"))
        .min_length(Some(2))
        .max_length(Some(35))
        .examples([json!("en")])
);

formed_text!(
    /// The short name under which a member is mentioned: `@ada`.
    Handle,
    read_handle,
    "1 to 32 of a-z, 0-9 and -, beginning with a letter or digit.",
    ObjectBuilder::new()
        .pattern(Some("^[a-z0-9][a-z0-9-]{0,31}$"))
        .min_length(Some(1))
        .max_length(Some(32))
        .examples([json!("ada")])
);

formed_text!(
    /// What a team's task numbers begin with: `K8S` in `K8S-12`.
    TeamKey,
    read_team_key,
    "2 to 10 capitals and digits, beginning with a letter.",
    ObjectBuilder::new()
        .pattern(Some("^[A-Z][A-Z0-9]{1,9}$"))
        .min_length(Some(2))
        .max_length(Some(10))
        .examples([json!("K8S")])
);

impl Default for Locale {
    fn default() -> Self {
        Self("en".to_owned())
    }
}

fn read_email(text: &str) -> Option<String> {
    // Before the costly part: nothing this long can become short enough.
    if text.len() > 4096 {
        return None;
    }
    let text: String = text
        .trim()
        .chars()
        .flat_map(char::to_lowercase)
        .nfc()
        .collect();
    let (local, domain) = text.rsplit_once('@')?;
    let is_foreign = |character: char| {
        !character.is_ascii() && !character.is_whitespace() && !character.is_control()
    };
    let in_local = |character: char| {
        character.is_ascii_alphanumeric()
            || ".!#$%&'*+/=?^_`{|}~-".contains(character)
            || is_foreign(character)
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.chars().count())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|character| {
                character.is_ascii_alphanumeric() || character == '-' || is_foreign(character)
            })
    };
    let is_address = text.chars().count() <= 254
        && (1..=64).contains(&local.chars().count())
        && local.chars().all(in_local)
        && domain.split('.').all(is_label);
    is_address.then_some(text)
}

fn read_locale(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let language = parts.next()?;
    let is_locale = text.len() <= 35
        && (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    is_locale.then(|| text.to_owned())
}

fn read_handle(text: &str) -> Option<String> {
    let is_handle = (1..=32).contains(&text.len())
        && !text.starts_with('-')
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    is_handle.then(|| text.to_owned())
}

fn read_team_key(text: &str) -> Option<String> {
    let is_key = (2..=10).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_key.then(|| text.to_owned())
}

/// A secret of `MIN` to `MAX` characters, as it comes in. Nothing is trimmed, and `Debug` prints `***`.
#[derive(Debug, Clone)]
pub struct SecretText<const MIN: usize, const MAX: usize>(pub Secret);

/// A password that is being set.
pub type NewPassword = SecretText<8, 128>;
/// A password that is being compared.
pub type GivenPassword = SecretText<1, 1024>;
/// A refresh token or the secret of an invitation.
pub type OpaqueSecret = SecretText<1, 200>;

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for SecretText<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let secret = Secret::deserialize(input)?;
        let length = secret.expose().nfc().take(MAX.saturating_add(1)).count();
        if length < MIN {
            let code = if MIN == 1 { "required" } else { "too_short" };
            let detail = format!("At least {MIN} characters.");
            return Err(fault(code, &detail, &json!({"min": MIN})));
        }
        if length > MAX {
            let detail = format!("At most {MAX} characters.");
            return Err(fault("too_long", &detail, &json!({"max": MAX})));
        }
        Ok(Self(secret))
    }
}

impl<const MIN: usize, const MAX: usize> PartialSchema for SecretText<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
            .min_length(Some(MIN))
            .max_length(Some(MAX))
            .into()
    }
}

impl<const MIN: usize, const MAX: usize> ToSchema for SecretText<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        match (MIN, MAX) {
            (8, 128) => "NewPassword".into(),
            (1, 1024) => "Password".into(),
            _ => "OpaqueSecret".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Email, Handle, Locale, TeamKey};

    #[test]
    fn e_mails_are_trimmed_and_lower_case() {
        let email = Email::new(" Ada.Lovelace+x@Example.ORG ").unwrap();
        assert_eq!(email.as_str(), "ada.lovelace+x@example.org");
        for good in ["a@b", "ö@bücher.example", "0/!#$%@a.ac", "a@b@c"] {
            let expected = !good.contains("@b@");
            assert_eq!(Email::new(good).is_some(), expected, "{good}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        let endless = format!("a@{}", "b.".repeat(130));
        for bad in [
            "", "@", "a@", "@b", "a b@c", "a@-b", "a@b..c", "a@b c", "a\u{0}@b", &long, &endless,
        ] {
            assert!(Email::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn forms_are_kept() {
        for (text, is_one) in [
            ("en", true),
            ("pt-BR", true),
            ("zh-Hant-TW", true),
            ("e", false),
            ("en_US", false),
            ("en-", false),
        ] {
            assert_eq!(Locale::new(text).is_some(), is_one, "{text}");
        }
        for (text, is_one) in [
            ("ada", true),
            ("0-", true),
            ("-a", false),
            ("Ada", false),
            ("", false),
            (&"a".repeat(33), false),
        ] {
            assert_eq!(Handle::new(text).is_some(), is_one, "{text}");
        }
        for (text, is_one) in [
            ("K8S", true),
            ("8K", false),
            ("K", false),
            ("k8s", false),
            ("ABCDEFGHIJK", false),
        ] {
            assert_eq!(TeamKey::new(text).is_some(), is_one, "{text}");
        }
    }
}
