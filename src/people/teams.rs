//! Teams: the tenants. Everything but accounts lives in exactly one.
//!
//! The surprising rule: whoever makes a team is its owner, in the same transaction, so there is never a team
//! without one.

use actix_web::{delete, get, patch, post};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::absences::{AbsenceApproval, AbsentOffers};
use super::members;
use super::texts::TeamKey;
use crate::access::team_scope::found_team;
use crate::access::{AccountScope, Permission, Reading, TeamScope};
use crate::db::rows::columns;
use crate::db::{Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::strict::present;
use crate::http::text::Name;
use crate::http::values::TimeZone;
use crate::http::{Answer, Body, Page, PageRequest, Problem, Reply, ServiceConfig};
use crate::journal::{Journaled, Kind};
use crate::keyset_page;
use crate::schema::{accounts, members as memberships, teams};

/// A new team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Kubernetes releases", "key": "K8S", "time_zone": "Europe/Paris"}))]
pub struct NewTeam {
    name: Name,
    /// What task numbers begin with: `K8S` in `K8S-12`.
    key: TeamKey,
    /// Where the team's days begin and end.
    time_zone: TimeZone,
}

/// What changes in a team: absent keeps.
#[derive(Debug, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = teams)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Kubernetes release team"}))]
pub struct TeamPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<Name>,
    /// Tasks are found under the new key from then on, and not under the old one.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    key: Option<TeamKey>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    time_zone: Option<TimeZone>,
    /// Who has to agree to an absence. What was asked for before stays as it is.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    absence_approval: Option<AbsenceApproval>,
    /// What becomes of unanswered offers when an absence begins: with `reroute` they go to the substitute, and where
    /// nobody can stand in back to whoever made them; with `return` they always go back, withdrawn, with the reason.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    absent_offers: Option<AbsentOffers>,
}

/// A team.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = teams)]
#[schema(example = json!({"id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "name": "Kubernetes releases", "key": "K8S", "time_zone": "Europe/Paris", "absence_approval": "none", "absent_offers": "reroute", "created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z", "version": 1}))]
pub struct Team {
    /// The team's id.
    pub id: Id,
    /// Its name.
    pub name: Name,
    /// What task numbers begin with.
    pub key: TeamKey,
    /// Where the team's days begin and end.
    pub time_zone: TimeZone,
    /// Who has to agree to an absence.
    pub absence_approval: AbsenceApproval,
    /// What becomes of unanswered offers when the absence of whom they were made to begins: with `reroute` they go to the substitute, and where
    /// nobody can stand in back to whoever made them; with `return` they always go back, withdrawn, with the reason.
    pub absent_offers: AbsentOffers,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed by a person.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A page of teams.
pub type TeamPage = Page<Team>;

impl Journaled for Team {
    const KIND: Kind = Kind::Team;

    fn id(&self) -> Id {
        self.id
    }
}

// ---------------------------------------------------------------- queries

/// The teams that an account is a member of.
fn of_account(account_id: Id) -> teams::BoxedQuery<'static, MultiBackend> {
    teams::table
        .filter(teams::deleted_at.is_null())
        .filter(
            teams::id.eq_any(
                memberships::table
                    .filter(memberships::account_id.eq(account_id))
                    .filter(memberships::left_at.is_null())
                    .select(memberships::team_id),
            ),
        )
        .into_boxed()
}

/// The team of the scope.
///
/// # Errors
/// `not_found`.
pub fn current(reading: &mut Reading<'_>) -> Result<Team, Problem> {
    Ok(teams::table
        .find(reading.team.id())
        .select(Team::as_select())
        .first(reading.conn)?)
}

// ---------------------------------------------------------------- handlers

/// List my teams
///
/// The teams you are a member of, newest first.
#[utoipa::path(tag = "teams", responses((status = 200, body = TeamPage)))]
#[get("/v1/teams")]
pub async fn list_teams(scope: AccountScope, page: PageRequest) -> Answer {
    scope
        .read(move |tx| {
            let query = of_account(tx.account_id);
            let mut loaded = keyset_page!(
                query,
                tx.conn,
                &page,
                Direction::Descending,
                Team,
                (teams::created_at, teams::id),
                Instant,
                |team| team.created_at
            );
            if page.wants_total() {
                let ids: Vec<Id> = of_account(tx.account_id)
                    .select(teams::id)
                    .limit(TOTAL_CAP + 1)
                    .load(tx.conn)?;
                loaded = loaded.with_total(ids.len());
            }
            Reply::page(&loaded, &page)
        })
        .await
}

