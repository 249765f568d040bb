//! People as resources: one for each member, made with it, gone with it.
//!
//! The surprising rule: a person's resource is the member, seen as something that can be promised. It has the member's id,
//! and its name and skills follow those of the member, in the same revision.

use diesel::prelude::*;

use super::model::{Overbooking, Resource, ResourceKind};
use super::queries::{search_text, write_skills};
use crate::access::{Touched, Tx};
use crate::db::rows::columns;
use crate::db::{Id, Instant, Json};
use crate::http::Problem;
use crate::http::text::Markdown;
use crate::journal::{Action, Kind};
use crate::people::members::Member;
use crate::schema::{members, resources};

/// Makes, renames, ends and revives the persons among the resources with their members.
///
/// # Errors
/// What the database answers.
pub fn follow(tx: &mut Tx<'_>, touched: &[Touched]) -> Result<(), Problem> {
    for one in touched
        .iter()
        .filter(|one| one.kind == Kind::Member.as_str())
    {
        match Action::parse(one.action) {
            Some(Action::Created | Action::Updated | Action::Restored) => mirror(tx, one.id)?,
            Some(Action::Deleted) => {
                leave(tx, one.id)?;
                disown(tx, one.id)?;
            }
            None => {}
        }
    }
    Ok(())
}

fn find(tx: &mut Tx<'_>, member_id: Id) -> Result<Option<Resource>, Problem> {
    Ok(resources::table
        .find((tx.team.id(), member_id))
        .select(Resource::as_select())
        .first(tx.conn)
        .optional()?)
}

/// Makes the resource what the member is.
fn mirror(tx: &mut Tx<'_>, member_id: Id) -> Result<(), Problem> {
    let member: Member = members::table
        .find((tx.team.id(), member_id))
        .select(Member::as_select())
        .first(tx.conn)?;
    let Some(before) = find(tx, member_id)? else {
        let resource = Resource {
            team_id: member.team_id,
            id: member.id,
            kind: ResourceKind::Person,
            search: search_text(member.display_name.as_str(), "", &member.skills.0),
            name: member.display_name,
            description: Markdown::default(),
            member_id: Some(member.id),
            skills: member.skills,
            owner_id: None,
            overbooking: Overbooking::Refuse,
            units: None,
            booking: None,
            opening_hours: None,
            currency: None,
            limit_minor: None,
            created_at: tx.now,
            updated_at: tx.now,
            version: tx.revision,
            deleted_at: None,
            trash_root_id: None,
        };
        diesel::insert_into(resources::table)
            .values(&resource)
            .execute(tx.conn)?;
        write_skills(tx, &resource)?;
        return tx.created(&resource);
    };
    let is_same = before.name == member.display_name
        && before.skills.0 == member.skills.0
        && before.deleted_at.is_none();
    if is_same {
        return Ok(());
    }
    let search = search_text(
        member.display_name.as_str(),
        before.description.as_str(),
        &member.skills.0,
    );
    let after: Resource = diesel::update(resources::table.find((member.team_id, member.id)))
        .set((
            resources::name.eq(member.display_name),
            resources::skills.eq(Json(member.skills.0)),
            resources::search.eq(search),
            resources::deleted_at.eq(None::<Instant>),
            resources::updated_at.eq(tx.now),
            resources::version.eq(tx.revision),
        ))
        .returning(columns::<Resource>())
        .get_result(tx.conn)?;
    write_skills(tx, &after)?;
    if before.deleted_at.is_some() {
        tx.restored(&after)
    } else {
        tx.updated(&before, &after)
    }
}

/// Whoever has left cannot be promised any more.
fn leave(tx: &mut Tx<'_>, member_id: Id) -> Result<(), Problem> {
    let Some(before) = find(tx, member_id)? else {
        return Ok(());
    };
    diesel::update(resources::table.find((tx.team.id(), member_id)))
        .set((
            resources::deleted_at.eq(Some(tx.now)),
            resources::updated_at.eq(tx.now),
            resources::version.eq(tx.revision),
        ))
        .execute(tx.conn)?;
    tx.deleted(&before)
}

/// What a member owned who has left is in the hands of the leads.
fn disown(tx: &mut Tx<'_>, member_id: Id) -> Result<(), Problem> {
    let owned: Vec<Resource> = resources::table
        .filter(resources::team_id.eq(tx.team.id()))
        .filter(resources::owner_id.eq(member_id))
        .order(resources::id)
        .select(Resource::as_select())
        .load(tx.conn)?;
    for before in owned {
        let after: Resource = diesel::update(resources::table.find((before.team_id, before.id)))
            .set((
                resources::owner_id.eq(None::<Id>),
                resources::updated_at.eq(tx.now),
                resources::version.eq(tx.revision),
            ))
            .returning(columns::<Resource>())
            .get_result(tx.conn)?;
        tx.updated(&before, &after)?;
    }
    Ok(())
}
