//! Which column of the table says what about a person.

use std::collections::BTreeMap;

use actix_web::web::Bytes;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::http::FieldError;
use crate::http::imports::columns::{plain, unknown_column};
use crate::http::imports::{self, ColumnField, ColumnName, Mapped, Said, Table};
use crate::outreach::registration_rules::Question;
use crate::text_enum;

text_enum! {
    /// What a column says about a person.
    pub enum Field {
        /// The name.
        Name = "name",
        /// The address.
        Email = "email",
        /// The language.
        Locale = "locale",
        /// How many come.
        Seats = "seats",
        /// The names of those who come along.
        Companions = "companions",
        /// Where the person stood elsewhere.
        State = "state",
        /// Where the person heard of the event.
        UtmSource = "utm_source",
        /// By what kind of link.
        UtmMedium = "utm_medium",
        /// By which of the organiser's efforts.
        UtmCampaign = "utm_campaign",
    }
}

impl ColumnField for Field {
    const EACH: &'static [Self] = Self::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }

    fn demanded(self) -> Option<&'static str> {
        match self {
            Self::Name => Some("Say which column has the names."),
            Self::Email => Some("Say which column has the addresses."),
            _ => None,
        }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Name => &["name", "full name", "participant", "attendee", "nom"],
            Self::Email => &[
                "email",
                "e mail",
                "email address",
                "e mail address",
                "mail",
                "courriel",
            ],
            Self::Locale => &["locale", "language", "langue"],
            Self::Seats => &["seats", "tickets", "places", "quantity"],
            Self::Companions => &["companions", "guests"],
            Self::State => &["state", "status"],
            Self::UtmSource => &["utm source", "source"],
            Self::UtmMedium => &["utm medium", "medium"],
            Self::UtmCampaign => &["utm campaign"],
        }
    }
}

/// Which column is what, by the columns' names. What is not given is recognised by its name: `name`, `email`, `seats`,
/// `source` and the like; an empty name means that no column is it.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QueryMapping {
    /// The column with the name.
    #[param(value_type = Option<String>, max_length = 100, example = "Full name")]
    name: Option<ColumnName>,
    /// The column with the e-mail address.
    #[param(value_type = Option<String>, max_length = 100)]
    email: Option<ColumnName>,
    /// The column with the language (BCP 47).
    #[param(value_type = Option<String>, max_length = 100)]
    locale: Option<ColumnName>,
    /// The column with how many come.
    #[param(value_type = Option<String>, max_length = 100)]
    seats: Option<ColumnName>,
    /// The column with the names of those who come along, separated by semicolons.
    #[param(value_type = Option<String>, max_length = 100)]
    companions: Option<ColumnName>,
    /// The column with where the person stood elsewhere: whoever is `cancelled`, `rejected` or `unverified` there is left
    /// out.
    #[param(value_type = Option<String>, max_length = 100)]
    state: Option<ColumnName>,
    /// The column with where the person heard of the event.
    #[param(value_type = Option<String>, max_length = 100)]
    utm_source: Option<ColumnName>,
    /// The column with the kind of link.
    #[param(value_type = Option<String>, max_length = 100)]
    utm_medium: Option<ColumnName>,
    /// The column with the organiser's effort.
    #[param(value_type = Option<String>, max_length = 100)]
    utm_campaign: Option<ColumnName>,
}

/// Which column is what, by the columns' names. What is not given is recognised by its name, a question by its key or
/// its text; an empty name means that no column is it.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[schema(example = json!({"name": "Full name", "email": "Mail", "answers": {"level": "How well do you know it?"}}))]
pub struct RegistrationMapping {
    /// The column with the name.
    #[schema(value_type = Option<String>, max_length = 100)]
    name: Option<ColumnName>,
    /// The column with the e-mail address.
    #[schema(value_type = Option<String>, max_length = 100)]
    email: Option<ColumnName>,
    /// The column with the language (BCP 47).
    #[schema(value_type = Option<String>, max_length = 100)]
    locale: Option<ColumnName>,
    /// The column with how many come.
    #[schema(value_type = Option<String>, max_length = 100)]
    seats: Option<ColumnName>,
    /// The column with the names of those who come along, separated by semicolons.
    #[schema(value_type = Option<String>, max_length = 100)]
    companions: Option<ColumnName>,
    /// The column with where the person stood elsewhere.
    #[schema(value_type = Option<String>, max_length = 100)]
    state: Option<ColumnName>,
    /// The column with where the person heard of the event.
    #[schema(value_type = Option<String>, max_length = 100)]
    utm_source: Option<ColumnName>,
    /// The column with the kind of link.
    #[schema(value_type = Option<String>, max_length = 100)]
    utm_medium: Option<ColumnName>,
    /// The column with the organiser's effort.
    #[schema(value_type = Option<String>, max_length = 100)]
    utm_campaign: Option<ColumnName>,
    /// The columns with the answers to the event's questions, by the questions' keys.
    #[serde(default)]
    #[schema(value_type = Object)]
    answers: BTreeMap<String, ColumnName>,
}

