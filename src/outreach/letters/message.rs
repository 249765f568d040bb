//! A letter as a message that a mail server takes.
//!
//! The surprising rule: the Message-ID is made of the letter's id. A server that died between handing the letter over and
//! writing so down sends it once more, under the same Message-ID, which receivers show once.

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};

use super::material::Material;
use super::model::{Letter, LetterKind};
use super::words::{Language, Told, Words, one_line, words};
use super::{attachment, page};
use crate::access::Settings;
use crate::access::secrets::Pepper;
use crate::http::Problem;

/// A letter as it is read: by its recipient, or by a lead who looks on.
pub struct Written {
    /// The subject line.
    pub subject: String,
    /// The letter as plain text.
    pub text: String,
    words: Words,
    language: Language,
}

/// Writes a letter. Without the pepper the secrets in it are dots.
#[must_use]
pub fn written(
    letter: &Letter,
    material: &Material,
    settings: &Settings,
    pepper: Option<&Pepper>,
) -> Written {
    let language = Language::of(&letter.locale);
    let words = words(
        language,
        &Told {
            kind: letter.kind,
            name: known_name(letter),
            material,
            link: material
                .secret(pepper)
                .map(|secret| settings.registration_url.replace("{secret}", &secret)),
        },
    );
    Written {
        subject: words.subject.clone(),
        text: page::text(&words),
        words,
        language,
    }
}

/// What the recipient is called. An address that nobody has confirmed may be a stranger's, and the name a message that
/// somebody wants us to carry there: it is left out.
fn known_name(letter: &Letter) -> Option<String> {
    match letter.kind {
        LetterKind::ConfirmAddress | LetterKind::AlreadyRegistered => None,
        _ => Some(one_line(letter.name.as_str())),
    }
}

/// The letter as the mail server takes it.
///
/// # Errors
/// When no message can be made of it, which is an error of ours.
pub fn message(
    letter: &Letter,
    material: &Material,
    from: &Mailbox,
    written: &Written,
) -> Result<Vec<u8>, Problem> {
    let to = letter.recipient.as_str().parse();
    let to = Mailbox::new(
        known_name(letter).map(|name| in_head(&name)),
        to.map_err(Problem::internal)?,
    );
    // A sender without a name speaks for the team.
    let name = from
        .name
        .clone()
        .unwrap_or_else(|| in_head(&one_line(&material.team)));
    let id = format!("<{}.{}@{}>", letter.id, letter.team_id, from.email.domain());
    let alternatives = MultiPart::alternative_plain_html(
        written.text.clone(),
        page::html(written.language, &written.words),
    );
    let builder = Message::builder()
        .from(Mailbox::new(Some(name), from.email.clone()))
        .to(to)
        .subject(in_head(&written.subject))
        .date(letter.created_at.utc().into())
        .message_id(Some(id))
        .raw_header(raw("Content-Language", written.language.tag()))
        // So that nobody's "out of office" answers (RFC 3834 §5).
        .raw_header(raw("Auto-Submitted", "auto-generated"));
    let message = match attachment::calendar(letter, material, from) {
        None => builder.multipart(alternatives),
        Some((method, file)) => {
            let kind = format!("text/calendar; charset=utf-8; method={method}");
            let kind = ContentType::parse(&kind).map_err(Problem::internal)?;
            let part: SinglePart = Attachment::new("event.ics".to_owned()).body(file, kind);
            builder.multipart(MultiPart::mixed().multipart(alternatives).singlepart(part))
        }
    };
    Ok(message.map_err(Problem::internal)?.formatted())
}

/// A line for the head of a message. What looks like an encoded word (RFC 2047) would be decoded by readers, so that
/// somebody could show there what no rule for names lets through: it is pulled apart.
fn in_head(line: &str) -> String {
    line.replace("=?", "= ?")
}

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}
