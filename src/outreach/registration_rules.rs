//! How people register for an event: when, with whose approval, and what they are asked.
//!
//! The surprising rule: an answer belongs to a question by the question's `key`. Rewording a question keeps its
//! answers, another key makes it another question.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::db::Instant;
use crate::http::strict::{nullable, present};
use crate::http::text::{Name, Title};
use crate::http::values::{Int, UpTo};
use crate::http::{FieldError, Problem, Text};
use crate::text_enum;

/// How long an offered seat is held, in minutes: a quarter of an hour to 30 days.
pub type OfferMinutes = Int<15, 43_200>;
/// How long before the start people are reminded, in minutes: up to 30 days.
pub type ReminderMinutes = UpTo<5, Int<5, 43_200>>;
/// What an answer belongs to.
pub type QuestionKey = Text<1, 40>;

text_enum! {
    /// Whether people may register.
    pub enum RegistrationMode {
        /// Nobody registers.
        Closed = "closed",
        /// Whoever registers has a place as long as there is one.
        Open = "open",
        /// Whoever registers waits for a member's approval.
        Approval = "approval",
    }
}

text_enum! {
    /// What kind of answer a question takes.
    pub enum QuestionKind {
        /// Some words.
        Text = "text",
        /// One of the choices.
        Choice = "choice",
        /// Any of the choices.
        MultipleChoice = "multiple_choice",
        /// Yes or no.
        YesNo = "yes_no",
    }
}

/// Something that whoever registers is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"key": "level", "text": "How well do you know Kubernetes?", "kind": "choice", "is_required": true, "choices": ["Not at all", "A little", "Well"]}))]
pub struct Question {
    /// What the answer belongs to: none twice.
    pub key: QuestionKey,
    /// The question itself.
    pub text: Title,
    /// What kind of answer it takes.
    pub kind: QuestionKind,
    /// Whether it must be answered.
    #[serde(default)]
    pub is_required: bool,
    /// What can be chosen, none twice: two at least for choices, none for other kinds.
    #[serde(default)]
    #[schema(value_type = Vec<Name>, max_items = 30)]
    pub choices: UpTo<30, Name>,
}

/// How people register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"mode": "open", "opens_at": null, "closes_at": "2027-04-20T12:00:00.000Z", "offer_minutes": 1440, "reminder_minutes": [1440, 60], "questions": []}))]
pub struct RegistrationRules {
    /// Whether people may register.
    pub mode: RegistrationMode,
    /// From when on; at once when null.
    #[schema(required = true)]
    pub opens_at: Option<Instant>,
    /// Until when; until the event begins when null.
    #[schema(required = true)]
    pub closes_at: Option<Instant>,
    /// How long a seat is held for somebody from the waiting list.
    pub offer_minutes: OfferMinutes,
    /// How long before the start people are reminded.
    #[schema(value_type = Vec<i64>, max_items = 5)]
    pub reminder_minutes: ReminderMinutes,
    /// What people are asked.
    #[schema(value_type = Vec<Question>, max_items = 20)]
    pub questions: UpTo<20, Question>,
}

/// What changes in how people register: absent keeps, null clears, arrays replace.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"mode": "approval", "offer_minutes": 720}))]
pub struct RegistrationRulesPatch {
    /// Whether people may register.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    mode: Option<RegistrationMode>,
    /// From when on.
    #[serde(default, deserialize_with = "nullable")]
    opens_at: Option<Option<Instant>>,
    /// Until when.
    #[serde(default, deserialize_with = "nullable")]
    closes_at: Option<Option<Instant>>,
    /// How long a seat is held for somebody from the waiting list.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    offer_minutes: Option<OfferMinutes>,
    /// How long before the start people are reminded.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, value_type = Option<Vec<i64>>, max_items = 5)]
    reminder_minutes: Option<ReminderMinutes>,
    /// What people are asked.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, value_type = Option<Vec<Question>>, max_items = 20)]
    questions: Option<UpTo<20, Question>>,
}

