//! Calendars: events as iCalendar files, for one download, for a mail, for whoever subscribes.
//!
//! The surprising rule: what was once in somebody's calendar stays there until it is told otherwise. So an event keeps
//! its UID for ever, and a cancelled one is still written, as `CANCELLED`.

mod lines;
mod times;
mod write;
mod zones;

pub use write::{Method, Sent, Shown, event_file, feed_file, sent_file};
