//! The connection to either database.
//!
//! The surprising rule: the name is not `Connection`, because the derived code would take it for Diesel's.
#![allow(missing_docs, reason = "the derived items have no documentation")]

/// A connection to either database; queries are written once and run on both.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL 13 or later.
    Postgres(diesel::PgConnection),
    /// The embedded SQLite.
    Sqlite(diesel::SqliteConnection),
}
