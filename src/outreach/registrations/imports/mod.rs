//! Registrations from a table: the list of a form elsewhere, or our own table, comes in.
//!
//! The surprising rule: an import adds people and changes nobody. Whoever is registered already stays as they are, and
//! whoever gave the place up does not get it back because an older table says so.

mod columns;
mod handlers;
mod plan;
mod report;
mod rows;

pub use handlers::routes;
