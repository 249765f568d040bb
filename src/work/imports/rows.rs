//! What the cells of a row say about a task. Pure, no database.
//!
//! The surprising rule: an empty cell says nothing. It never clears what a task has.

use sha2::{Digest, Sha256};

use super::columns::{Columns, Field};
use super::directory::{Directory, Named};
use crate::db::{Date, Id};
use crate::http::Text;
use crate::http::imports::table::{Row, Table};
use crate::http::imports::{RowError, normalised};
use crate::http::text::{Markdown, Name, TextFault, Title};
use crate::http::values::Minutes;
use crate::work::task_status::TaskStatus;
use crate::work::tasks::Priority;
use crate::work::tasks::model::{ExternalId, Label};

/// How many labels a cell may have; a task has room for the unmatched roles besides.
const MOST_LABELS: usize = 20;
/// How many people a cell may name.
const MOST_PEOPLE: usize = 20;

/// What a row says about its task.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The title.
    pub title: Title,
    /// The description.
    pub description: Option<Markdown>,
    /// A sentence for the description: when on its last day it is due.
    pub remark: Option<String>,
    /// The first day.
    pub starts_on: Option<Date>,
    /// The last day.
    pub due_on: Option<Date>,
    /// The name of the milestone.
    pub milestone: Option<Name>,
    /// The labels.
    pub labels: Vec<Label>,
    /// The priority.
    pub priority: Option<Priority>,
    /// The estimate.
    pub estimate_minutes: Option<Minutes>,
    /// Where a new task stands.
    pub status: Option<TaskStatus>,
    /// Who does it, and those who work along.
    pub assignee: Vec<Named>,
    /// Who answers for it, and those who work along.
    pub accountable: Vec<Named>,
    /// The id where it comes from, if the row has one.
    pub external_id: Option<ExternalId>,
}

/// Reads the cells of one row.
pub struct RowReader<'a> {
    table: &'a Table,
    columns: &'a Columns,
    directory: &'a Directory,
}

impl<'a> RowReader<'a> {
    /// A reader of this table's rows.
    #[must_use]
    pub const fn new(table: &'a Table, columns: &'a Columns, directory: &'a Directory) -> Self {
        Self {
            table,
            columns,
            directory,
        }
    }

    /// The name of a field's column.
    #[must_use]
    pub fn column(&self, field: Field) -> Option<String> {
        let index = self.columns.of(field)?;
        self.table.header.get(index).cloned()
    }

    /// Something wrong with a field of a row.
    #[must_use]
    pub fn error(&self, field: Field, code: &'static str, detail: impl Into<String>) -> RowError {
        RowError {
            column: self.column(field),
            code: code.to_owned(),
            detail: detail.into(),
        }
    }

    /// What a row says.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(&self, row: &Row) -> Result<Wanted, Vec<RowError>> {
        let mut cells = Cells {
            reader: self,
            row,
            errors: Vec::new(),
        };
        let title = cells.title();
        let wanted = Wanted {
            title: title.unwrap_or_default(),
            description: cells.text(Field::Description),
            remark: cells.remark(),
            starts_on: cells.date(Field::StartsOn),
            due_on: cells.date(Field::DueOn),
            milestone: cells.text(Field::Milestone),
            labels: cells.labels(),
            priority: cells.word(Field::Priority, Priority::ALL, Priority::as_str),
            estimate_minutes: cells.minutes(),
            status: cells.word(Field::Status, TaskStatus::ALL, TaskStatus::as_str),
            assignee: cells.people(Field::Assignee),
            accountable: cells.people(Field::Accountable),
            external_id: cells.text(Field::ExternalId),
        };
        let errors = cells.errors;
        if errors.is_empty() {
            Ok(wanted)
        } else {
            Err(errors)
        }
    }
}

/// The cells of one row, and what is wrong with them so far.
struct Cells<'a> {
    reader: &'a RowReader<'a>,
    row: &'a Row,
    errors: Vec<RowError>,
}

