//! What is asked of resources over HTTP.

use actix_web::{delete, get, patch, post};
use diesel::prelude::*;

use super::model::{
    Booking, NewResource, Resource, ResourceFilter, ResourceKind, ResourceOutcome, ResourcePage,
    ResourcePatch, ResourceSort, Units,
};
use super::queries::{find, load_page, search_text, write_skills};
use super::rules;
use crate::access::{Permission, Reading, TeamScope, Tx};
use crate::capacity::allocations::{self, AllocationState};
use crate::capacity::{budget_lines, expenses, fit};
use crate::db::rows::columns;
use crate::db::{Id, Json};
use crate::http::{Answer, Body, Code, PageRequest, Problem, Query, Reply, ServiceConfig};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};
use crate::people::members;
use crate::schema::{allocations as promised, budget_lines as l, expenses as e, resources};

/// Refuses an owner who is not in the team, or a guest, who can approve nothing.
fn check_owner(reading: &mut Reading<'_>, owner_id: Option<Id>) -> Result<(), Problem> {
    let Some(owner_id) = owner_id else {
        return Ok(());
    };
    let guest = "A guest cannot approve anything.";
    let wrong = members::refuse_guest(reading, owner_id, "/owner_id", guest)?;
    wrong.map_or(Ok(()), |error| Err(Problem::fields(vec![error])))
}

/// How many allocations of the resource are asked for or promised.
fn open_allocations(tx: &mut Tx<'_>, id: Id) -> Result<i64, Problem> {
    Ok(allocations::in_team(tx.team)
        .filter(promised::resource_id.eq(id))
        .filter(promised::state.eq_any([AllocationState::Requested, AllocationState::Approved]))
        .count()
        .get_result(tx.conn)?)
}

/// List resources
///
/// What can be promised, people included, in the order of making unless sorted otherwise.
#[utoipa::path(tag = "resources", params(ResourceFilter, ("sort" = inline(Option<ResourceSort>), Query)),
    responses((status = 200, body = ResourcePage)))]
#[get("/v1/teams/{team_id}/resources")]
pub async fn list_resources(
    scope: TeamScope,
    filter: Query<ResourceFilter>,
    page: PageRequest,
) -> Answer {
    let Query(filter) = filter;
    scope
        .list(Permission::ResourceRead, move |reading| {
            let loaded = load_page(reading, &filter, &page)?;
            Reply::page(&loaded, &page)
        })
        .await
}

