//! Who may do what: keys, tokens, the caller, roles, and the scopes through which all data is reached.
//!
//! The surprising rule: there is no other way to the database than [`TeamScope`], [`AccountScope`] and, for people
//! without an account, [`PublicScope`]. Every member's way through a team demands a permission: a handler without a
//! check does not compile.

pub mod account_scope;
pub mod batch;
pub mod caller;
pub mod es256;
pub mod follow;
pub mod idempotency;
pub mod keys;
pub mod passwords;
pub mod public_scope;
pub mod roles;
pub mod sealing;
pub mod secrets;
pub mod sight;
pub mod signing;
pub mod state;
pub mod team_entry;
pub mod team_scope;
pub mod throttle;
mod versions;

pub use account_scope::{AccountScope, AccountTx};
pub use caller::Caller;
pub use follow::{Follower, Followers, Touched};
pub use public_scope::PublicScope;
pub use roles::{Permission, Role};
pub use sight::Sight;
pub use state::{Clock, Settings, SignUp, State};
pub use team_scope::{Me, Reading, TeamId, TeamScope, Tx};
