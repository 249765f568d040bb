//! What an import did, for people.
//!
//! The surprising rule: what needs a look is listed row by row, what went well is counted. Of ten thousand tasks that were
//! made nobody wants a line each.

use std::io::Write;

use serde::Deserialize;

/// How many lines of one kind are written.
const MOST_LINES: usize = 50;
/// How many rows a line names.
const MOST_ROWS: usize = 10;

/// What the API answers to an import, as far as it is told.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    counts: Counts,
    columns: Vec<Column>,
    rows: Vec<Row>,
    milestones: Vec<Milestone>,
    unmatched: Vec<Unmatched>,
}

#[derive(Debug, Deserialize)]
struct Counts {
    rows: usize,
    created: usize,
    matched: usize,
    unchanged: usize,
    refused: usize,
}

#[derive(Debug, Deserialize)]
struct Column {
    name: String,
    fields: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Row {
    row: usize,
    outcome: String,
    key: Option<String>,
    changed: Vec<String>,
    errors: Vec<RowError>,
}

#[derive(Debug, Deserialize)]
struct RowError {
    column: Option<String>,
    detail: String,
}

#[derive(Debug, Deserialize)]
struct Milestone {
    name: String,
    is_new: bool,
}

#[derive(Debug, Deserialize)]
struct Unmatched {
    text: String,
    reason: String,
    rows: Vec<usize>,
}

impl Report {
    pub(super) const fn rows(&self) -> usize {
        self.counts.rows
    }

    pub(super) const fn refused(&self) -> usize {
        self.counts.refused
    }

    /// Writes it. `is_kept` says whether it was done, or only would be.
    pub(super) fn write(&self, out: &mut impl Write, is_kept: bool) -> std::io::Result<()> {
        section(out, "Columns", self.columns.iter().map(column))?;
        section(
            out,
            "Milestones",
            self.milestones.iter().map(|milestone| {
                let note = if milestone.is_new { "  (new)" } else { "" };
                format!("{}{note}", milestone.name)
            }),
        )?;
        section(
            out,
            if is_kept { "Changed" } else { "To be changed" },
            self.with_outcome("matched").map(|row| {
                let key = row.key.as_deref().unwrap_or_default();
                format!("row {:<6}{key}: {}", row.row, row.changed.join(", "))
            }),
        )?;
        section(
            out,
            "No such member (nobody has this name, handle or job title; new tasks keep it as the label role:…)",
            self.unmatched
                .iter()
                .filter(|one| one.reason != "several")
                .map(unmatched),
        )?;
        section(
            out,
            "More than one member (several have this name or job title; new tasks keep it as the label role:…)",
            self.unmatched
                .iter()
                .filter(|one| one.reason == "several")
                .map(unmatched),
        )?;
        section(
            out,
            "Refused",
            self.with_outcome("refused").flat_map(|row| {
                row.errors.iter().map(|error| {
                    let column = error.column.as_deref().unwrap_or("the row");
                    format!("row {:<6}{column}: {}", row.row, error.detail)
                })
            }),
        )?;
        self.sum_up(out, is_kept)
    }

    fn sum_up(&self, out: &mut impl Write, is_kept: bool) -> std::io::Result<()> {
        let Counts {
            rows,
            created,
            matched,
            unchanged,
            refused,
        } = self.counts;
        let keys: Vec<&str> = self
            .with_outcome("created")
            .filter_map(|row| row.key.as_deref())
            .collect();
        let keys = match keys.as_slice() {
            [] => String::new(),
            [one] => format!(" ({one})"),
            [first, .., last] => format!(" ({first} to {last})"),
        };
        let would = if is_kept { "" } else { "would be " };
        writeln!(
            out,
            "\n{rows} rows: {created} {would}made{keys}, {matched} {would}changed, {unchanged} unchanged, {refused} refused."
        )
    }

    fn with_outcome(&self, outcome: &'static str) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.outcome == outcome)
    }
}

fn column(column: &Column) -> String {
    let fields = if column.fields.is_empty() {
        "(not read)".to_owned()
    } else {
        column.fields.join(", ")
    };
    format!("{:<20}{fields}", column.name)
}

fn unmatched(one: &Unmatched) -> String {
    let rows: Vec<String> = one
        .rows
        .iter()
        .take(MOST_ROWS)
        .map(usize::to_string)
        .collect();
    let more = match one.rows.len().saturating_sub(MOST_ROWS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let word = if one.rows.len() == 1 { "row" } else { "rows" };
    format!("{:<28}{word} {}{more}", one.text, rows.join(", "))
}

/// Writes a heading and its lines, and nothing where there are none.
fn section(
    out: &mut impl Write,
    heading: &str,
    lines: impl Iterator<Item = String>,
) -> std::io::Result<()> {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{heading}")?;
    for line in lines.iter().take(MOST_LINES) {
        // A cell may have several lines, or what a terminal would obey.
        writeln!(out, "  {}", line.replace(char::is_control, " ").trim_end())?;
    }
    match lines.len().saturating_sub(MOST_LINES) {
        0 => Ok(()),
        more => writeln!(out, "  … and {more} more"),
    }
}