/// Create a resource
///
/// Equipment, a licence, a space or something else of which there is a number; or a budget. People are resources
/// already, each with the id of the member.
#[utoipa::path(tag = "resources", request_body = NewResource, responses((status = 201, body = Resource)))]
#[post("/v1/teams/{team_id}/resources")]
pub async fn create_resource(scope: TeamScope, body: Body<NewResource>) -> Answer {
    let Body(new) = body;
    let place = scope.address("resources");
    scope
        .write(Permission::ResourceWrite, move |tx| {
            let faults = rules::faults(&new);
            if !faults.is_empty() {
                return Err(Problem::fields(faults));
            }
            check_owner(tx, new.owner_id)?;
            let has_units = new.kind.has_units();
            let resource = Resource {
                team_id: tx.team.id(),
                id: Id::new(),
                kind: new.kind,
                search: search_text(new.name.as_str(), new.description.as_str(), &new.skills),
                name: new.name,
                description: new.description,
                member_id: None,
                skills: Json(new.skills),
                owner_id: new.owner_id,
                overbooking: new.overbooking,
                units: has_units.then(|| new.units.unwrap_or(Units::clamped(1))),
                booking: has_units.then(|| new.booking.unwrap_or(Booking::WholeDays)),
                opening_hours: new.opening_hours.map(Json),
                currency: new.currency,
                limit_minor: new.limit_minor,
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
            tx.created(&resource)?;
            Reply::created(
                &resource,
                resource.version,
                format!("{place}/{}", resource.id),
            )
        })
        .await
}

/// Show a resource
///
/// What is free of it, its availability tells.
#[utoipa::path(tag = "resources", responses((status = 200, body = Resource)))]
#[get("/v1/teams/{team_id}/resources/{resource_id}")]
pub async fn get_resource(scope: TeamScope) -> Answer {
    let id = scope.id("resource_id")?;
    scope
        .read(Permission::ResourceRead, move |reading| {
            let resource = find(reading, id)?;
            Reply::record(&resource, resource.version)
        })
        .await
}

/// Change a resource
///
/// A JSON Merge Patch: absent keeps, null clears. Where the policy is `refuse`, there cannot be fewer units or less money
/// than is promised, nor opening hours outside of which a promise begins or ends that is still to come: that is 409 with the
/// explanation. Where it is `warn`, the same comes in `warnings`. A person's name and skills are changed with the member.
#[utoipa::path(tag = "resources", request_body = ResourcePatch, responses((status = 200, body = ResourceOutcome)))]
#[patch("/v1/teams/{team_id}/resources/{resource_id}")]
pub async fn update_resource(scope: TeamScope, body: Body<ResourcePatch>) -> Answer {
    let id = scope.id("resource_id")?;
    let Body(patch) = body;
    scope
        .write(Permission::ResourceWrite, move |tx| {
            let before = find(tx, id)?;
            tx.expect_version(before.version)?;
            let faults = rules::patch_faults(&before, &patch);
            if !faults.is_empty() {
                return Err(Problem::fields(faults));
            }
            check_owner(tx, patch.owner_id.flatten())?;
            let has_other_currency =
                patch.currency.is_some() && patch.currency != before.currency;
            if has_other_currency && has_money(tx, id)? {
                return Err(Problem::new(Code::StillReferenced).detail(
                    "Money of this budget was promised, spent or planned in its currency: make another budget for another currency.",
                ));
            }
            let search = search_text(
                patch.name.as_ref().unwrap_or(&before.name).as_str(),
                patch
                    .description
                    .as_ref()
                    .unwrap_or(&before.description)
                    .as_str(),
                &patch.skills.as_ref().unwrap_or(&before.skills).0,
            );
            let after: Resource = diesel::update(resources::table.find((tx.team.id(), id)))
                .set((
                    &patch,
                    resources::search.eq(search),
                    resources::updated_at.eq(tx.now),
                    resources::version.eq(tx.revision),
                ))
                .returning(columns::<Resource>())
                .get_result(tx.conn)?;
            if after.skills.0 != before.skills.0 {
                write_skills(tx, &after)?;
            }
            let warnings = fit::outgrown(tx, &before, &after)?;
            if let Some(refusal) = fit::refusal(&warnings) {
                return Err(refusal);
            }
            let resource = tx.change(before, after)?;
            let version = resource.version;
            Reply::record(&ResourceOutcome { resource, warnings }, version)
        })
        .await
}

/// Whether money of the budget was promised, spent or planned.
fn has_money(tx: &mut Tx<'_>, id: Id) -> Result<bool, Problem> {
    let line: Option<Id> = budget_lines::in_team(tx.team)
        .filter(l::resource_id.eq(id))
        .select(l::id)
        .first(tx.conn)
        .optional()?;
    let expense: Option<Id> = expenses::in_team(tx.team)
        .filter(e::resource_id.eq(id))
        .select(e::id)
        .first(tx.conn)
        .optional()?;
    Ok(line.is_some() || expense.is_some() || has_allocations(tx, id)?)
}

fn has_allocations(tx: &mut Tx<'_>, id: Id) -> Result<bool, Problem> {
    let one: Option<Id> = allocations::in_team(tx.team)
        .filter(promised::resource_id.eq(id))
        .select(promised::id)
        .first(tx.conn)
        .optional()?;
    Ok(one.is_some())
}

/// Delete a resource
///
/// It goes to the trash for 30 days, where nothing of it is asked for or promised any more: otherwise that is 409
/// `still_referenced` with the count. A person goes when the member leaves the team, and not before.
#[utoipa::path(tag = "resources", responses((status = 204, description = "It is in the trash.")))]
#[delete("/v1/teams/{team_id}/resources/{resource_id}")]
pub async fn delete_resource(scope: TeamScope) -> Answer {
    let id = scope.id("resource_id")?;
    scope
        .write(Permission::ResourceWrite, move |tx| {
            let resource = find(tx, id)?;
            tx.expect_version(resource.version)?;
            if resource.kind == ResourceKind::Person {
                return Err(Problem::new(Code::StillReferenced)
                    .detail("A person goes when the member leaves the team.")
                    .member("member_id", resource.member_id));
            }
            let open = open_allocations(tx, id)?;
            if open > 0 {
                return Err(Problem::new(Code::StillReferenced)
                    .detail("Release, cancel or reject its allocations first.")
                    .member("allocations", open));
            }
            super::trashing::to_trash(tx, &resource)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Show the history of a resource
///
/// Who changed what, when, from what to what, oldest first. A person's is that of the member, too.
#[utoipa::path(tag = "resources", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/resources/{resource_id}/history")]
pub async fn list_resource_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("resource_id")?;
    history_of(scope, page, Kind::Resource, move |reading| {
        Ok(find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_resources)
        .service(create_resource)
        .service(get_resource)
        .service(update_resource)
        .service(delete_resource)
        .service(list_resource_history);
}
