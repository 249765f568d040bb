//! Members that a body names.

use diesel::prelude::*;

use super::in_team;
use crate::access::{Reading, Role};
use crate::db::Id;
use crate::http::{FieldError, Problem};
use crate::schema::members;

/// Refuses an id in the body that names no member of the team.
///
/// # Errors
/// `validation_failed` at `pointer`.
pub fn check_reference(reading: &mut Reading<'_>, id: Id, pointer: &str) -> Result<(), Problem> {
    let found: Option<Id> = in_team(reading.team)
        .filter(members::id.eq(id))
        .select(members::id)
        .first(reading.conn)
        .optional()?;
    match found {
        Some(_) => Ok(()),
        None => Err(Problem::field(
            pointer,
            "unknown_reference",
            "There is no such member in this team.",
        )),
    }
}

/// What is wrong with an id in the body that has to name a member who is no guest; `guest` says why not.
///
/// # Errors
/// What the database answers.
pub fn refuse_guest(
    reading: &mut Reading<'_>,
    id: Id,
    pointer: &str,
    guest: &str,
) -> Result<Option<FieldError>, Problem> {
    let role: Option<Role> = in_team(reading.team)
        .filter(members::id.eq(id))
        .select(members::role)
        .first(reading.conn)
        .optional()?;
    Ok(match role {
        Some(Role::Guest) => Some(FieldError::body(pointer, "guest", guest)),
        Some(_) => None,
        None => Some(FieldError::body(
            pointer,
            "unknown_reference",
            "There is no such member in this team.",
        )),
    })
}
