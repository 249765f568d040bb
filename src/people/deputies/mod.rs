//! Deputies: members who act in another one's place, for a period and on the record.
//!
//! The surprising rule: nothing is copied. A deputy has the role that the member replaced has at that very moment, asked
//! in the transaction that does the work (`access::team_entry`), and less: what would outlast the period is not lent. A
//! deputy of a deputy is nobody's deputy, and still the deputies of a team form no circle.

mod circle;
mod handlers;
mod model;
mod queries;

pub use handlers::routes;
pub use model::Deputy;
pub(super) use queries::end_of;
