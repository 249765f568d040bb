//! Who a cell means: the members of the team by handle, name and job title.
//!
//! The surprising rule: two members with the same job title are nobody. A guess would give somebody work that is
//! not theirs, so the cell is listed instead.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::access::{Reading, Role};
use crate::db::Id;
use crate::http::Problem;
use crate::http::imports::normalised;
use crate::schema::members;

/// The members of the team, to be looked up.
#[derive(Debug, Default)]
pub struct Directory {
    handles: Index,
    names: Index,
    job_titles: Index,
    roles: HashMap<Id, Role>,
}

type Index = HashMap<String, Vec<Id>>;

/// Whom a text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    /// This member.
    One(Id),
    /// No member.
    Nobody,
    /// One of several, and nothing says which.
    Several,
}

/// One of those whom a cell names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As the cell has it.
    pub text: String,
    /// Whom it means.
    pub meant: Meant,
}

impl Directory {
    /// Everybody who is in the team.
    ///
    /// # Errors
    /// What the database answers.
    pub fn load(reading: &mut Reading<'_>) -> Result<Self, Problem> {
        type Row = (Id, Role, String, String, Option<String>);
        let rows: Vec<Row> = members::table
            .filter(members::team_id.eq(reading.team.id()))
            .filter(members::left_at.is_null())
            .select((
                members::id,
                members::role,
                members::handle,
                members::display_name,
                members::job_title,
            ))
            .load(reading.conn)?;
        let mut directory = Self::default();
        for (id, role, handle, name, job_title) in rows {
            directory.add(id, role, &handle, &name, job_title.as_deref());
        }
        Ok(directory)
    }

    fn add(&mut self, id: Id, role: Role, handle: &str, name: &str, job_title: Option<&str>) {
        self.roles.insert(id, role);
        let mut enter = |index: fn(&mut Self) -> &mut Index, text: &str| {
            index(self).entry(normalised(text)).or_default().push(id);
        };
        enter(|directory| &mut directory.handles, handle);
        enter(|directory| &mut directory.names, name);
        if let Some(job_title) = job_title {
            enter(|directory| &mut directory.job_titles, job_title);
        }
    }

    /// Whom a text means: a handle before a name before a job title; case and accents do not matter.
    #[must_use]
    pub fn look_up(&self, text: &str) -> Meant {
        let wanted = normalised(text);
        let handle = wanted.strip_prefix('@').unwrap_or(&wanted);
        let found = self
            .handles
            .get(handle)
            .or_else(|| self.names.get(&wanted))
            .or_else(|| self.job_titles.get(&wanted));
        match found.map(Vec::as_slice) {
            Some([one]) => Meant::One(*one),
            Some([_, _, ..]) => Meant::Several,
            Some([]) | None => Meant::Nobody,
        }
    }

    /// Whom a cell names, in its order: one, or several separated by `/`.
    #[must_use]
    pub fn read(&self, cell: &str) -> Vec<Named> {
        let named = |text: &str| Named {
            text: text.to_owned(),
            meant: self.look_up(text),
        };
        let whole = named(cell);
        if whole.meant != Meant::Nobody {
            return vec![whole];
        }
        cell.split(['/', '\n'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(named)
            .collect()
    }

    /// Whether a member may hold a task: a guest may not.
    #[must_use]
    pub fn may_hold(&self, member: Id) -> bool {
        self.roles
            .get(&member)
            .is_some_and(|role| *role > Role::Guest)
    }
}

#[cfg(test)]
mod tests {
    use super::{Directory, Meant};
    use crate::access::Role;
    use crate::db::Id;

    #[test]
    fn finds_members_by_handle_name_and_job_title() {
        let (zoe, bob, eve) = (Id::new(), Id::new(), Id::new());
        let mut team = Directory::default();
        team.add(zoe, Role::Lead, "zoe", "Zoë  Müller", Some("Release Lead"));
        team.add(bob, Role::Member, "bob", "Bob", Some("Docs"));
        team.add(eve, Role::Guest, "eve", "Eve", Some("Docs"));
        for text in ["zoe muller", "ZOË MÜLLER", "@zoe", "release  lead"] {
            assert_eq!(team.look_up(text), Meant::One(zoe), "{text}");
        }
        assert_eq!(team.look_up("docs"), Meant::Several);
        assert_eq!(team.look_up("Comms"), Meant::Nobody);
        assert!(team.may_hold(bob) && !team.may_hold(eve));
    }

    #[test]
    fn reads_several_in_their_order() {
        let (ann, both) = (Id::new(), Id::new());
        let mut team = Directory::default();
        team.add(ann, Role::Member, "ann", "Ann", Some("Comms"));
        team.add(both, Role::Member, "both", "Both", Some("A / B"));
        let meant = |cell: &str| {
            team.read(cell)
                .into_iter()
                .map(|named| (named.text, named.meant))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            meant("Release Signal / Comms"),
            [
                ("Release Signal".to_owned(), Meant::Nobody),
                ("Comms".to_owned(), Meant::One(ann))
            ]
        );
        assert_eq!(meant("a / b"), [("a / b".to_owned(), Meant::One(both))]);
    }
}
