//! Relais.
pub mod access;
pub mod db;
pub mod http;
pub mod schema;
