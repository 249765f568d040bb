//! Budget lines: what the money of a campaign is planned for.
//!
//! The surprising rule: planning takes nothing. A line may name the budget that its money comes from, but only promises and
//! expenses count against that.

mod handlers;
mod model;
mod queries;
pub mod trashing;
mod write;

pub use handlers::routes;
pub use model::{
    BudgetLine, BudgetLineFilter, BudgetLinePage, BudgetLinePatch, BudgetLineSort, BudgetLinesById,
    NewBudgetLine,
};
pub use queries::{find, in_team, referred, these};