impl Cells<'_> {
    /// The cell of a field, unless it is empty.
    fn cell(&self, field: Field) -> Option<&str> {
        let index = self.reader.columns.of(field)?;
        let cell = self.row.cells.get(index)?;
        (!cell.is_empty()).then_some(cell.as_str())
    }

    fn refuse(&mut self, field: Field, code: &'static str, detail: impl Into<String>) {
        self.errors.push(self.reader.error(field, code, detail));
    }

    fn title(&mut self) -> Option<Title> {
        if self.cell(Field::Title).is_none() {
            self.refuse(Field::Title, "required", "A task needs a title.");
        }
        self.text(Field::Title)
    }

    fn text<const MIN: usize, const MAX: usize>(&mut self, field: Field) -> Option<Text<MIN, MAX>> {
        match Text::new(self.cell(field)?) {
            Ok(text) => Some(text),
            Err(fault) => {
                self.refuse(field, fault.code(), fault.to_string());
                None
            }
        }
    }

    fn date(&mut self, field: Field) -> Option<Date> {
        let date = self.cell(field)?.parse().ok();
        if date.is_none() {
            self.refuse(
                field,
                "invalid_format",
                "A date such as 2026-03-01 (year, month, day).",
            );
        }
        date
    }

    fn remark(&mut self) -> Option<String> {
        let cell = self.cell(Field::DueTime)?;
        if !is_time(cell) {
            self.refuse(
                Field::DueTime,
                "invalid_format",
                "A time in UTC such as 02:00.",
            );
            return None;
        }
        let remark = format!("{REMARK_BEGINS}{cell}{REMARK_ENDS}");
        if self.cell(Field::DueOn).is_none() {
            self.refuse(
                Field::DueTime,
                "without_date",
                "A time of day needs a day that the task is due on.",
            );
        }
        Some(remark)
    }

    fn word<T: Copy>(
        &mut self,
        field: Field,
        all: &[T],
        as_str: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let cell = normalised(self.cell(field)?).replace([' ', '-'], "_");
        let found = all.iter().copied().find(|one| as_str(*one) == cell);
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|one| as_str(*one)).collect();
            self.refuse(
                field,
                "unknown_value",
                format!("One of: {}.", words.join(", ")),
            );
        }
        found
    }

    fn minutes(&mut self) -> Option<Minutes> {
        let minutes = self
            .cell(Field::EstimateMinutes)?
            .parse()
            .ok()
            .and_then(Minutes::new);
        if minutes.is_none() {
            self.refuse(
                Field::EstimateMinutes,
                "out_of_range",
                "Whole minutes, from 0 to 5256000.",
            );
        }
        minutes
    }

    fn labels(&mut self) -> Vec<Label> {
        let Some(cell) = self.cell(Field::Labels) else {
            return Vec::new();
        };
        let mut labels: Vec<Label> = Vec::new();
        let mut faults: Vec<TextFault> = Vec::new();
        for part in cell.split([',', ';', '\n']).map(str::trim) {
            if part.is_empty() {
                continue;
            }
            match Label::new(part) {
                Ok(label) if labels.contains(&label) => {}
                Ok(label) => labels.push(label),
                Err(fault) => faults.push(fault),
            }
        }
        for fault in faults.into_iter().take(1) {
            self.refuse(Field::Labels, fault.code(), fault.to_string());
        }
        if labels.len() > MOST_LABELS {
            self.refuse(
                Field::Labels,
                "too_many",
                format!("At most {MOST_LABELS} labels."),
            );
        }
        labels
    }

    fn people(&mut self, field: Field) -> Vec<Named> {
        let Some(cell) = self.cell(field) else {
            return Vec::new();
        };
        let named = self.reader.directory.read(cell);
        if named.len() > MOST_PEOPLE {
            self.refuse(field, "too_many", format!("At most {MOST_PEOPLE} people."));
        }
        named
    }
}

fn is_time(text: &str) -> bool {
    text.len() == 5 && chrono::NaiveTime::parse_from_str(text, "%H:%M").is_ok()
}

const REMARK_BEGINS: &str = "Due at ";
const REMARK_ENDS: &str = " UTC.";

