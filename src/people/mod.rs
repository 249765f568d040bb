//! People: accounts and their sessions, teams and their members, when these work and who acts for them.

pub mod absences;
pub mod accounts;
pub mod capacity;
pub mod deputies;
pub mod holidays;
pub mod invitations;
pub mod jwks;
pub mod me;
pub mod members;
pub mod ownership;
pub mod roles;
pub mod sessions;
pub mod tallies;
pub mod teams;
pub mod texts;
mod visitor;
pub mod working_hours;

use crate::http::ServiceConfig;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(accounts::routes)
        .configure(sessions::routes)
        .configure(me::routes)
        .configure(teams::routes)
        .configure(members::routes)
        .configure(invitations::routes)
        .configure(ownership::routes)
        .configure(working_hours::routes)
        .configure(holidays::routes)
        .configure(absences::routes)
        .configure(deputies::routes)
        .configure(roles::routes)
        .configure(jwks::routes);
}
