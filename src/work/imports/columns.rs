//! Which column of the table says what about a task.

use actix_web::web::Bytes;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::http::imports::{self, ColumnField, ColumnName, Mapped};
use crate::text_enum;

/// The index of each field's column.
pub type Columns = imports::Columns<Field>;

text_enum! {
    /// What a column says about a task.
    pub enum Field {
        /// Its title.
        Title = "title",
        /// Its description.
        Description = "description",
        /// Its first day.
        StartsOn = "starts_on",
        /// Its last day.
        DueOn = "due_on",
        /// The time of its last day, in UTC.
        DueTime = "due_time",
        /// Who does it.
        Assignee = "assignee",
        /// Who answers for it.
        Accountable = "accountable",
        /// The milestone it leads up to.
        Milestone = "milestone",
        /// Its labels.
        Labels = "labels",
        /// How urgent it is.
        Priority = "priority",
        /// How much work it is.
        EstimateMinutes = "estimate_minutes",
        /// Where it stands.
        Status = "status",
        /// Its id where it comes from.
        ExternalId = "external_id",
    }
}

impl ColumnField for Field {
    const EACH: &'static [Self] = Self::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }

    fn demanded(self) -> Option<&'static str> {
        (self == Self::Title).then_some("Say which column has the titles.")
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Title => &["title", "task", "name", "summary", "subject"],
            Self::Description => &["description", "details", "notes"],
            Self::StartsOn => &["starts on", "start date", "start", "starts"],
            Self::DueOn => &[
                "due on", "due date", "due", "deadline", "end date", "ends on", "end",
            ],
            Self::DueTime => &["due time utc", "due time", "time utc"],
            Self::Assignee => &["assignee", "assigned to", "role", "responsible", "who"],
            Self::Accountable => &["accountable", "owner"],
            Self::Milestone => &["milestone", "phase"],
            Self::Labels => &["labels", "label", "tags"],
            Self::Priority => &["priority"],
            Self::EstimateMinutes => &["estimate minutes", "estimate", "effort minutes"],
            Self::Status => &["status", "state"],
            Self::ExternalId => &["external id", "id", "key"],
        }
    }
}

/// Which column is what, by the columns' names. What is not given is recognised by its name: `title`,
/// `start_date`, `due_date`, `role`, `phase` and the like; an empty name means that no column is it.
#[derive(Debug, Clone, Default, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[schema(example = json!({"title": "Task", "due_on": "Deadline", "assignee": "Role"}))]
pub struct Mapping {
    /// The column with the title.
    #[param(value_type = Option<String>, max_length = 100, example = "Task")]
    #[schema(value_type = Option<String>, max_length = 100)]
    title: Option<ColumnName>,
    /// The column with the description, in Markdown.
    #[param(value_type = Option<String>, max_length = 100)]
    #[schema(value_type = Option<String>, max_length = 100)]
    description: Option<ColumnName>,
    /// The column with the first day, `YYYY-MM-DD`.
    #[param(value_type = Option<String>, max_length = 100)]
    #[schema(value_type = Option<String>, max_length = 100)]
    starts_on: Option<ColumnName>,
    /// The column with the last day, `YYYY-MM-DD`.
    #[param(value_type = Option<String>, max_length = 100)]
    #[schema(value_type = Option<String>, max_length = 100)]
    due_on: Option<ColumnName>,
    /// The column with the time of the last day, `HH:MM` in UTC. Tasks are due on days, so it becomes a
    /// sentence of the description.
    #[param(value_type = Option<String>, max_length = 100)]
    #[schema(value_type = Option<String>, max_length = 100)]
    due_time: Option<ColumnName>,
    /// The column with who does it: a member's name, handle or job title; of several, separated by `/`, the
    /// first is the assignee and the others collaborate.
    #[param(value_type = Option<String>, max_length = 100)]
    #[schema(value_type = Option<String>, max_length = 100)]
    assignee: Option<ColumnName>,
    /// The column with who answers for it, in the same way. Without one: the campaign's lead, or whoever
    /// imports.
    #[param(value_type = Option<String>, max_length = 100)]
    #[schema(value_type = Option<String>, max_length = 100)]
    accountable: Option<ColumnName>,
    /// The column with the name of the milestone, which is made when the campaign has none of the name.
    #[param(value_type = Option<String>, max_length = 100)]
    #[schema(value_type = Option<String>, max_length = 100)]
    milestone: Option<ColumnName>,
    /// The column with labels, separated by commas or semicolons.
    #[param(value_type = Option<String>, max_length = 100)]
    #[schema(value_type = Option<String>, max_length = 100)]
    labels: Option<ColumnName>,
    /// The column with the priority: none, low, normal, high, urgent.
    #[param(value_type = Option<String>, max_length = 100)]
    #[schema(value_type = Option<String>, max_length = 100)]
    priority: Option<ColumnName>,
    /// The column with the estimate, in minutes.
    #[param(value_type = Option<String>, max_length = 100)]
    #[schema(value_type = Option<String>, max_length = 100)]
    estimate_minutes: Option<ColumnName>,
    /// The column with the status of new tasks: todo, in_progress, blocked, in_review, done, cancelled.
    #[param(value_type = Option<String>, max_length = 100)]
    #[schema(value_type = Option<String>, max_length = 100)]
    status: Option<ColumnName>,
    /// The column with the id in the system that the table comes from. Where there is none, one is derived
    /// from the campaign, the title, and which of the rows with this title it is.
    #[param(value_type = Option<String>, max_length = 100)]
    #[schema(value_type = Option<String>, max_length = 100)]
    external_id: Option<ColumnName>,
}

