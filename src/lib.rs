//! Relais.
pub mod access;
pub mod db;
pub mod http;
pub mod journal;
pub mod outreach;
pub mod people;
pub mod schema;
pub mod work;
