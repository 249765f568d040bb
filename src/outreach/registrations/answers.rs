//! The answers to an event's questions.
//!
//! The surprising rule: an answer that is null or blank is none, and is not kept.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::http::strict::fault;
use crate::http::text::{Note, TextFault};
use crate::http::{FieldError, Problem};
use crate::outreach::registration_rules::{Question, QuestionKind};

/// Whether what must be answered is demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// By whoever registers.
    All,
    /// A member who adds somebody may not know the answers.
    Given,
}

/// Answers as they come in: an object, and nothing else that could pass for an empty one.
#[derive(Debug, Clone, Default)]
pub struct Given(pub Map<String, Value>);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        match Value::deserialize(input)? {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(fault("wrong_type", "Expected an object.", &json!({}))),
        }
    }
}

/// The answers as they are kept, by the questions' keys.
///
/// # Errors
/// `validation_failed`, each below `/answers`.
pub fn checked(
    questions: &[Question],
    mut given: Map<String, Value>,
    demand: Demand,
) -> Result<Map<String, Value>, Problem> {
    let (mut kept, mut wrong) = (Map::new(), Vec::new());
    for question in questions {
        let key = question.key.as_str();
        let answer = given.remove(key).unwrap_or(Value::Null);
        let is_blank = answer.is_null()
            || answer.as_str().is_some_and(|text| text.trim().is_empty())
            || answer.as_array().is_some_and(Vec::is_empty);
        let place = format!("/answers/{key}");
        if is_blank {
            if question.is_required && demand == Demand::All {
                wrong.push(FieldError::body(place, "required", "Answer this question."));
            }
            continue;
        }
        match answered(question, answer, &place) {
            Ok(answer) => {
                kept.insert(key.to_owned(), answer);
            }
            Err(error) => wrong.push(*error),
        }
    }
    for name in given.keys() {
        let name = name.replace('~', "~0").replace('/', "~1");
        wrong.push(FieldError::body(
            format!("/answers/{name}"),
            "unknown_member",
            "There is no such question.",
        ));
    }
    if wrong.is_empty() {
        Ok(kept)
    } else {
        Err(Problem::fields(wrong))
    }
}

fn answered(question: &Question, answer: Value, place: &str) -> Result<Value, Box<FieldError>> {
    let wrong_type =
        |expected: &str| refused(place, "wrong_type", &format!("Expected {expected}."));
    match (question.kind, answer) {
        (QuestionKind::Text, Value::String(text)) => text_of(&text, place).map(Value::String),
        (QuestionKind::Text, _) => Err(wrong_type("a string")),
        (QuestionKind::YesNo, Value::Bool(answer)) => Ok(Value::Bool(answer)),
        (QuestionKind::YesNo, _) => Err(wrong_type("true or false")),
        (QuestionKind::Choice, Value::String(choice)) => {
            one_of(question, &choice, place).map(Value::String)
        }
        (QuestionKind::Choice, _) => Err(wrong_type("a string")),
        (QuestionKind::MultipleChoice, Value::Array(choices)) => {
            let mut kept: Vec<Value> = Vec::with_capacity(choices.len().min(30));
            for (index, choice) in choices.into_iter().enumerate() {
                let place = format!("{place}/{index}");
                let Value::String(choice) = choice else {
                    return Err(refused(&place, "wrong_type", "Expected a string."));
                };
                let choice = Value::String(one_of(question, &choice, &place)?);
                if kept.contains(&choice) {
                    return Err(refused(&place, "duplicate", "Each choice once."));
                }
                kept.push(choice);
            }
            Ok(Value::Array(kept))
        }
        (QuestionKind::MultipleChoice, _) => Err(wrong_type("an array of strings")),
    }
}

fn refused(place: &str, code: &str, detail: &str) -> Box<FieldError> {
    Box::new(FieldError::body(place, code, detail))
}

fn text_of(text: &str, place: &str) -> Result<String, Box<FieldError>> {
    Note::new(text).map(Note::into_string).map_err(|fault| {
        let params = match fault {
            TextFault::TooLong(max) => json!({"max": max}),
            TextFault::TooShort(_) | TextFault::Control => json!({}),
        };
        let error = FieldError::body(place, fault.code(), fault.to_string());
        Box::new(error.with(params))
    })
}

fn one_of(question: &Question, choice: &str, place: &str) -> Result<String, Box<FieldError>> {
    let wanted = text_of(choice, place)?;
    let choices = || question.choices.0.iter();
    match choices().find(|one| one.as_str() == wanted) {
        Some(_) => Ok(wanted),
        None => {
            let allowed: Vec<&str> = choices().map(|one| one.as_str()).collect();
            let detail = format!("One of: {}.", allowed.join(", "));
            let error = FieldError::body(place, "unknown_value", detail);
            Err(Box::new(error.with(json!({"allowed": allowed}))))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Demand, checked};
    use crate::outreach::registration_rules::Question;

    fn questions() -> Vec<Question> {
        serde_json::from_value(json!([
            {"key": "level", "text": "How well?", "kind": "choice", "is_required": true, "choices": ["A little", "Well"]},
            {"key": "topics", "text": "Which?", "kind": "multiple_choice", "choices": ["a", "b", "c"]},
            {"key": "words", "text": "What?", "kind": "text"},
            {"key": "first", "text": "First time?", "kind": "yes_no"},
        ]))
        .unwrap()
    }

    fn check(answers: Value) -> Result<Value, Vec<(String, String)>> {
        let answers = answers.as_object().unwrap().clone();
        checked(&questions(), answers, Demand::All)
            .map(Value::Object)
            .map_err(|problem| {
                let errors = problem.errors().iter();
                errors
                    .map(|error| (error.pointer.clone().unwrap(), error.code.clone()))
                    .collect()
            })
    }

    #[test]
    fn what_is_said_is_kept() {
        assert_eq!(
            check(json!({"level": "Well", "topics": ["c", "a"], "words": " yes ", "first": false})),
            Ok(json!({"level": "Well", "topics": ["c", "a"], "words": "yes", "first": false}))
        );
        assert_eq!(
            check(json!({"level": "Well", "topics": [], "words": " ", "first": null})),
            Ok(json!({"level": "Well"}))
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |answers| {
            check(answers)
                .unwrap_err()
                .into_iter()
                .map(|(pointer, code)| format!("{pointer} {code}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(refused(json!({})), ["/answers/level required"]);
        assert_eq!(
            refused(
                json!({"level": "x", "topics": ["a", "a"], "words": 1, "first": "no", "a/b": 1})
            ),
            [
                "/answers/level unknown_value",
                "/answers/topics/1 duplicate",
                "/answers/words wrong_type",
                "/answers/first wrong_type",
                "/answers/a~1b unknown_member",
            ]
        );
        assert_eq!(
            refused(json!({"level": ["Well"], "topics": ["d"], "words": "\u{1}"})),
            [
                "/answers/level wrong_type",
                "/answers/topics/0 unknown_value",
                "/answers/words control_character",
            ]
        );
    }
}
