//! Into the trash and back. A person is never there: it comes and goes with the member.

use diesel::prelude::*;

use super::model::Resource;
use crate::access::Tx;
use crate::db::rows::columns;
use crate::db::{Id, Instant};
use crate::http::Problem;
use crate::schema::resources;

/// Puts a resource into the trash.
///
/// # Errors
/// What the database answers.
pub fn to_trash(tx: &mut Tx<'_>, resource: &Resource) -> Result<(), Problem> {
    diesel::update(resources::table.find((tx.team.id(), resource.id)))
        .set((
            resources::deleted_at.eq(Some(tx.now)),
            resources::trash_root_id.eq(Some(resource.id)),
            resources::updated_at.eq(tx.now),
            resources::version.eq(tx.revision),
        ))
        .execute(tx.conn)?;
    tx.deleted(resource)
}

/// Takes a resource out of the trash.
///
/// # Errors
/// `not_found` when there is none with this id.
pub fn restore(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    let resource: Resource = diesel::update(resources::table.find((tx.team.id(), id)))
        .set((
            resources::deleted_at.eq(None::<Instant>),
            resources::trash_root_id.eq(None::<Id>),
            resources::updated_at.eq(tx.now),
            resources::version.eq(tx.revision),
        ))
        .returning(columns::<Resource>())
        .get_result(tx.conn)?;
    tx.restored(&resource)
}

/// Deletes a resource for good, with what was once promised of it.
///
/// # Errors
/// `not_found` when there is none with this id.
pub fn purge(tx: &mut Tx<'_>, id: Id) -> Result<(), Problem> {
    let resource: Resource = resources::table
        .find((tx.team.id(), id))
        .select(Resource::as_select())
        .first(tx.conn)?;
    tx.deleted(&resource)?;
    diesel::delete(resources::table.find((tx.team.id(), id))).execute(tx.conn)?;
    Ok(())
}
