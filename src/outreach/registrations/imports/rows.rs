//! What the cells of a row say about a person. Pure, no database.
//!
//! The surprising rule: an apostrophe before what a spreadsheet would take for a formula is not part of the cell. Our own
//! tables have it, and so does whatever a careful spreadsheet writes.

use serde_json::{Map, Value};

use super::columns::{Columns, Field};
use crate::http::imports::table::{Row, Table};
use crate::http::imports::{RowError, normalised};
use crate::http::text::Name;
use crate::http::{Problem, Text, UpTo};
use crate::outreach::events::Event;
use crate::outreach::registration_rules::{Question, QuestionKind};
use crate::outreach::registrations::answers::Given;
use crate::outreach::registrations::input::{AddedRegistration, Details};
use crate::outreach::registrations::model::Seats;
use crate::outreach::registrations::state::{Origin, RegistrationState};
use crate::outreach::registrations::table::unguarded;
use crate::people::texts::{Email, Locale};

/// The most seats of one registration.
const MOST_SEATS: usize = 10;

/// What a row wants.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    /// A place for this person.
    Place(Box<Details>),
    /// Nothing: the table says that this person has none.
    Nothing(Email),
}

impl Wanted {
    /// Whose row it is.
    pub(super) const fn email(&self) -> &Email {
        match self {
            Self::Place(details) => &details.email,
            Self::Nothing(email) => email,
        }
    }
}

/// Reads the rows of one table.
pub(super) struct RowReader<'a> {
    pub(super) table: &'a Table,
    pub(super) columns: &'a Columns,
    pub(super) event: &'a Event,
}

impl RowReader<'_> {
    /// The name of a field's column.
    fn column(&self, index: Option<usize>) -> Option<String> {
        self.table.header.get(index?).cloned()
    }

    /// Something wrong with the address of a row.
    pub(super) fn wrong_email(&self, code: &str, detail: impl Into<String>) -> RowError {
        self.wrong(self.columns.of(Field::Email), code, detail)
    }

    fn wrong(&self, index: Option<usize>, code: &str, detail: impl Into<String>) -> RowError {
        RowError {
            column: self.column(index),
            code: code.to_owned(),
            detail: detail.into(),
        }
    }

    /// What a row says, or all that is wrong with it.
    pub(super) fn read(&self, row: &Row) -> Result<Wanted, Vec<RowError>> {
        let mut cells = Cells {
            reader: self,
            row,
            errors: Vec::new(),
        };
        let name = cells.text(Field::Name);
        let email = cells.formed(
            Field::Email,
            Email::new,
            "An address such as ada@example.org.",
        );
        let locale = cells.formed(
            Field::Locale,
            Locale::new,
            "A language such as en or pt-BR.",
        );
        let companions = cells.companions();
        let seats = cells.seats(companions.len());
        let has_place = cells.has_place();
        let [utm_source, utm_medium, utm_campaign] =
            [Field::UtmSource, Field::UtmMedium, Field::UtmCampaign].map(|field| cells.text(field));
        let answers = cells.answers(&self.event.registration.0.questions.0);
        let has = |field| {
            self.columns
                .of(field)
                .is_some_and(|index| row.cells.get(index).is_some_and(|cell| !cell.is_empty()))
        };
        for field in [Field::Name, Field::Email] {
            if !has(field) {
                cells.refuse(self.columns.of(field), "required", "Needed here.");
            }
        }
        let (Some(name), Some(email), true) = (name, email, cells.errors.is_empty()) else {
            return Err(cells.errors);
        };
        if !has_place {
            return Ok(Wanted::Nothing(email));
        }
        let added = AddedRegistration {
            name,
            email,
            locale: locale.unwrap_or_default(),
            seats: Seats::clamped(seats),
            companions: UpTo(companions),
            answers: Given(answers),
            utm_source,
            utm_medium,
            utm_campaign,
        };
        added
            .checked(self.event, Origin::Import)
            .map(|details| Wanted::Place(Box::new(details)))
            .map_err(|problem| self.errors_of(&problem))
    }

    /// What the rules of the event refuse, each at its column.
    fn errors_of(&self, problem: &Problem) -> Vec<RowError> {
        let errors = problem.errors().iter();
        errors
            .map(|error| {
                let pointer = error.pointer.as_deref().unwrap_or_default();
                let mut parts = pointer.split('/').skip(1);
                let index = match (parts.next(), parts.next()) {
                    (Some("answers"), Some(key)) => self.columns.of_question(key),
                    (Some("companions"), _) => self.columns.of(Field::Companions),
                    _ => None,
                };
                self.wrong(index, &error.code, error.detail.as_str())
            })
            .collect()
    }
}

/// The cells of one row.
struct Cells<'a, 'r> {
    reader: &'a RowReader<'r>,
    row: &'a Row,
    errors: Vec<RowError>,
}

impl Cells<'_, '_> {
    fn refuse(&mut self, index: Option<usize>, code: &str, detail: impl Into<String>) {
        self.errors.push(self.reader.wrong(index, code, detail));
    }

    /// What a cell says; nothing when it is empty.
    fn at(&self, index: Option<usize>) -> Option<&str> {
        let cell = unguarded(self.row.cells.get(index?)?).trim();
        (!cell.is_empty()).then_some(cell)
    }

    fn cell(&self, field: Field) -> Option<&str> {
        self.at(self.reader.columns.of(field))
    }

