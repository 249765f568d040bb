//! What is asked over HTTP.

use std::slice;

use actix_web::{get, patch, post};

use super::expand::{AbsenceReference, ExpandedAbsence, ExpandedAbsencePage, expand};
use super::mine;
use super::model::{
    Absence, AbsenceBatch, AbsenceFilter, AbsencePatch, AbsenceSort, AbsenceState, Decision,
    NewAbsence, NewAbsenceBatch,
};
use super::queries;
use crate::access::{Permission, Reading, TeamScope};
use crate::http::body::BATCH_LIMIT;
use crate::http::query::ValidateOnly;
use crate::http::refused::all_or_none;
use crate::http::{Answer, Body, Expand, PageRequest, Problem, Query, Reply, ServiceConfig};
use crate::journal::Kind;
use crate::journal::changes::{ChangePage, history_of};

/// The absence as the caller may see it: what is said in it depends on who asks, and so does its tag.
fn shown(reading: &Reading<'_>, absence: Absence) -> Answer {
    let version = absence.version;
    let tag = reading.etag_with(version, version);
    Ok(Reply::record(&absence.seen_by(reading), version)?.tagged(tag))
}

/// List absences
///
/// Those of the whole team, the earliest first unless sorted otherwise; with `from` and `to` those that have a day in
/// between. The notes are seen by leads and by whom they are about.
#[utoipa::path(tag = "absences",
    params(AbsenceFilter, ("sort" = inline(Option<AbsenceSort>), Query), Expand<AbsenceReference>),
    responses((status = 200, body = ExpandedAbsencePage)))]
#[get("/v1/teams/{team_id}/absences")]
pub async fn list_absences(
    scope: TeamScope,
    filter: Query<AbsenceFilter>,
    wanted: Query<Expand<AbsenceReference>>,
    page: PageRequest,
) -> Answer {
    scope
        .list(Permission::AbsenceRead, move |reading| {
            let loaded = queries::load_page(reading, &filter.0, &page)?;
            let expanded = expand(&mut reading.sight(), &wanted.0, &loaded.items)?;
            Reply::page_beside(&loaded, &page, expanded)
        })
        .await
}

/// Enter an absence
///
/// One's own, or as a lead anybody's. It is `approved` at once where the team asks for no approval (`absence_approval` of
/// the team), and where a lead enters it for somebody else; otherwise it is `requested`, and counts when a lead approves
/// it. From its first day on, what becomes of the member's unanswered offers is the team's choice (`absent_offers`).
#[utoipa::path(tag = "absences", request_body = NewAbsence, responses((status = 201, body = Absence)))]
#[post("/v1/teams/{team_id}/absences")]
pub async fn create_absence(scope: TeamScope, body: Body<NewAbsence>) -> Answer {
    let place = scope.address("absences");
    scope
        .write(Permission::AbsenceWrite, move |tx| {
            let absence = queries::create(tx, body.0)?;
            let location = format!("{place}/{}", absence.id);
            Ok(shown(tx, absence)?.status(201).location(location))
        })
        .await
}

/// Enter several absences
///
/// Up to 100, all or nothing, each as `create_absence` enters it. What is wrong points at `/absences/3/last_on`.
#[utoipa::path(tag = "absences", params(ValidateOnly), request_body = NewAbsenceBatch,
    responses((status = 200, description = "All were entered.", body = AbsenceBatch)))]
#[post("/v1/teams/{team_id}/absences/batch")]
pub async fn batch_absences(
    scope: TeamScope,
    _: Query<ValidateOnly>,
    body: Body<NewAbsenceBatch, BATCH_LIMIT>,
) -> Answer {
    let new = body.0.absences.0;
    scope
        .write(Permission::AbsenceWrite, move |tx| {
            if new.is_empty() {
                let detail = "At least one absence.";
                return Err(Problem::field("/absences", "too_few", detail));
            }
            let place = |index| format!("/absences/{index}");
            let made = all_or_none(new, place, |_, one| queries::create(tx, one))?;
            let items = made.into_iter().map(|one| one.seen_by(tx)).collect();
            Reply::ok(&AbsenceBatch { items })
        })
        .await
}

/// Show an absence
///
/// The notes are seen by leads and by whom they are about.
#[utoipa::path(tag = "absences", params(Expand<AbsenceReference>),
    responses((status = 200, body = ExpandedAbsence)))]
