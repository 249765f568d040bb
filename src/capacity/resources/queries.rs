//! Queries of resources: all begin at [`in_team`].

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::model::{
    Resource, ResourceFilter, ResourceKind, ResourcePage, ResourceSort, ResourcesById,
};
use crate::access::{Permission, Reading, Sight, TeamId, Tx};
use crate::db::rows::{CHUNK, Direction, ESCAPE, fold, pattern};
use crate::db::{Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::{PageRequest, Problem};
use crate::people::members::Skills;
use crate::schema::{resource_skills, resources};
use crate::{keyset_page, one_of};

/// The resources of the team that are in use: where every query of resources begins.
#[must_use]
pub fn in_team(team: TeamId) -> resources::BoxedQuery<'static, MultiBackend> {
    resources::table
        .filter(resources::team_id.eq(team.id()))
        .filter(resources::deleted_at.is_null())
        .into_boxed()
}

/// The same for all teams in sight.
fn in_sight(sight: &Sight<'_>) -> resources::BoxedQuery<'static, MultiBackend> {
    resources::table
        .filter(resources::team_id.eq_any(sight.teams(Permission::ResourceRead)))
        .filter(resources::deleted_at.is_null())
        .into_boxed()
}

/// Those of these resources that are in sight.
///
/// # Errors
/// What the database answers.
pub fn these(sight: &mut Sight<'_>, ids: BTreeSet<Id>) -> Result<ResourcesById, Problem> {
    ResourcesById::of(ids, |ids| {
        in_sight(sight)
            .filter(resources::id.eq_any(ids))
            .select((resources::id, Resource::as_select()))
            .load(sight.conn)
    })
}

/// The resource with this id.
///
/// # Errors
/// `not_found`.
pub fn find(reading: &mut Reading<'_>, id: Id) -> Result<Resource, Problem> {
    Ok(in_team(reading.team)
        .filter(resources::id.eq(id))
        .select(Resource::as_select())
        .first(reading.conn)?)
}

/// The resource with this id, be it in the trash.
///
/// # Errors
/// `not_found`.
pub fn find_any(reading: &mut Reading<'_>, id: Id) -> Result<Resource, Problem> {
    Ok(resources::table
        .find((reading.team.id(), id))
        .select(Resource::as_select())
        .first(reading.conn)?)
}

/// The resource that an id in the body names.
///
/// # Errors
/// `validation_failed` at `pointer` when there is none in the team.
pub fn referred(reading: &mut Reading<'_>, id: Id, pointer: &str) -> Result<Resource, Problem> {
    let found: Option<Resource> = in_team(reading.team)
        .filter(resources::id.eq(id))
        .select(Resource::as_select())
        .first(reading.conn)
        .optional()?;
    found.ok_or_else(|| {
        Problem::field(
            pointer,
            "unknown_reference",
            "There is no such resource in this team.",
        )
    })
}

/// The resources of this kind.
///
/// # Errors
/// What the database answers.
pub fn of_kind(
    reading: &mut Reading<'_>,
    kinds: &[ResourceKind],
) -> Result<Vec<Resource>, Problem> {
    Ok(in_team(reading.team)
        .filter(resources::kind.eq_any(kinds.to_vec()))
        .order((resources::created_at, resources::id))
        .select(Resource::as_select())
        .load(reading.conn)?)
}

/// Those of these resources that are in use, in the order in which they were made.
///
/// # Errors
/// What the database answers.
pub fn these_in_use(reading: &mut Reading<'_>, ids: &[Id]) -> Result<Vec<Resource>, Problem> {
    let mut found: Vec<Resource> = Vec::with_capacity(ids.len());
    for some in ids.chunks(CHUNK) {
        found.extend(
            in_team(reading.team)
                .filter(resources::id.eq_any(some.to_vec()))
                .select(Resource::as_select())
                .load::<Resource>(reading.conn)?,
        );
    }
    found.sort_unstable_by_key(|one| (one.created_at, one.id));
    Ok(found)
}

/// Text as it is searched.
pub(super) fn search_text(name: &str, description: &str, skills: &Skills) -> String {
    let mut text = format!("{name}\n{description}");
    for skill in &skills.0 {
        text.push('\n');
        text.push_str(skill.as_str());
    }
    fold(&text)
}

/// Writes the skills as rows, too.
///
/// # Errors
/// What the database answers.
pub(super) fn write_skills(tx: &mut Tx<'_>, resource: &Resource) -> Result<(), Problem> {
    let team_id = tx.team.id();
    diesel::delete(
        resource_skills::table
            .filter(resource_skills::team_id.eq(team_id))
            .filter(resource_skills::resource_id.eq(resource.id)),
    )
    .execute(tx.conn)?;
    let mut words: Vec<String> = resource
        .skills
        .0
        .0
        .iter()
        .map(|skill| fold(skill.as_str()))
        .collect();
    words.sort();
    words.dedup();
    for word in words {
        diesel::insert_into(resource_skills::table)
            .values((
                resource_skills::team_id.eq(team_id),
                resource_skills::resource_id.eq(resource.id),
                resource_skills::skill.eq(word),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

fn filtered(
    reading: &Reading<'_>,
    filter: &ResourceFilter,
) -> resources::BoxedQuery<'static, MultiBackend> {
    let mut query = in_team(reading.team);
    if let Some(AnyOf(kinds)) = &filter.kind {
        query = query.filter(resources::kind.eq_any(kinds.clone()));
    }
    if let Some(owners) = &filter.owner_id {
        let wanted = owners.resolve(reading.me.member_id);
        query = one_of!(query, resources::owner_id, wanted);
    }
    if let Some(skill) = &filter.skill {
        query = query.filter(
            resources::id.eq_any(
                resource_skills::table
                    .filter(resource_skills::team_id.eq(reading.team.id()))
                    .filter(resource_skills::skill.eq(fold(skill.as_str())))
                    .select(resource_skills::resource_id),
            ),
        );
    }
    if let Some(words) = &filter.q {
        query = query.filter(
            resources::search
                .like(pattern(words.as_str()))
                .escape(ESCAPE),
        );
    }
    query
}

/// A page of resources.
///
/// # Errors
/// What the database answers.
pub(super) fn load_page(
    reading: &mut Reading<'_>,
    filter: &ResourceFilter,
    page: &PageRequest,
) -> Result<ResourcePage, Problem> {
    let (sort, direction) = page.sort((ResourceSort::CreatedAt, Direction::Ascending))?;
    let query = filtered(reading, filter);
    let loaded = match sort {
        ResourceSort::CreatedAt => keyset_page!(
            query,
            reading.conn,
            page,
            direction,
            Resource,
            (resources::created_at, resources::id),
            Instant,
            |resource| resource.created_at
        ),
        ResourceSort::UpdatedAt => keyset_page!(
            query,
            reading.conn,
            page,
            direction,
            Resource,
            (resources::updated_at, resources::id),
            Instant,
            |resource| resource.updated_at
        ),
    };
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(reading, filter)
        .select(resources::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}
