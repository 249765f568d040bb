//! What letters say, in the languages that they are written in.
//!
//! The surprising rule: a language gives words and never marks them up. Text and HTML are made from the same parts, so
//! neither can say what the other does not, and text is escaped in one place.

mod english;
mod french;
pub(in crate::outreach) mod moment;

use super::material::Material;
use super::model::LetterKind;
use crate::db::Instant;
use crate::people::texts::Locale;

/// The languages that letters are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::outreach) enum Language {
    English,
    French,
}

impl Language {
    /// The one for somebody's locale: English unless it is French.
    pub(in crate::outreach) fn of(locale: &Locale) -> Self {
        Self::tagged(locale.as_str())
    }

    /// The one for a language tag, or for the first of several as browsers send them.
    pub(in crate::outreach) fn tagged(text: &str) -> Self {
        let language = text.split(['-', ',', ';']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("fr") {
            Self::French
        } else {
            Self::English
        }
    }

    /// As HTML and mail headers name it.
    pub(in crate::outreach) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }
}

/// A part of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Some sentences.
    Paragraph(String),
    /// What things are, line by line.
    Facts(Vec<(&'static str, String)>),
    /// Where to go on.
    Link {
        label: &'static str,
        address: String,
    },
    /// What is good to know, at the end.
    Note(String),
}

/// A letter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) subject: String,
    pub(super) parts: Vec<Part>,
}

/// Whom a letter goes to and what it tells of.
pub(super) struct Told<'a> {
    pub(super) kind: LetterKind,
    /// What the recipient is called; nothing where it is not known yet whose address it is.
    pub(super) name: Option<String>,
    pub(super) material: &'a Material,
    /// The recipient's own page.
    pub(super) link: Option<String>,
}

impl Told<'_> {
    /// The title, on one line.
    fn title(&self) -> String {
        one_line(self.material.event.title.as_str())
    }

    /// The team, on one line.
    fn team(&self) -> String {
        one_line(&self.material.team)
    }

    /// Why the event has the status that it has.
    fn reason(&self) -> Option<String> {
        let reason = self.material.event.status_reason.as_ref()?;
        Some(reason.as_str().to_owned())
    }

    /// The number of seats, where it is more than one, or just became another.
    fn seats(&self) -> Option<String> {
        let seats = self.material.place.as_ref()?.seats.get();
        (seats > 1 || self.kind == LetterKind::RegistrationChanged).then(|| seats.to_string())
    }

    /// Who comes along, where that may just have become others.
    fn companions(&self) -> Option<String> {
        let companions = &self.material.place.as_ref()?.companions.0.0;
        let names: Vec<String> = companions
            .iter()
            .map(|name| one_line(name.as_str()))
            .collect();
        (self.kind == LetterKind::RegistrationChanged && !names.is_empty())
            .then(|| names.join(", "))
    }

    /// Until when seats are held, where a change may have been about that.
    fn held_until(&self) -> Option<Instant> {
        let may_differ = matches!(
            self.kind,
            LetterKind::EventChanged | LetterKind::RegistrationChanged
        );
        let place = self.material.place.as_ref()?;
        place.offer_expires_at.filter(|_| may_differ)
    }

    /// Whether the letter tells how to take part: not where somebody does not, or no longer.
    const fn tells_how(&self) -> bool {
        !matches!(
            self.kind,
            LetterKind::EventCancelled | LetterKind::RegistrationCancelled | LetterKind::ThankYou
        )
    }

    /// Where it takes place.
    fn platform(&self) -> Option<String> {
        let platform = self.material.event.platform.as_ref()?;
        Some(one_line(platform.as_str()))
    }

    /// Where to join, for whoever is in.
    fn join_url(&self) -> Option<String> {
        let address = self.material.event.join_url.as_ref()?;
        self.material
            .may_join()
            .then(|| address.as_str().to_owned())
    }
}

/// The words of a letter.
pub(super) fn words(language: Language, told: &Told<'_>) -> Words {
    match language {
        Language::English => english::words(told),
        Language::French => french::words(told),
    }
}

/// Text on one line: names may have line ends in them, and subjects and headers may not.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
