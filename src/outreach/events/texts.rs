//! Texts of events with a form of their own: public addresses and links.
//!
//! The surprising rule: a link is `https` (or `http`) and carries no user name and no password, because it is sent to
//! people who click on it.

use serde_json::json;
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat};

use crate::db::rows::fold;
use crate::formed_text;

formed_text!(
    /// The public address of an event's page.
    Slug,
    read_slug,
    "3 to 80 of a-z, 0-9 and single hyphens between them.",
    ObjectBuilder::new()
        .pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$"))
        .min_length(Some(3))
        .max_length(Some(80))
        .examples([json!("whats-new-in-1-30-webinar")])
);

formed_text!(
    /// A link to something on the web.
    WebAddress,
    read_web_address,
    "An address that begins with https:// or http://, of at most 2,000 characters, without user name and blanks.",
    ObjectBuilder::new()
        .format(Some(SchemaFormat::Custom("uri".to_owned())))
        .pattern(Some(r"^https?://[^\s@/?#]+([/?#][!-~]*)?$"))
        .min_length(Some(10))
        .max_length(Some(2_000))
        .examples([json!("https://zoom.example/j/123")])
);

fn read_slug(text: &str) -> Option<String> {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    ((3..=80).contains(&text.len()) && text.split('-').all(is_part)).then(|| text.to_owned())
}

fn read_web_address(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_visible = text.bytes().all(|byte| matches!(byte, b'!'..=b'~'));
    let fits = (10..=2_000).contains(&text.len());
    (fits && is_visible && !host.is_empty() && !host.contains('@')).then(|| text.to_owned())
}

impl Slug {
    /// One made of a title: its letters and digits, and `tail` so that nobody has it yet.
    #[must_use]
    pub fn of(title: &str, tail: &str) -> Option<Self> {
        let mut text = String::new();
        for word in fold(title).split(|character: char| !character.is_ascii_alphanumeric()) {
            if !word.is_empty() && text.len() + word.len() < 60 {
                text.push_str(word);
                text.push('-');
            }
        }
        Self::new(&format!("{text}{tail}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_made_of_a_title() {
        let slug = |title| Slug::of(title, "x7").unwrap().as_str().to_owned();
        assert_eq!(
            slug("Café — what's new in 1.30?"),
            "cafe-what-s-new-in-1-30-x7"
        );
        assert!(Slug::of("日本", "x7").is_none(), "too short");
        assert_eq!(Slug::of("日本", "x7k2").unwrap().as_str(), "x7k2");
    }

    #[test]
    fn a_link_is_one_that_people_can_follow() {
        assert!(WebAddress::new("https://zoom.example/j/1?pwd=a#b").is_some());
        for text in [
            "javascript:alert(1)",
            "https://user:password@host.example/",
            "https://host.example/a b",
            "https:///nothing",
            "ftp://host.example",
            "https://host.example/\u{1}",
        ] {
            assert!(WebAddress::new(text).is_none(), "{text}");
        }
    }
}
