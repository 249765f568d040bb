//! What imports of files have in common: the body, the table, its columns, and what is said about its rows.
//!
//! The surprising rule: nothing here knows what is imported. It is here because areas do not import each other's ways back.

pub mod calendar;
pub mod columns;
pub mod rows;
pub mod table;
pub mod upload;

pub use columns::{ColumnField, ColumnName, Columns, Mapped, Said, normalised};
pub use rows::{RowError, refuse_rows};
pub use table::Table;
pub use upload::{Accepted, Sent, SentTable, TableUpload, receive};

/// How many errors a refusal names.
const MOST_ERRORS: usize = 1_000;
