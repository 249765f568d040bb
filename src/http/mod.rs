//! What every request and every answer has in common: problems, bodies, queries, pages, versions.
//!
//! The surprising rule: a value that is refused is refused while it is read. `Title`, `Minutes`, `Date` are
//! types that cannot hold a wrong value, so no handler checks a length or a range.

pub mod accept;
pub mod body;
pub mod codes;
pub mod connection;
pub mod edge;
pub mod expand;
pub mod imports;
pub mod moves;
pub mod operations;
pub mod page;
pub mod period;
pub mod problem;
pub mod query;
pub mod rate;
pub mod refused;
pub mod reply;
pub mod routes;
pub mod strict;
pub mod text;
pub mod values;
pub mod wall_clock;

pub use body::Body;
pub use codes::Code;
pub use expand::{Expand, Expanded};
pub use page::{Cursor, Page, PageRequest};
pub use problem::{FieldError, Problem};
pub use query::{AnyOf, Query};
pub use refused::Refused;
pub use reply::Reply;
pub use routes::ServiceConfig;
pub use text::Text;
pub use values::{Int, UpTo};

/// What a handler answers.
pub type Answer = Result<Reply, Problem>;