impl Mapped for Mapping {
    type Field = Field;

    fn of(&self, field: Field) -> Option<&ColumnName> {
        match field {
            Field::Title => self.title.as_ref(),
            Field::Description => self.description.as_ref(),
            Field::StartsOn => self.starts_on.as_ref(),
            Field::DueOn => self.due_on.as_ref(),
            Field::DueTime => self.due_time.as_ref(),
            Field::Assignee => self.assignee.as_ref(),
            Field::Accountable => self.accountable.as_ref(),
            Field::Milestone => self.milestone.as_ref(),
            Field::Labels => self.labels.as_ref(),
            Field::Priority => self.priority.as_ref(),
            Field::EstimateMinutes => self.estimate_minutes.as_ref(),
            Field::Status => self.status.as_ref(),
            Field::ExternalId => self.external_id.as_ref(),
        }
    }
}

/// A table in a form.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"file": "title,role,due_date\nCut the release branch,Branch Manager,2024-03-19\n", "mapping": {"assignee": "role"}}))]
pub struct ImportForm {
    /// The CSV file, UTF-8, at most 5 MiB and 10,000 rows.
    #[schema(value_type = String, format = Binary, max_length = 5_242_880)]
    #[allow(dead_code)]
    file: Bytes,
    /// Which column is what, as JSON. It may be left out, and then so may the query's.
    #[allow(dead_code)]
    mapping: Option<Mapping>,
}

#[cfg(test)]
mod tests {
    use super::{Columns, Field, Mapping};
    use crate::http::imports::{Said, Table};

    fn found(header: &str, mapping: serde_json::Value) -> Result<Columns, Vec<String>> {
        let table = Table::read(header.as_bytes()).unwrap();
        let mapping: Mapping = serde_json::from_value(mapping).unwrap();
        Columns::find(&table, &mapping, Said::InForm).map_err(|errors| {
            errors
                .into_iter()
                .map(|error| format!("{} {}", error.pointer.unwrap_or_default(), error.code))
                .collect()
        })
    }

    #[test]
    fn recognises_the_usual_names() {
        let columns = found(
            "Title,ROLE,start_date,Due-Date,due_time_utc,phase,colour\n",
            serde_json::json!({}),
        )
        .unwrap();
        let fields: Vec<Vec<Field>> = (0..7).map(|index| columns.at(index)).collect();
        assert_eq!(
            fields,
            [
                vec![Field::Title],
                vec![Field::Assignee],
                vec![Field::StartsOn],
                vec![Field::DueOn],
                vec![Field::DueTime],
                vec![Field::Milestone],
                vec![],
            ]
        );
    }

    #[test]
    fn the_mapping_goes_first() {
        let columns = found(
            "title,Aufgabe,role\n",
            serde_json::json!({"title": "Aufgabe", "assignee": "", "accountable": "role"}),
        )
        .unwrap();
        assert_eq!(columns.of(Field::Title), Some(1));
        assert_eq!(columns.of(Field::Assignee), None);
        assert_eq!(columns.of(Field::Accountable), Some(2));
    }

    #[test]
    fn names_what_is_not_there() {
        assert_eq!(
            found("a,b\n", serde_json::json!({})),
            Err(vec!["/mapping/title required".to_owned()])
        );
        assert_eq!(
            found("title\n", serde_json::json!({"due_on": "x", "labels": "y"})),
            Err(vec![
                "/mapping/due_on unknown_column".to_owned(),
                "/mapping/labels unknown_column".to_owned()
            ])
        );
    }
}
