//! Into a team: as a member, as the clock, as its founder, by an invitation, as the public.
//!
//! The surprising rule: whoever writes takes the team's next revision first, and a member takes it in the same
//! statement that asks whether he is one. An outsider so never holds up a team by knocking at its door.

use diesel::prelude::*;

use super::caller::Caller;
use super::follow::Followers;
use super::roles::{Permission, Role};
use super::state::State;
use super::team_scope::{Me, Reading, TeamId, Tx, insufficient};
use crate::db::rows::Steady;
use crate::db::{AnyConnection, Id, Instant, Outcome};
use crate::http::{Code, Problem};
use crate::schema::{deputies, members, sessions, teams};

/// The caller's place in a team.
pub(super) struct Place {
    /// The caller, or whoever the caller stands in for.
    me: Me,
    deputy_id: Option<Id>,
    revision: i64,
    time_zone: String,
}

impl Place {
    pub(super) fn check(&self, permission: Permission) -> Result<(), Problem> {
        let is_there = self.deputy_id.is_none() || permission.is_lent();
        if self.me.role.may(permission) && is_there {
            Ok(())
        } else {
            Err(insufficient(self.me, permission))
        }
    }

    /// The member whose deed it is.
    pub(super) fn actor(&self) -> Id {
        self.deputy_id.unwrap_or(self.me.member_id)
    }

    pub(super) fn reading(
        self,
        conn: &mut AnyConnection,
        caller: Caller,
        team_id: Id,
        now: Instant,
    ) -> Reading<'_> {
        Reading {
            conn,
            team: TeamId::entered(team_id),
            me: self.me,
            deputy_id: self.deputy_id,
            account_id: caller.account_id,
            revision: self.revision,
            time_zone: self.time_zone,
            now,
            is_committed: true,
        }
    }
}

/// Membership, role and session in one query by primary keys.
pub(super) fn place(
    conn: &mut AnyConnection,
    caller: Caller,
    team_id: Id,
    now: Instant,
) -> Result<Place, Problem> {
    let found: Option<(Id, Role, i64, String)> = teams::table
        .inner_join(
            members::table.on(members::team_id
                .eq(teams::id)
                .and(members::account_id.eq(caller.account_id))
                .and(members::left_at.is_null())),
        )
        .inner_join(
            sessions::table.on(sessions::id
                .eq(caller.session_id)
                .and(sessions::account_id.eq(members::account_id))
                .and(sessions::ended_at.is_null())
                .and(sessions::expires_at.gt(now))),
        )
        .filter(teams::id.eq(team_id))
        .filter(teams::deleted_at.is_null())
        .select((
            members::id,
            members::role,
            teams::revision,
            teams::time_zone,
        ))
        .first(conn)
        .optional()?;
    match found {
        Some((member_id, role, revision, time_zone)) => {
            let own = Me { member_id, role };
            Ok(Place {
                me: match caller.on_behalf_of {
                    None => own,
                    Some(replaced) => replaced_by(conn, own, team_id, replaced, now)?,
                },
                deputy_id: caller.on_behalf_of.map(|_| member_id),
                revision,
                time_zone,
            })
        }
        None => {
            super::account_scope::check_session(conn, caller, now)?;
            Err(Problem::not_found())
        }
    }
}

/// The member whom `own` stands in for, in the role that the member has now. A guest stands in for nobody.
fn replaced_by(
    conn: &mut AnyConnection,
    own: Me,
    team_id: Id,
    replaced: Id,
    now: Instant,
) -> Result<Me, Problem> {
    let role: Option<Role> = deputies::table
        .inner_join(
            members::table.on(members::team_id
                .eq(deputies::team_id)
                .and(members::id.eq(deputies::member_id))
                .and(members::left_at.is_null())),
        )
        .filter(deputies::team_id.eq(team_id))
        .filter(deputies::member_id.eq(replaced))
        .filter(deputies::deputy_id.eq(own.member_id))
        .filter(deputies::starts_at.le(now))
        .filter(deputies::ends_at.gt(now))
        .filter(deputies::ended_at.is_null())
        .select(members::role)
        .first(conn)
        .optional()?;
    match role {
        Some(role) if own.role > Role::Guest => Ok(Me {
            member_id: replaced,
            role,
        }),
        _ => Err(Problem::new(Code::NotADeputy)),
    }
}