    fn text<const MAX: usize>(&mut self, field: Field) -> Option<Text<1, MAX>> {
        let fault = match Text::new(self.cell(field)?) {
            Ok(text) => return Some(text),
            Err(fault) => fault,
        };
        let column = self.reader.columns.of(field);
        self.refuse(column, fault.code(), fault.to_string());
        None
    }

    fn formed<T>(
        &mut self,
        field: Field,
        read: impl Fn(&str) -> Option<T>,
        form: &str,
    ) -> Option<T> {
        let read = read(self.cell(field)?);
        if read.is_none() {
            self.refuse(self.reader.columns.of(field), "invalid_format", form);
        }
        read
    }

    fn companions(&mut self) -> Vec<Name> {
        let Some(cell) = self.cell(Field::Companions) else {
            return Vec::new();
        };
        let names = cell
            .split(';')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let read: Vec<Option<Name>> = names.map(|name| Name::new(name).ok()).collect();
        let count = read.len();
        let good: Vec<Name> = read.into_iter().flatten().collect();
        let index = self.reader.columns.of(Field::Companions);
        if good.len() < count {
            self.refuse(
                index,
                "too_long",
                "Names of at most 100 characters, separated by semicolons.",
            );
        } else if count >= MOST_SEATS {
            self.refuse(index, "too_many", "At most nine names.");
        }
        good
    }

    /// How many come: what the cell says, or else whoever is named.
    fn seats(&mut self, companions: usize) -> i64 {
        let named = i64::try_from(companions.saturating_add(1))
            .unwrap_or(1)
            .min(10);
        let Some(cell) = self.cell(Field::Seats) else {
            return named;
        };
        match cell.parse::<i64>() {
            Ok(seats) if (1..=10).contains(&seats) => seats,
            _ => {
                let index = self.reader.columns.of(Field::Seats);
                self.refuse(index, "out_of_range", "A number from 1 to 10.");
                1
            }
        }
    }

    /// Whether the table says that the person has a place, or wants one.
    fn has_place(&mut self) -> bool {
        let Some(cell) = self.cell(Field::State) else {
            return true;
        };
        let word = normalised(cell).replace([' ', '-'], "_");
        match RegistrationState::parse(&word) {
            Some(state) => state.is_registered(),
            None => {
                let words: Vec<&str> = RegistrationState::ALL
                    .iter()
                    .map(|one| one.as_str())
                    .collect();
                let index = self.reader.columns.of(Field::State);
                self.refuse(
                    index,
                    "unknown_value",
                    format!("One of: {}.", words.join(", ")),
                );
                true
            }
        }
    }

    fn answers(&mut self, questions: &[Question]) -> Map<String, Value> {
        let mut answers = Map::new();
        for question in questions {
            let key = question.key.as_str();
            let index = self.reader.columns.of_question(key);
            let Some(cell) = self.at(index) else { continue };
            let answer = match question.kind {
                QuestionKind::Text | QuestionKind::Choice => Some(Value::from(cell)),
                QuestionKind::MultipleChoice => Some(chosen(question, cell)),
                QuestionKind::YesNo => yes_no(cell).map(Value::Bool),
            };
            match answer {
                Some(answer) => {
                    answers.insert(key.to_owned(), answer);
                }
                None => self.refuse(index, "unknown_value", "true or false, yes or no."),
            }
        }
        answers
    }
}

/// The choices that a cell names, separated by semicolons; a choice may have some itself.
fn chosen(question: &Question, cell: &str) -> Value {
    let mut choices: Vec<&str> = question.choices.0.iter().map(|one| one.as_str()).collect();
    choices.sort_by_key(|choice| std::cmp::Reverse(choice.len()));
    let mut named: Vec<&str> = Vec::new();
    let mut rest = cell.trim();
    while !rest.is_empty() {
        let known = choices.iter().find_map(|choice| {
            let after = rest.strip_prefix(choice)?.trim_start();
            (after.is_empty() || after.starts_with(';')).then_some((*choice, after))
        });
        let (name, after) = known.unwrap_or_else(|| match rest.split_once(';') {
            Some((name, _)) => (name.trim(), rest.get(name.len()..).unwrap_or_default()),
            None => (rest, ""),
        });
        if !name.is_empty() {
            named.push(name);
        }
        rest = after.trim_start_matches(';').trim_start();
    }
    Value::from(named)
}

fn yes_no(cell: &str) -> Option<bool> {
    match normalised(cell).as_str() {
        "true" | "yes" | "oui" | "x" | "1" => Some(true),
        "false" | "no" | "non" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Question, chosen, yes_no};

    #[test]
    fn choices_may_have_semicolons() {
        let question: Question =
            serde_json::from_value(json!({"key": "x", "text": "x", "kind": "multiple_choice",
            "choices": ["a", "a; b", "c"]}))
            .unwrap();
        assert_eq!(chosen(&question, "a; b; c"), json!(["a; b", "c"]));
        assert_eq!(chosen(&question, "c;a"), json!(["c", "a"]));
        assert_eq!(chosen(&question, "c; d ;"), json!(["c", "d"]));
        assert_eq!(chosen(&question, ""), json!([]));
    }

    #[test]
    fn yes_has_many_words() {
        assert_eq!(yes_no(" OUI "), Some(true));
        assert_eq!(yes_no("false"), Some(false));
        assert_eq!(yes_no("perhaps"), None);
    }
}
