//! What is said about the rows of a table that are refused.

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::MOST_ERRORS;
use crate::http::{FieldError, Problem};

/// Something wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"column": "due_date", "code": "invalid_format", "detail": "A date such as 2026-03-01."}))]
pub struct RowError {
    /// The name of the column; null when it is the row as a whole.
    #[schema(required = true, max_length = 10_000)]
    pub column: Option<String>,
    /// What is wrong, for programs. More may come: have a default branch.
    #[schema(max_length = 100)]
    pub code: String,
    /// What is wrong, for people.
    #[schema(max_length = 1000)]
    pub detail: String,
}

/// All or nothing: rows that are refused, each by its number, refuse the table.
///
/// # Errors
/// `validation_failed`, at `/rows/{row}/{column}` for each error.
pub fn refuse_rows<'r>(
    refused: impl Iterator<Item = (usize, &'r [RowError])>,
) -> Result<(), Problem> {
    let (mut rows, mut errors) = (0_usize, Vec::new());
    for (row, wrong) in refused {
        rows = rows.saturating_add(1);
        let room = MOST_ERRORS.saturating_sub(errors.len());
        errors.extend(wrong.iter().take(room).map(|error| {
            let mut pointer = format!("/rows/{row}");
            if let Some(column) = &error.column {
                let column: String = column.chars().take(100).collect();
                pointer.push('/');
                pointer.push_str(&column.replace('~', "~0").replace('/', "~1"));
            }
            FieldError::body(pointer, &error.code, &*error.detail)
                .with(json!({"row": row, "column": error.column}))
        }));
    }
    if rows == 0 {
        return Ok(());
    }
    Err(Problem::fields(errors)
        .detail(format!(
            "{rows} rows are refused, and nothing was imported."
        ))
        .member("refused_rows", rows))
}
