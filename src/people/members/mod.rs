//! Members: an account's place in one team, with a role and a profile.
//!
//! The surprising rule: a member who leaves keeps the record, so that history has a name to show, and comes back as
//! the same member when invited again.

mod handle;
mod handlers;
mod references;
mod zones;

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::teams::Team;
use super::texts::Handle;
use super::{deputies, ownership};
use crate::access::{Me, Permission, Reading, Role, Sight, TeamId, Tx};
use crate::db::rows::{columns, fold};
use crate::db::{Id, Instant, Json, MultiBackend};
use crate::http::expand::ById;
use crate::http::query::{AnyOf, Flag};
use crate::http::strict::{nullable, present};
use crate::http::text::Name;
use crate::http::{Code, Page, Problem, Text, UpTo};
use crate::journal::{Journaled, Kind};
use crate::schema::members;
use crate::text_enum;

pub use handlers::routes;
pub use references::{check_reference, refuse_guest};
pub use zones::{time_zone, time_zones, todays};

/// What a member is good at.
pub type Skills = UpTo<50, Text<1, 60>>;

/// What changes in a member: absent keeps, null clears.
#[derive(Debug, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = members)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"job_title": "Release lead", "skills": ["writing", "Go"]}))]
pub struct MemberPatch {
    /// Not above your own; `owner` only by accepting an ownership offer.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    role: Option<Role>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    display_name: Option<Name>,
    /// Under which the member is mentioned; unique in the team.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    handle: Option<Handle>,
    #[serde(default, deserialize_with = "nullable")]
    job_title: Option<Option<Name>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Skills>, nullable = false)]
    skills: Option<Json<Skills>>,
}

impl MemberPatch {
    /// Whether it makes a guest of somebody who was none.
    #[must_use]
    pub fn makes_a_guest_of(&self, before: &Member) -> bool {
        self.role == Some(Role::Guest) && before.role > Role::Guest
    }
}

/// Which members are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MemberFilter {
    /// In any of these roles, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "lead,owner")]
    role: Option<AnyOf<Role>>,
    /// Text that the name, handle, job title or a skill contains; case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 200)]
    q: Option<Text<1, 200>>,
    /// Whether those who have left are listed too, for the names in the history.
    #[param(value_type = Option<bool>)]
    include_left: Option<Flag>,
}

text_enum! {
    /// What the list sorts by.
    pub enum MemberSort {
        /// When the member joined.
        CreatedAt = "created_at",
    }
}

/// A member of a team.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = members)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "role": "lead", "display_name": "Ada Lovelace", "handle": "ada-lovelace", "job_title": "Release lead", "skills": ["writing", "Go"], "created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z", "version": 3, "left_at": null}))]
pub struct Member {
    /// The team.
    pub team_id: Id,
    /// The member's id.
    pub id: Id,
    /// Whose place it is: never sent.
    #[serde(skip)]
    pub account_id: Id,
    /// What the member may do.
    pub role: Role,
    /// The name that is shown.
    pub display_name: Name,
    /// The name under which the member is mentioned: `@ada`.
    pub handle: Handle,
    /// What the member does in the team.
    #[schema(required = true)]
    pub job_title: Option<Name>,
    /// What the member is good at.
    #[schema(value_type = Skills)]
    pub skills: Json<Skills>,
    /// What is searched: never sent.
    #[serde(skip)]
    pub search: String,
    /// When the member first joined.
    pub created_at: Instant,
    /// When the record was last changed by a person.
    pub updated_at: Instant,
    /// The revision that last changed it; also its `ETag`.
    #[schema(minimum = 1)]
    pub version: i64,
    /// When the member left; null while in the team.
    #[schema(required = true)]
    pub left_at: Option<Instant>,
}

/// A page of members.
pub type MemberPage = Page<Member>;
/// Members that something refers to.
pub type MembersById = ById<Member>;

/// The caller as a member, with what the role allows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "role": "guest", "display_name": "Ada Lovelace", "handle": "ada-lovelace", "job_title": null, "skills": [], "created_at": "2026-03-01T12:00:00.000Z", "updated_at": "2026-03-01T12:00:00.000Z", "version": 3, "left_at": null, "permissions": ["team:read", "member:read"]}))]
pub struct MyMember {
    /// The member.
    #[serde(flatten)]
    pub member: Member,
    /// What you may do in this team.
    #[schema(max_items = 100)]
    pub permissions: Vec<Permission>,
}

impl Journaled for Member {
    const KIND: Kind = Kind::Member;

    fn id(&self) -> Id {
        self.id
    }
}

impl From<Member> for MyMember {
    fn from(member: Member) -> Self {
        let permissions = member.role.permissions();
        Self {
            member,
            permissions,
        }
    }
}

// ---------------------------------------------------------------- rules

