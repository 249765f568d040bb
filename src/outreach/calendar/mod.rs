//! Calendars: events as iCalendar files, for one download, for a mail, for whoever subscribes.
//!
//! The surprising rule: what was once in somebody's calendar stays there until it is told otherwise. So an event keeps
//! its UID for ever, and a cancelled one is still written, as `CANCELLED`.

mod feeds;
pub mod imports;
mod lines;
mod place;
mod public;
mod recurring;
mod times;
mod write;
mod zones;

use crate::http::ServiceConfig;

pub use feeds::{CalendarFeed, FeedScope};
pub use write::{Method, Sent, Shown, event_file, sent_file};

/// Registers the operations. Before those of the events' pages: `{slug}.ics` is meant before `{slug}`.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(public::routes)
        .configure(place::routes)
        .configure(feeds::routes);
}