/// A description with the remark on its last line, in the place of an earlier one.
#[must_use]
pub fn with_remark(description: &str, remark: &str) -> String {
    let is_remark = |line: &str| {
        line.strip_prefix(REMARK_BEGINS)
            .and_then(|rest| rest.strip_suffix(REMARK_ENDS))
            .is_some_and(is_time)
    };
    if description.lines().any(|line| line == remark) {
        return description.to_owned();
    }
    let kept: Vec<&str> = description
        .lines()
        .filter(|line| !is_remark(line))
        .collect();
    let kept = kept.join("\n");
    match kept.trim_end() {
        "" => remark.to_owned(),
        kept => format!("{kept}\n\n{remark}"),
    }
}

/// The external id of a row that has none: the same for the same campaign, title, and place among the rows
/// with this title, so that the same file finds its tasks again although dates and people change.
#[must_use]
pub fn derived_id(campaign_id: Id, title: &Title, occurrence: usize) -> Option<ExternalId> {
    let mut digest = Sha256::new();
    digest.update(campaign_id.bytes());
    digest.update(normalised(title.as_str()));
    digest.update([0]);
    digest.update(occurrence.to_string());
    let hex: String = digest
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    ExternalId::new(&format!("import:{hex}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::imports::Said;
    use crate::work::imports::columns::Mapping;

    /// The columns at fault, with what is wrong.
    type Faults = Vec<(Option<String>, &'static str)>;

    fn read(text: &str) -> Vec<Result<Wanted, Faults>> {
        let table = Table::read(text.as_bytes()).unwrap();
        let columns = Columns::find(&table, &Mapping::default(), Said::InForm).unwrap();
        let directory = Directory::default();
        let reader = RowReader::new(&table, &columns, &directory);
        table
            .rows
            .iter()
            .map(|row| {
                reader.read(row).map_err(|errors| {
                    errors
                        .into_iter()
                        .map(|error| (error.column, &*error.code.leak()))
                        .collect()
                })
            })
            .collect()
    }

    #[test]
    fn reads_every_field() {
        let wanted = read(
            "title,start,due,time utc,phase,tags,priority,estimate,status,id,role\n\
             A,2026-03-01,2026-03-02,02:00,week 1,\"x, y;x\",High,90,In progress,E-1,A / B\n",
        )
        .remove(0)
        .unwrap();
        assert_eq!(wanted.remark.as_deref(), Some("Due at 02:00 UTC."));
        assert_eq!(wanted.labels.len(), 2);
        assert_eq!(wanted.priority, Some(Priority::High));
        assert_eq!(wanted.status, Some(TaskStatus::InProgress));
        assert_eq!(wanted.estimate_minutes, Minutes::new(90));
        assert_eq!(wanted.assignee.len(), 2);
        assert_eq!(wanted.external_id.unwrap().as_str(), "E-1");
    }

    #[test]
    fn names_everything_that_is_wrong() {
        let errors = read(
            "title,start,due,time utc,priority,estimate\n\
             ,2026-3-1,01.03.2026,2:00,very,-1\n",
        )
        .remove(0)
        .unwrap_err();
        let column = |name: &str| Some(name.to_owned());
        assert_eq!(
            errors,
            [
                (column("title"), "required"),
                (column("time utc"), "invalid_format"),
                (column("start"), "invalid_format"),
                (column("due"), "invalid_format"),
                (column("priority"), "unknown_value"),
                (column("estimate"), "out_of_range"),
            ]
        );
    }

    #[test]
    fn a_remark_is_there_once() {
        let two = "Due at 02:00 UTC.";
        assert_eq!(with_remark("", two), two);
        let text = with_remark("Read this.", two);
        assert_eq!(text, "Read this.\n\nDue at 02:00 UTC.");
        assert_eq!(with_remark(&text, two), text);
        assert_eq!(
            with_remark(&text, "Due at 03:00 UTC."),
            "Read this.\n\nDue at 03:00 UTC."
        );
    }

    #[test]
    fn derived_ids_are_stable_and_differ() {
        let campaign = Id::new();
        let id = |title: &str, occurrence| {
            derived_id(campaign, &Title::new(title).unwrap(), occurrence).unwrap()
        };
        assert_eq!(id("Weekly  Meeting", 0), id("weekly meeting", 0));
        assert_ne!(id("Weekly meeting", 0), id("Weekly meeting", 1));
        assert_ne!(
            id("A", 0),
            derived_id(Id::new(), &Title::new("A").unwrap(), 0).unwrap()
        );
    }
}
