//! Delegations: the act of handing a task to someone, as a record with a life.

pub mod chain;
pub mod rules;
