//! Delegations: the act of handing a task to someone, as a record with a life.
//!
//! The surprising rule: a delegation is not done with when it is accepted. It ends when the delegator confirms the work,
//! and until then it alone decides who does the task (see [`rules`] for what each act does, [`chain`] for handing on).

pub mod absent;
pub mod acts;
pub mod chain;
pub mod expand;
pub mod handlers;
pub mod mine;
pub mod model;
pub mod offers;
pub mod queries;
pub mod rules;
pub mod stand_in;

pub use handlers::routes;
pub use model::{Authority, Delegation, DelegationPage, NewDelegation};
pub use offers::offer;
pub use queries::{active_chain, find, in_team};