impl From<QueryMapping> for RegistrationMapping {
    fn from(said: QueryMapping) -> Self {
        Self {
            name: said.name,
            email: said.email,
            locale: said.locale,
            seats: said.seats,
            companions: said.companions,
            state: said.state,
            utm_source: said.utm_source,
            utm_medium: said.utm_medium,
            utm_campaign: said.utm_campaign,
            answers: BTreeMap::new(),
        }
    }
}

impl Mapped for RegistrationMapping {
    type Field = Field;

    fn knows(name: &str) -> bool {
        name == "answers" || Field::parse(name).is_some()
    }

    fn of(&self, field: Field) -> Option<&ColumnName> {
        match field {
            Field::Name => self.name.as_ref(),
            Field::Email => self.email.as_ref(),
            Field::Locale => self.locale.as_ref(),
            Field::Seats => self.seats.as_ref(),
            Field::Companions => self.companions.as_ref(),
            Field::State => self.state.as_ref(),
            Field::UtmSource => self.utm_source.as_ref(),
            Field::UtmMedium => self.utm_medium.as_ref(),
            Field::UtmCampaign => self.utm_campaign.as_ref(),
        }
    }
}

/// A table of registrations in a form.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"file": "Full name;Mail\nAda Lovelace;ada@example.org\n", "mapping": {"name": "Full name", "email": "Mail"}}))]
pub struct RegistrationImportForm {
    /// The CSV file, UTF-8, at most 5 MiB and 10,000 rows.
    #[schema(value_type = String, format = Binary, max_length = 5_242_880)]
    #[allow(dead_code)]
    file: Bytes,
    /// Which column is what, as JSON. It may be left out, and then so may the query's.
    #[allow(dead_code)]
    mapping: Option<RegistrationMapping>,
}

/// The index of each field's column, and of each question's.
#[derive(Debug)]
pub(super) struct Columns {
    fields: imports::Columns<Field>,
    questions: BTreeMap<String, usize>,
}

impl Columns {
    /// Finds the columns of a table, also those of the event's questions.
    ///
    /// # Errors
    /// Names in the mapping that the table does not have, keys that are no question's, and a table without names or
    /// addresses.
    pub(super) fn find(
        table: &Table,
        mapping: &RegistrationMapping,
        said: Said,
        questions: &[Question],
    ) -> Result<Self, Vec<FieldError>> {
        let (fields, mut errors) = match imports::Columns::find(table, mapping, said) {
            Ok(fields) => (Some(fields), Vec::new()),
            Err(errors) => (None, errors),
        };
        let is_question = |key: &str| questions.iter().any(|one| one.key.as_str() == key);
        for key in mapping.answers.keys().filter(|key| !is_question(key)) {
            let key = key.replace('~', "~0").replace('/', "~1");
            errors.push(FieldError::body(
                format!("/mapping/answers/{key}"),
                "unknown_member",
                "There is no such question.",
            ));
        }
        let header: Vec<String> = table.header.iter().map(|name| plain(name)).collect();
        let mut found = BTreeMap::new();
        for question in questions {
            let key = question.key.as_str();
            let index = match mapping.answers.get(key) {
                Some(name) if name.as_str().is_empty() => None,
                Some(name) => {
                    let index = table.column(name.as_str());
                    if index.is_none() {
                        let place = format!("answers/{key}");
                        errors.push(unknown_column(table, &place, name, said));
                    }
                    index
                }
                None => table.column(key).or_else(|| {
                    let text = plain(question.text.as_str());
                    header.iter().position(|name| *name == text)
                }),
            };
            let is_taken = |index: &usize| {
                fields
                    .as_ref()
                    .is_some_and(|fields| !fields.at(*index).is_empty())
            };
            // A question with the key `name` has no column of its own unless it is said which.
            let is_said = mapping.answers.contains_key(key);
            if let Some(index) = index.filter(|index| is_said || !is_taken(index)) {
                found.insert(key.to_owned(), index);
            }
        }
        match (fields, errors.is_empty()) {
            (Some(fields), true) => Ok(Self {
                fields,
                questions: found,
            }),
            _ => Err(errors),
        }
    }

    /// The index of a field's column.
    pub(super) fn of(&self, field: Field) -> Option<usize> {
        self.fields.of(field)
    }

    /// The index of a question's column.
    pub(super) fn of_question(&self, key: &str) -> Option<usize> {
        self.questions.get(key).copied()
    }

    /// What a column is taken for: fields, and `answers.` with the key of a question.
    pub(super) fn at(&self, index: usize) -> Vec<String> {
        let fields = self
            .fields
            .at(index)
            .into_iter()
            .map(|field| field.to_string());
        let questions = self.questions.iter().filter(|(_, at)| **at == index);
        fields
            .chain(questions.map(|(key, _)| format!("answers.{key}")))
            .collect()
    }
}
