//! The API, tested as a client sees it. Folders mirror `src`; the vocabulary is in `vocabulary`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod commands;
mod contract;
mod db;
mod http;
mod jobs;
mod journal;
mod outreach;
mod people;
mod vocabulary;
mod work;
