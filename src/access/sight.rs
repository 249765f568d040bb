//! What the caller may look at: one team, or all of the caller's own.
//!
//! The surprising rule: what is not in sight is not refused but not found. The caller asked for something else, and
//! this is shown beside it.

use diesel::prelude::*;

use super::account_scope::AccountTx;
use super::roles::{Permission, Role};
use super::team_scope::{Reading, TeamId};
use crate::db::{AnyConnection, Id};
use crate::http::{Answer, Problem, Reply};
use crate::schema::{members, teams};

/// The caller's places in teams, and the connection.
pub struct Sight<'c> {
    /// The connection.
    pub conn: &'c mut AnyConnection,
    places: Vec<Place>,
}

struct Place {
    team: TeamId,
    member_id: Id,
    role: Role,
}

impl Sight<'_> {
    /// The teams in which the caller has the permission.
    #[must_use]
    pub fn teams(&self, permission: Permission) -> Vec<Id> {
        self.places
            .iter()
            .filter(|place| place.role.may(permission))
            .map(|place| place.team.id())
            .collect()
    }

    /// The caller, as a member of each team.
    #[must_use]
    pub fn me(&self) -> Vec<Id> {
        self.places.iter().map(|place| place.member_id).collect()
    }
}

impl Reading<'_> {
    /// What the caller may look at in this team.
    pub fn sight(&mut self) -> Sight<'_> {
        Sight {
            places: vec![Place {
                team: self.team,
                member_id: self.me.member_id,
                role: self.me.role,
            }],
            conn: self.conn,
        }
    }

    /// 200 with a record and, where that was asked for, what it refers to. The tag of the two together follows the team's
    /// revision; `If-Match` takes it as it takes the record's own.
    ///
    /// # Errors
    /// When they cannot be written as JSON.
    pub fn show<T, E>(&self, record: &T, version: i64, expanded: Option<E>) -> Answer
    where
        T: serde::Serialize,
        E: serde::Serialize,
    {
        if expanded.is_none() {
            return Reply::record(record, version);
        }
        let shown = crate::http::Expanded {
            shown: record,
            expanded,
        };
        Ok(Reply::ok(&shown)?.tagged(self.etag_with(version, self.revision)))
    }
}

impl AccountTx<'_> {
    /// What the caller may look at in all teams.
    ///
    /// # Errors
    /// What the database answers.
    pub fn sight(&mut self) -> Result<Sight<'_>, Problem> {
        let places: Vec<(Id, Id, Role)> = members::table
            .inner_join(teams::table.on(teams::id.eq(members::team_id)))
            .filter(members::account_id.eq(self.account_id))
            .filter(members::left_at.is_null())
            .filter(teams::deleted_at.is_null())
            .select((members::team_id, members::id, members::role))
            .load(self.conn)?;
        Ok(Sight {
            places: places
                .into_iter()
                .map(|(team_id, member_id, role)| Place {
                    team: TeamId::entered(team_id),
                    member_id,
                    role,
                })
                .collect(),
            conn: self.conn,
        })
    }
}
