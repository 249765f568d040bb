//! Imports: tasks from a table.

pub mod table;