/// Takes the team's next revision, which only a member can do, and reads the place under its lock.
pub(super) fn next_revision(
    conn: &mut AnyConnection,
    caller: Caller,
    team_id: Id,
    now: Instant,
) -> Result<Place, Problem> {
    let is_member = diesel::dsl::exists(
        members::table
            .filter(members::team_id.eq(team_id))
            .filter(members::account_id.eq(caller.account_id))
            .filter(members::left_at.is_null()),
    );
    Steady(
        diesel::update(
            teams::table
                .filter(teams::id.eq(team_id))
                .filter(teams::deleted_at.is_null())
                .filter(is_member),
        )
        .set(teams::revision.eq(teams::revision + 1)),
    )
    .execute(conn)?;
    place(conn, caller, team_id, now)
}

impl State {
    /// Writes to a team as the clock: no member acts, and no permission is asked.
    ///
    /// # Errors
    /// What `work` answers; `not_found` when the team is gone.
    pub async fn write_as_clock<F>(&self, team_id: Id, work: F) -> Result<(), Problem>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<(), Problem> + Send + 'static,
    {
        let (now, followers) = (self.clock.now(), self.followers);
        self.db
            .write(move |conn| {
                diesel::update(teams::table.find(team_id))
                    .set(teams::revision.eq(teams::revision + 1))
                    .execute(conn)?;
                let (revision, time_zone) = teams::table
                    .find(team_id)
                    .select((teams::revision, teams::time_zone))
                    .first(conn)?;
                let mut tx = Tx::begin(
                    Reading {
                        conn,
                        team: TeamId::entered(team_id),
                        me: Me {
                            member_id: Id::nil(),
                            role: Role::Owner,
                        },
                        deputy_id: None,
                        account_id: Id::nil(),
                        revision,
                        time_zone,
                        now,
                        is_committed: true,
                    },
                    None,
                    None,
                    followers,
                );
                work(&mut tx)?;
                tx.follow()?;
                Ok(if tx.has_written()? {
                    Outcome::Keep(())
                } else {
                    Outcome::Discard(())
                })
            })
            .await
    }
}

/// Opens the transaction of a team that is being made, with its first member as the actor.
pub(crate) fn found_team<'c>(
    conn: &'c mut AnyConnection,
    account_id: Id,
    team_id: Id,
    member_id: Id,
    time_zone: String,
    now: Instant,
    followers: Followers,
) -> Tx<'c> {
    Tx::begin(
        Reading {
            conn,
            team: TeamId::entered(team_id),
            me: Me {
                member_id,
                role: Role::Owner,
            },
            deputy_id: None,
            account_id,
            revision: 1,
            time_zone,
            now,
            is_committed: true,
        },
        Some(member_id),
        None,
        followers,
    )
}

/// Lets an account into a team by its invitation: takes the next revision without a membership to check.
pub(crate) fn enter_team<'c>(
    conn: &'c mut AnyConnection,
    account_id: Id,
    team_id: Id,
    now: Instant,
    followers: Followers,
) -> Result<Tx<'c>, Problem> {
    diesel::update(
        teams::table
            .find(team_id)
            .filter(teams::deleted_at.is_null()),
    )
    .set(teams::revision.eq(teams::revision + 1))
    .execute(conn)?;
    Ok(Tx::begin(
        without_role(conn, account_id, team_id, now)?,
        None,
        None,
        followers,
    ))
}

/// Lets the public read what an address or a secret opens.
pub(super) fn public_reading(
    conn: &mut AnyConnection,
    team_id: Id,
    now: Instant,
) -> Result<Reading<'_>, Problem> {
    without_role(conn, Id::nil(), team_id, now)
}

/// Lets the public write what an address or a secret opens: takes the next revision, and nobody is the actor.
pub(super) fn public_writing(
    conn: &mut AnyConnection,
    team_id: Id,
    now: Instant,
    followers: Followers,
) -> Result<Tx<'_>, Problem> {
    enter_team(conn, Id::nil(), team_id, now, followers)
}

/// What somebody has at hand who is no member: the lowest role and nobody's id.
fn without_role(
    conn: &mut AnyConnection,
    account_id: Id,
    team_id: Id,
    now: Instant,
) -> Result<Reading<'_>, Problem> {
    let (revision, time_zone) = teams::table
        .find(team_id)
        .filter(teams::deleted_at.is_null())
        .select((teams::revision, teams::time_zone))
        .first(conn)?;
    Ok(Reading {
        conn,
        team: TeamId::entered(team_id),
        me: Me {
            member_id: Id::nil(),
            role: Role::Guest,
        },
        deputy_id: None,
        account_id,
        revision,
        time_zone,
        now,
        is_committed: true,
    })
}
