//! The tables, as Diesel sees them. Kept by hand beside `migrations/`: the types are our own
//! (see [`crate::db::types`]), which no generator knows. A test compares both databases with this file.

#![allow(missing_docs)]

mod capacity;
mod floor;
mod outreach;
mod people;
mod work;

pub use capacity::*;
pub use floor::*;
pub use outreach::*;
pub use people::*;
pub use work::*;

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    account_passwords,
    sessions,
    refresh_tokens,
    signing_keys,
    server_secrets,
    sign_in_failures,
    idempotent_replies,
    teams,
    members,
    invitations,
    invitation_secrets,
    ownership_offers,
    working_hours,
    holidays,
    absences,
    deputies,
    journal,
    campaigns,
    milestones,
    public_slugs,
    events,
    event_series,
    event_hosts,
    agenda_items,
    calendar_feeds,
    calendar_feed_secrets,
    letters,
    registrations,
    tasks,
    task_labels,
    task_participants,
    task_dependencies,
    checklist_items,
    comments,
    delegations,
    time_entries,
    resources,
    resource_skills,
    allocations,
    budget_lines,
    expenses,
);
