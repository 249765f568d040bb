//! Calendar feeds: calendars that a member subscribes to, each by a secret address.
//!
//! The surprising rule: a feed shows what its member may see at the moment of asking. Whoever left the team has feeds
//! that are not found, without anybody revoking them.

mod handlers;
mod model;
mod read;

pub use handlers::routes;
pub use model::{CalendarFeed, FeedScope};