impl Default for RegistrationRules {
    fn default() -> Self {
        Self {
            mode: RegistrationMode::Closed,
            opens_at: None,
            closes_at: None,
            offer_minutes: OfferMinutes::clamped(1_440),
            reminder_minutes: UpTo(vec![Int::clamped(1_440), Int::clamped(60)]),
            questions: UpTo::default(),
        }
    }
}

impl RegistrationRulesPatch {
    /// The same for an event that begins so much later.
    #[must_use]
    pub fn later(mut self, by: TimeDelta) -> Self {
        self.opens_at = self.opens_at.map(|at| at.map(|at| at.plus(by)));
        self.closes_at = self.closes_at.map(|at| at.map(|at| at.plus(by)));
        self
    }
}

impl RegistrationRules {
    /// The same for an event that was moved by so much: the times that are still to come move along, those that have
    /// passed stay. Where registration would then be over already, it goes on until the event begins.
    #[must_use]
    pub fn moved_along(mut self, by: TimeDelta, now: Instant) -> Self {
        let along = |at: Instant| if now < at { at.plus(by) } else { at };
        self.opens_at = self.opens_at.map(along);
        self.closes_at = self.closes_at.and_then(|at| {
            let moved = along(at);
            (at <= now || now < moved).then_some(moved)
        });
        self
    }

    /// The same for an event that begins so much later.
    #[must_use]
    pub fn later(mut self, by: TimeDelta) -> Self {
        self.opens_at = self.opens_at.map(|at| at.plus(by));
        self.closes_at = self.closes_at.map(|at| at.plus(by));
        self
    }

    /// With what a patch changes.
    #[must_use]
    pub fn patched(self, patch: RegistrationRulesPatch) -> Self {
        let RegistrationRulesPatch {
            mode,
            opens_at,
            closes_at,
            offer_minutes,
            reminder_minutes,
            questions,
        } = patch;
        Self {
            mode: mode.unwrap_or(self.mode),
            opens_at: opens_at.unwrap_or(self.opens_at),
            closes_at: closes_at.unwrap_or(self.closes_at),
            offer_minutes: offer_minutes.unwrap_or(self.offer_minutes),
            reminder_minutes: reminder_minutes.unwrap_or(self.reminder_minutes),
            questions: questions.unwrap_or(self.questions),
        }
    }

    /// The rules between the fields, each refusal at its place below `/registration`.
    ///
    /// # Errors
    /// `validation_failed`, with all that is wrong.
    pub fn check(&self) -> Result<(), Problem> {
        let mut wrong = Vec::new();
        if let (Some(opens_at), Some(closes_at)) = (self.opens_at, self.closes_at)
            && closes_at <= opens_at
        {
            wrong.push(
                FieldError::body("/registration/closes_at", "before_start", "After opens_at.")
                    .with(json!({"opens_at": opens_at})),
            );
        }
        for (index, question) in self.questions.0.iter().enumerate() {
            let place = format!("/registration/questions/{index}");
            let mut refuse = |member: &str, code, detail: &str| {
                wrong.push(FieldError::body(format!("{place}/{member}"), code, detail));
            };
            let is_key = question
                .key
                .as_str()
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
            if !is_key {
                refuse(
                    "key",
                    "invalid_format",
                    "Small letters, digits and underscores.",
                );
            }
            let earlier = self.questions.0.iter().take(index);
            if earlier.into_iter().any(|other| other.key == question.key) {
                refuse("key", "duplicate", "Another question has this key.");
            }
            let choices = &question.choices.0;
            match question.kind {
                QuestionKind::Choice | QuestionKind::MultipleChoice if choices.len() < 2 => {
                    refuse("choices", "too_few", "At least two choices.");
                }
                QuestionKind::Text | QuestionKind::YesNo if !choices.is_empty() => {
                    refuse(
                        "choices",
                        "too_many",
                        "Only a question with choices has them.",
                    );
                }
                _ => {}
            }
            let doubled = choices
                .iter()
                .enumerate()
                .any(|(at, choice)| choices.iter().take(at).any(|other| other == choice));
            if doubled {
                refuse("choices", "duplicate", "Each choice once.");
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Problem::fields(wrong))
        }
    }
}
