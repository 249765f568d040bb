//! Expenses: what was spent.
//!
//! The surprising rule: an expense of what was promised takes nothing more from the budget, so anybody may enter it. What
//! goes beyond is a promise in itself: only whoever could make one enters it, and it must fit.

mod batch;
mod expand;
mod handlers;
mod limit;
mod model;
mod queries;
mod rules;
pub mod trashing;
mod write;

pub use handlers::routes;
pub use model::{
    Expense, ExpenseFilter, ExpenseOutcome, ExpensePage, ExpensePatch, ExpenseSort, NewExpense,
};
pub use queries::{find, in_team};
