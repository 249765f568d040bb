//! The words that tests are written in: an app, people, members of a team, answers.
//!
//! The surprising rule: every answer is checked against the OpenAPI document as it arrives. A status that is not
//! documented, or a body that does not match its schema, fails whatever test met it.

#![allow(dead_code)]

mod answer;
mod app;
pub mod database;
mod people;
pub mod schema;
pub mod smtp;
pub mod watch;
pub mod wire;

#[allow(unused_imports)]
pub use answer::Answer;
pub use app::TestApp;
#[allow(unused_imports)]
pub use people::{Member, Person};
