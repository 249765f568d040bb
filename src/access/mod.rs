//! Who may do what: keys, tokens, the caller, roles, and the two scopes through which all data is reached.
//!
//! The surprising rule: there is no other way to the database than [`TeamScope`] and [`AccountScope`], and
//! every way through a team demands a permission. A handler without a check does not compile.

pub mod account_scope;
pub mod caller;
pub mod es256;
pub mod idempotency;
pub mod keys;
pub mod passwords;
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
pub use roles::{Permission, Role};
pub use sight::Sight;
pub use state::{Clock, Settings, SignUp, State};
pub use team_scope::{Me, Reading, TeamId, TeamScope, Tx};
