//! Members.
use diesel::prelude::*;

use crate::access::Reading;
use crate::db::Id;
use crate::http::Problem;
use crate::schema::members;

/// Refuses an id in the body that names no member of the team.
///
/// # Errors
/// `validation_failed` at `pointer`.
pub fn check_reference(reading: &mut Reading<'_>, id: Id, pointer: &str) -> Result<(), Problem> {
    let found: Option<Id> = members::table
        .filter(members::team_id.eq(reading.team.id()))
        .filter(members::left_at.is_null())
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
