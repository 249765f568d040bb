//! Relais: the project-management API for teams that run online communities.
//!
//! The map of the house, in reading order. The floor knows no subject; the areas know the floor.

// The subjects: one folder per area, one file per subject.
pub mod capacity;
pub mod outreach;
pub mod people;
pub mod trash;
pub mod work;

// The floor.
pub mod access;
pub mod db;
pub mod http;
pub mod journal;
pub mod mail;
pub mod schema;

// What puts them together.
pub mod boot;
pub mod commands;
pub mod config;
pub mod jobs;
pub mod logging;
pub mod openapi;
pub mod server;