#[get("/v1/teams/{team_id}/absences/{absence_id}")]
pub async fn get_absence(scope: TeamScope, wanted: Query<Expand<AbsenceReference>>) -> Answer {
    let id = scope.id("absence_id")?;
    scope
        .read(Permission::AbsenceRead, move |reading| {
            let absence = queries::find(reading, id)?;
            let expanded = expand(&mut reading.sight(), &wanted.0, slice::from_ref(&absence))?;
            if expanded.is_none() {
                return shown(reading, absence);
            }
            let version = absence.version;
            reading.show(&absence.seen_by(reading), version, expanded)
        })
        .await
}

/// Change an absence
///
/// A JSON Merge Patch: absent keeps, null clears. By the member or a lead. Of an approved one the note and the substitute
/// change at any time; its days, minutes and kind only by whoever could approve that. What is rejected or cancelled stays.
#[utoipa::path(tag = "absences", request_body = AbsencePatch, responses((status = 200, body = Absence)))]
#[patch("/v1/teams/{team_id}/absences/{absence_id}")]
pub async fn update_absence(scope: TeamScope, body: Body<AbsencePatch>) -> Answer {
    let id = scope.id("absence_id")?;
    scope
        .write(Permission::AbsenceWrite, move |tx| {
            let before = queries::find(tx, id)?;
            tx.expect_version(before.version)?;
            let absence = queries::update(tx, before, &body.0)?;
            shown(tx, absence)
        })
        .await
}

/// Approve an absence
///
/// By a lead, who cannot approve their own; an owner can.
#[utoipa::path(tag = "absences", request_body = Decision, responses((status = 200, body = Absence)))]
#[post("/v1/teams/{team_id}/absences/{absence_id}/approve")]
pub async fn approve_absence(scope: TeamScope, body: Body<Decision>) -> Answer {
    decide(scope, AbsenceState::Approved, body.0).await
}

/// Reject an absence
///
/// By a lead, while it is `requested`.
#[utoipa::path(tag = "absences", request_body = Decision, responses((status = 200, body = Absence)))]
#[post("/v1/teams/{team_id}/absences/{absence_id}/reject")]
pub async fn reject_absence(scope: TeamScope, body: Body<Decision>) -> Answer {
    decide(scope, AbsenceState::Rejected, body.0).await
}

async fn decide(scope: TeamScope, to: AbsenceState, decision: Decision) -> Answer {
    let id = scope.id("absence_id")?;
    scope
        .write(Permission::AbsenceApprove, move |tx| {
            let before = queries::find(tx, id)?;
            tx.expect_version(before.version)?;
            let absence = queries::decide(tx, before, to, decision.note)?;
            shown(tx, absence)
        })
        .await
}

/// Cancel an absence
///
/// By the member or a lead: it counts no more, also where it has begun. Offers that went to the substitute stay there.
#[utoipa::path(tag = "absences", responses((status = 200, body = Absence)))]
#[post("/v1/teams/{team_id}/absences/{absence_id}/cancel")]
pub async fn cancel_absence(scope: TeamScope) -> Answer {
    let id = scope.id("absence_id")?;
    scope
        .write(Permission::AbsenceWrite, move |tx| {
            let before = queries::find(tx, id)?;
            tx.expect_version(before.version)?;
            let absence = queries::cancel(tx, before)?;
            shown(tx, absence)
        })
        .await
}

/// Show the history of an absence
///
/// Who changed what, when, from what to what, oldest first. The notes are not in it, for more people read it than may know
/// them; `note_changed_at` is.
#[utoipa::path(tag = "absences", responses((status = 200, body = ChangePage)))]
#[get("/v1/teams/{team_id}/absences/{absence_id}/history")]
pub async fn list_absence_history(scope: TeamScope, page: PageRequest) -> Answer {
    let id = scope.id("absence_id")?;
    history_of(scope, page, Kind::Absence, move |reading| {
        Ok(queries::find(reading, id)?.id)
    })
    .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_absences)
        .service(create_absence)
        .service(batch_absences)
        .service(get_absence)
        .service(update_absence)
        .service(approve_absence)
        .service(reject_absence)
        .service(cancel_absence)
        .service(list_absence_history)
        .service(mine::list_my_absences);
}