fn search_text(name: &Name, handle: &Handle, job_title: Option<&Name>, skills: &Skills) -> String {
    let mut text = format!("{name}\n{handle}");
    for more in job_title
        .map(Name::as_str)
        .into_iter()
        .chain(skills.0.iter().map(Text::as_str))
    {
        text.push('\n');
        text.push_str(more);
    }
    fold(&text)
}

/// Whoever stands above the caller is not the caller's to change.
fn check_rank(reading: &Reading<'_>, member: &Member) -> Result<(), Problem> {
    if member.role > reading.me.role {
        reading.require(Permission::OwnershipOffer)
    } else {
        Ok(())
    }
}

/// Whether the caller may change `member` so: oneself always, others and roles with the permission, and nobody above.
///
/// # Errors
/// `insufficient_role`, `version_conflict`, `last_owner`, `already_exists` for the handle; `validation_failed`.
pub fn check_change(tx: &mut Tx<'_>, before: &Member, patch: &MemberPatch) -> Result<(), Problem> {
    if before.id != tx.me.member_id {
        tx.require(Permission::MemberWrite)?;
        check_rank(tx, before)?;
    }
    tx.expect_version(before.version)?;
    if let Some(role) = patch.role {
        check_role(tx, before, role)?;
    }
    if let Some(handle) = &patch.handle
        && handle_is_taken(tx, handle, before.id)?
    {
        return Err(Problem::new(Code::AlreadyExists)
            .detail("Somebody in this team has or had this handle."));
    }
    Ok(())
}

fn check_role(tx: &mut Tx<'_>, before: &Member, role: Role) -> Result<(), Problem> {
    if role == before.role {
        return Ok(());
    }
    tx.require(Permission::MemberWrite)?;
    if role == Role::Owner {
        return Err(Problem::field(
            "/role",
            "needs_ownership_offer",
            "A member becomes an owner by accepting an ownership offer.",
        ));
    }
    if role > tx.me.role {
        return tx.require(Permission::OwnershipOffer);
    }
    check_owner_remains(tx, before)
}

/// Whether the caller may take `member` out of the team: oneself always, others with the permission, unless they
/// stand above.
///
/// # Errors
/// `insufficient_role`.
pub fn check_removal(reading: &Reading<'_>, member: &Member) -> Result<(), Problem> {
    if member.id == reading.me.member_id {
        return Ok(());
    }
    reading.require(Permission::MemberRemove)?;
    check_rank(reading, member)
}

/// Refuses to let the last owner go. Asked under the team's revision, so two owners cannot go at once.
///
/// # Errors
/// `last_owner`.
pub fn check_owner_remains(reading: &mut Reading<'_>, member: &Member) -> Result<(), Problem> {
    if member.role != Role::Owner {
        return Ok(());
    }
    let other: Option<Id> = in_team(reading.team)
        .filter(members::role.eq(Role::Owner))
        .filter(members::id.ne(member.id))
        .select(members::id)
        .first(reading.conn)
        .optional()?;
    match other {
        Some(_) => Ok(()),
        None => Err(Problem::new(Code::LastOwner)),
    }
}

// ---------------------------------------------------------------- queries

/// The members of the team: where every query of members begins.
#[must_use]
pub fn in_team(team: TeamId) -> members::BoxedQuery<'static, MultiBackend> {
    members::table
        .filter(members::team_id.eq(team.id()))
        .filter(members::left_at.is_null())
        .into_boxed()
}

