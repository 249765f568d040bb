//! What is said about the entries of a calendar that are refused, and about what is not read at all.

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::CalendarFile;
use crate::http::imports::MOST_ERRORS;
use crate::http::{FieldError, Problem};

/// Something wrong with an entry, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"property": "DTSTART", "code": "unknown_time_zone", "detail": "Nobody knows the time zone \"Customized Time Zone\"."}))]
pub struct EntryError {
    /// The property; null when it is the entry as a whole.
    #[schema(required = true, max_length = 100)]
    pub property: Option<&'static str>,
    /// What it is, for programs. More may come: have a default branch.
    #[schema(max_length = 100)]
    pub code: String,
    /// What it is, for people.
    #[schema(max_length = 1000)]
    pub detail: String,
}

impl EntryError {
    /// About a property, or about the entry as a whole.
    pub fn new(
        property: impl Into<Option<&'static str>>,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            property: property.into(),
            code: code.into(),
            detail: detail.into(),
        }
    }
}

/// Components that are not read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"component": "VTODO", "count": 2}))]
pub struct IgnoredComponents {
    /// What they are.
    #[schema(max_length = 100)]
    pub component: String,
    /// How many there are.
    pub count: usize,
}

impl CalendarFile {
    /// What the file has besides entries, for a report.
    #[must_use]
    pub fn ignored_components(&self) -> Vec<IgnoredComponents> {
        self.ignored
            .iter()
            .map(|(component, count)| IgnoredComponents {
                component: component.clone(),
                count: *count,
            })
            .collect()
    }
}

/// An entry that is refused.
#[derive(Debug)]
pub struct RefusedEntry<'e> {
    /// Its place in the file, from 1.
    pub entry: usize,
    /// The line of its BEGIN.
    pub line: usize,
    /// What is wrong with it.
    pub errors: &'e [EntryError],
}

/// All or nothing: entries that are refused refuse the file.
///
/// # Errors
/// `validation_failed`, at `/entries/{entry}/{property}` for each error.
pub fn refuse_entries<'e>(refused: impl Iterator<Item = RefusedEntry<'e>>) -> Result<(), Problem> {
    let (mut entries, mut errors) = (0_usize, Vec::new());
    for RefusedEntry {
        entry,
        line,
        errors: wrong,
    } in refused
    {
        entries = entries.saturating_add(1);
        let room = MOST_ERRORS.saturating_sub(errors.len());
        errors.extend(wrong.iter().take(room).map(|error| {
            let property = error
                .property
                .map_or(String::new(), |name| format!("/{name}"));
            let pointer = format!("/entries/{entry}{property}");
            FieldError::body(pointer, &error.code, &*error.detail)
                .with(json!({"entry": entry, "line": line}))
        }));
    }
    if entries == 0 {
        return Ok(());
    }
    Err(Problem::fields(errors)
        .detail(format!(
            "{entries} entries are refused, and nothing was imported."
        ))
        .member("refused_entries", entries))
}