/// Create a team
///
/// You are its owner. Invite the others with POST /v1/teams/{team_id}/invitations.
#[utoipa::path(tag = "teams", request_body = NewTeam, responses((status = 201, body = Team)))]
#[post("/v1/teams")]
pub async fn create_team(scope: AccountScope, body: Body<NewTeam>) -> Answer {
    let Body(new) = body;
    scope
        .write(move |tx| {
            let team = Team {
                id: Id::new(),
                name: new.name,
                key: new.key,
                time_zone: new.time_zone,
                absence_approval: AbsenceApproval::Nobody,
                absent_offers: AbsentOffers::Reroute,
                created_at: tx.now,
                updated_at: tx.now,
                version: 1,
            };
            diesel::insert_into(teams::table)
                .values((
                    teams::id.eq(team.id),
                    teams::key.eq(&team.key),
                    teams::name.eq(&team.name),
                    teams::time_zone.eq(team.time_zone),
                    teams::absence_approval.eq(team.absence_approval),
                    teams::absent_offers.eq(team.absent_offers),
                    teams::revision.eq(1_i64),
                    teams::last_task_number.eq(0_i64),
                    teams::created_at.eq(tx.now),
                    teams::updated_at.eq(tx.now),
                    teams::version.eq(1_i64),
                ))
                .execute(tx.conn)?;
            let name: Name = accounts::table
                .find(tx.account_id)
                .select(accounts::name)
                .first(tx.conn)?;
            let (account_id, now, followers) = (tx.account_id, tx.now, tx.followers);
            let mut founding = found_team(
                tx.conn,
                account_id,
                team.id,
                Id::new(),
                team.time_zone.to_string(),
                now,
                followers,
            );
            members::found(&mut founding, name, &team)?;
            founding.follow()?;
            let place = format!("/v1/teams/{}", team.id);
            Reply::created(&team, team.version, place)
        })
        .await
}

/// Show a team
#[utoipa::path(tag = "teams", responses((status = 200, body = Team)))]
#[get("/v1/teams/{team_id}")]
pub async fn get_team(scope: TeamScope) -> Answer {
    scope
        .read(Permission::TeamRead, |reading| {
            let team = current(reading)?;
            Reply::record(&team, team.version)
        })
        .await
}

/// Change a team
///
/// A JSON Merge Patch: absent keeps. A new key renames all tasks at once: `OLD-12` is `NEW-12` from then on.
#[utoipa::path(tag = "teams", request_body = TeamPatch, responses((status = 200, body = Team)))]
#[patch("/v1/teams/{team_id}")]
pub async fn update_team(scope: TeamScope, body: Body<TeamPatch>) -> Answer {
    let Body(patch) = body;
    scope
        .write(Permission::TeamWrite, move |tx| {
            let before = current(tx)?;
            tx.expect_version(before.version)?;
            let after: Team = diesel::update(teams::table.find(before.id))
                .set((
                    &patch,
                    teams::updated_at.eq(tx.now),
                    teams::version.eq(tx.revision),
                ))
                .returning(columns::<Team>())
                .get_result(tx.conn)?;
            let team = tx.change(before, after)?;
            Reply::record(&team, team.version)
        })
        .await
}

/// Delete a team
///
/// Only an owner can. The team and all that is in it are gone for everybody.
#[utoipa::path(tag = "teams", responses((status = 204)))]
#[delete("/v1/teams/{team_id}")]
pub async fn delete_team(scope: TeamScope) -> Answer {
    scope
        .write(Permission::TeamDelete, |tx| {
            let team = current(tx)?;
            tx.expect_version(team.version)?;
            diesel::update(teams::table.find(team.id))
                .set(teams::deleted_at.eq(tx.now))
                .execute(tx.conn)?;
            tx.deleted(&team)?;
            Ok(Reply::no_content())
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_teams)
        .service(create_team)
        .service(get_team)
        .service(update_team)
        .service(delete_team);
}
