//! The API, tested as a client sees it. Folders mirror `src`; the vocabulary is in `vocabulary`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stdout,
    clippy::needless_range_loop,
    clippy::large_enum_variant,
    reason = "a test stops where something is not as it expects"
)]

mod capacity;
mod commands;
mod contract;
mod db;
mod http;
mod jobs;
mod journal;
mod outreach;
mod people;
mod trash;
mod vocabulary;
mod work;