/// The same for all teams in sight.
fn in_sight(sight: &Sight<'_>) -> members::BoxedQuery<'static, MultiBackend> {
    members::table
        .filter(members::team_id.eq_any(sight.teams(Permission::MemberRead)))
        .filter(members::left_at.is_null())
        .into_boxed()
}

/// Those of these members that are in sight.
///
/// # Errors
/// What the database answers.
pub fn these(sight: &mut Sight<'_>, ids: BTreeSet<Id>) -> Result<MembersById, Problem> {
    MembersById::of(ids, |ids| {
        in_sight(sight)
            .filter(members::id.eq_any(ids))
            .select((members::id, Member::as_select()))
            .load(sight.conn)
    })
}

/// The member with this id.
///
/// # Errors
/// `not_found`.
pub fn find(reading: &mut Reading<'_>, id: Id) -> Result<Member, Problem> {
    Ok(in_team(reading.team)
        .filter(members::id.eq(id))
        .select(Member::as_select())
        .first(reading.conn)?)
}

/// Whether a handle belongs to somebody else in the team, those who have left included.
fn handle_is_taken(
    reading: &mut Reading<'_>,
    handle: &Handle,
    member_id: Id,
) -> Result<bool, Problem> {
    let other: Option<Id> = members::table
        .filter(members::team_id.eq(reading.team.id()))
        .filter(members::handle.eq(handle))
        .filter(members::id.ne(member_id))
        .select(members::id)
        .first(reading.conn)
        .optional()?;
    Ok(other.is_some())
}

fn new_member(tx: &mut Tx<'_>, id: Id, name: Name, role: Role) -> Result<Member, Problem> {
    let handle = handle::free(tx, &name)?;
    let skills = Skills::default();
    let member = Member {
        team_id: tx.team.id(),
        id,
        account_id: tx.account_id,
        role,
        search: search_text(&name, &handle, None, &skills),
        display_name: name,
        handle,
        job_title: None,
        skills: Json(skills),
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
        left_at: None,
    };
    diesel::insert_into(members::table)
        .values(&member)
        .execute(tx.conn)?;
    Ok(member)
}

/// Journals a new team and makes the founder its owner.
pub(super) fn found(tx: &mut Tx<'_>, name: Name, team: &Team) -> Result<Member, Problem> {
    let owner = new_member(tx, tx.me.member_id, name, Role::Owner)?;
    tx.created(team)?;
    tx.created(&owner)?;
    Ok(owner)
}

/// Lets the account of the transaction into the team, as a new member or as the one it was before. From here on
/// that member is who acts.
pub(super) fn enter(tx: &mut Tx<'_>, name: Name, role: Role) -> Result<Member, Problem> {
    let before: Option<Member> = members::table
        .filter(members::team_id.eq(tx.team.id()))
        .filter(members::account_id.eq(tx.account_id))
        .select(Member::as_select())
        .first(tx.conn)
        .optional()?;
    let act_as = |tx: &mut Tx<'_>, member_id: Id| {
        tx.actor_id = Some(member_id);
        tx.me = Me { member_id, role };
    };
    match before {
        None => {
            let member = new_member(tx, Id::new(), name, role)?;
            act_as(tx, member.id);
            tx.created(&member)?;
            Ok(member)
        }
        Some(before) if before.left_at.is_some() => {
            act_as(tx, before.id);
            let member: Member = diesel::update(members::table.find((before.team_id, before.id)))
                .set((
                    members::left_at.eq(None::<Instant>),
                    members::role.eq(role),
                    members::updated_at.eq(tx.now),
                    members::version.eq(tx.revision),
                ))
                .returning(columns::<Member>())
                .get_result(tx.conn)?;
            tx.restored(&member)?;
            Ok(member)
        }
        Some(_) => {
            Err(Problem::new(Code::AlreadyExists).detail("You are a member of this team already."))
        }
    }
}

/// Gives a member another role. What offers of ownership that took away is withdrawn.
pub(super) fn set_role(tx: &mut Tx<'_>, before: Member, role: Role) -> Result<Member, Problem> {
    let after: Member = diesel::update(members::table.find((before.team_id, before.id)))
        .set((
            members::role.eq(role),
            members::updated_at.eq(tx.now),
            members::version.eq(tx.revision),
        ))
        .returning(columns::<Member>())
        .get_result(tx.conn)?;
    role_changed(tx, &before, role)?;
    tx.change(before, after)
}

/// Changes a member, as [`check_change`] allowed.
///
/// # Errors
/// What the database answers.
pub fn change(tx: &mut Tx<'_>, before: Member, patch: &MemberPatch) -> Result<Member, Problem> {
    let search = search_text(
        patch.display_name.as_ref().unwrap_or(&before.display_name),
        patch.handle.as_ref().unwrap_or(&before.handle),
        patch
            .job_title
            .as_ref()
            .unwrap_or(&before.job_title)
            .as_ref(),
        &patch.skills.as_ref().unwrap_or(&before.skills).0,
    );
    let after: Member = diesel::update(members::table.find((before.team_id, before.id)))
        .set((
            patch,
            members::search.eq(search),
            members::updated_at.eq(tx.now),
            members::version.eq(tx.revision),
        ))
        .returning(columns::<Member>())
        .get_result(tx.conn)?;
    role_changed(tx, &before, after.role)?;
    tx.change(before, after)
}

/// A member who is no owner any more has no ownership to offer.
fn role_changed(tx: &mut Tx<'_>, before: &Member, role: Role) -> Result<(), Problem> {
    if before.role == Role::Owner && role != Role::Owner {
        ownership::withdraw_from(tx, before.id)?;
    }
    Ok(())
}

/// Takes a member out of the team and journals it. What the member held has been handed over before, and whether
/// the member may go has been asked ([`check_removal`], [`check_owner_remains`]).
///
/// # Errors
/// What the database answers.
pub fn leave(tx: &mut Tx<'_>, member: &Member) -> Result<(), Problem> {
    ownership::withdraw_from(tx, member.id)?;
    ownership::withdraw_to(tx, member.id)?;
    deputies::end_of(tx, member.id)?;
    diesel::update(members::table.find((member.team_id, member.id)))
        .set((
            members::left_at.eq(tx.now),
            members::updated_at.eq(tx.now),
            members::version.eq(tx.revision),
        ))
        .execute(tx.conn)?;
    tx.deleted(member)
}
