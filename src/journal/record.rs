//! Writing the journal: one line for each record that a revision creates, updates or deletes.
//!
//! The surprising rule: what changed is found by comparing the record as it is on the wire before and after,
//! so a new field is journaled the day it appears.

use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::access::{Permission, Touched, Tx};
use crate::db::{Id, Instant, Json};
use crate::http::Problem;
use crate::schema::journal;
use crate::{insert_all, text_enum};

text_enum! {
    /// What kind of record a line is about. More kinds will come: have a default branch.
    #[allow(missing_docs)]
    pub enum Kind {
        Team = "team",
        Member = "member",
        Invitation = "invitation",
        OwnershipOffer = "ownership_offer",
        Campaign = "campaign",
        Milestone = "milestone",
        Event = "event",
        AgendaItem = "agenda_item",
        EventSeries = "event_series",
        CalendarFeed = "calendar_feed",
        Registration = "registration",
        Task = "task",
        Dependency = "dependency",
        ChecklistItem = "checklist_item",
        Comment = "comment",
        Delegation = "delegation",
        TimeEntry = "time_entry",
        Resource = "resource",
        Allocation = "allocation",
        BudgetLine = "budget_line",
        Expense = "expense",
        WorkingHours = "working_hours",
        Holiday = "holiday",
        Absence = "absence",
        Deputy = "deputy",
    }
}

impl Kind {
    /// What one needs to be allowed to see lines of this kind.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            Self::Team => Permission::TeamRead,
            Self::Member => Permission::MemberRead,
            Self::Invitation => Permission::InvitationRead,
            Self::OwnershipOffer => Permission::OwnershipRead,
            Self::Campaign | Self::Milestone => Permission::CampaignRead,
            Self::Event | Self::AgendaItem | Self::EventSeries => Permission::EventRead,
            // What somebody calls the phone is nobody's business but that of whoever looks after the members.
            Self::CalendarFeed => Permission::MemberWrite,
            Self::Registration => Permission::RegistrationRead,
            Self::Task | Self::Dependency | Self::ChecklistItem => Permission::TaskRead,
            Self::Comment => Permission::CommentRead,
            Self::Delegation => Permission::DelegationRead,
            Self::TimeEntry => Permission::TimeEntryRead,
            Self::Resource => Permission::ResourceRead,
            Self::Allocation => Permission::AllocationRead,
            Self::BudgetLine => Permission::BudgetLineRead,
            Self::Expense => Permission::ExpenseRead,
            Self::WorkingHours => Permission::WorkingHoursRead,
            Self::Holiday => Permission::HolidayRead,
            Self::Absence => Permission::AbsenceRead,
            Self::Deputy => Permission::DeputyRead,
        }
    }
}

text_enum! {
    /// What happened to a record.
    pub enum Action {
        /// It is new; every field that has a value is listed.
        Created = "created",
        /// Some fields changed.
        Updated = "updated",
        /// It went to the trash, or is gone: clients remove it.
        Deleted = "deleted",
        /// It came back from the trash; every field that has a value is listed.
        Restored = "restored",
    }
}

/// A record whose changes are journaled: the one that is on the wire.
pub trait Journaled: Serialize {
    /// What kind it is.
    const KIND: Kind;

    /// Its id.
    fn id(&self) -> Id;

    /// The campaign it belongs to, for the campaign's history and its progress over time.
    fn campaign_id(&self) -> Option<Id> {
        None
    }
}

/// Fields that change with every write and say nothing.
const SILENT: [&str; 4] = ["version", "updated_at", "team_id", "id"];

impl Tx<'_> {
    /// Journals a new record.
    ///
    /// # Errors
    /// What the database answers.
    pub fn created<T: Journaled>(&mut self, record: &T) -> Result<(), Problem> {
        let after = fields(record)?;
        self.line(record, None, Action::Created, changes(&Map::new(), &after))
    }

    /// Journals what differs between `before` and `after`; no line when nothing does.
    ///
    /// # Errors
    /// What the database answers.
    pub fn updated<T: Journaled>(&mut self, before: &T, after: &T) -> Result<(), Problem> {
        let changed = changes(&fields(before)?, &fields(after)?);
        if changed.is_empty() {
            return Ok(());
        }
        let previous = before
            .campaign_id()
            .filter(|id| Some(*id) != after.campaign_id());
        self.line(after, previous, Action::Updated, changed)
    }

    /// Journals a change and answers the record that stands: `after`, or `before` when nothing differs (the
    /// transaction is then rolled back, and with it the new version).
    ///
    /// # Errors
    /// What the database answers.
    pub fn change<T: Journaled>(&mut self, before: T, after: T) -> Result<T, Problem> {
        let lines = self.lines;
        self.updated(&before, &after)?;
        Ok(if self.lines > lines { after } else { before })
    }

    /// Journals that a record went to the trash or is gone.
    ///
    /// # Errors
    /// What the database answers.
    pub fn deleted<T: Journaled>(&mut self, record: &T) -> Result<(), Problem> {
        self.line(record, None, Action::Deleted, Map::new())
    }

    /// Journals that a record came back from the trash.
    ///
    /// # Errors
    /// What the database answers.
    pub fn restored<T: Journaled>(&mut self, record: &T) -> Result<(), Problem> {
        let after = fields(record)?;
        self.line(record, None, Action::Restored, changes(&Map::new(), &after))
    }

    /// Says `note` beside the journal lines that follow in this revision.
    pub fn say(&mut self, note: impl Into<String>) {
        self.note = Some(note.into());
    }

    /// Journals many new records.
    ///
    /// # Errors
    /// What the database answers.
    pub fn created_all<T: Journaled>(&mut self, records: &[T]) -> Result<(), Problem> {
        self.whole(records, Action::Created)
    }

    /// Journals that many records went to the trash or are gone.
    ///
    /// # Errors
    /// What the database answers.
    pub fn deleted_all<T: Journaled>(&mut self, records: &[T]) -> Result<(), Problem> {
        let lines: Vec<Line> = records
            .iter()
            .map(|record| self.draft(record, None, Action::Deleted, Map::new()))
            .collect();
        self.write(&lines)
    }

    /// Journals that many records came back from the trash.
    ///
    /// # Errors
    /// What the database answers.
    pub fn restored_all<T: Journaled>(&mut self, records: &[T]) -> Result<(), Problem> {
        self.whole(records, Action::Restored)
    }

    /// Every field that has a value.
    fn whole<T: Journaled>(&mut self, records: &[T], action: Action) -> Result<(), Problem> {
        let mut lines = Vec::with_capacity(records.len());
        for record in records {
            let changed = changes(&Map::new(), &fields(record)?);
            lines.push(self.draft(record, None, action, changed));
        }
        self.write(&lines)
    }

    fn line<T: Journaled>(
        &mut self,
        record: &T,
        previous_campaign_id: Option<Id>,
        action: Action,
        changes: Map<String, Value>,
    ) -> Result<(), Problem> {
        let line = self.draft(record, previous_campaign_id, action, changes);
        self.write(&[line])
    }

    /// The next line of the revision.
    fn draft<T: Journaled>(
        &mut self,
        record: &T,
        previous_campaign_id: Option<Id>,
        action: Action,
        changes: Map<String, Value>,
    ) -> Line {
        self.lines = self.lines.saturating_add(1);
        self.touched.push(Touched {
            kind: T::KIND.as_str(),
            action: action.as_str(),
            id: record.id(),
            status: match changes.get("status") {
                Some(status) => status["to"].as_str().map(str::to_owned),
                None => None,
            },
            has_moved: action == Action::Updated && changes.contains_key("campaign_id"),
        });
        Line {
            team_id: self.team.id(),
            revision: self.revision,
            position: self.lines,
            at: self.now,
            actor_id: self.actor_id,
            on_behalf_of_id: self.on_behalf_of(),
            kind: T::KIND,
            record_id: record.id(),
            action,
            changes: Json(Value::Object(changes)),
            note: self.note.clone(),
            campaign_id: record.campaign_id(),
            previous_campaign_id,
        }
    }

    fn write(&mut self, lines: &[Line]) -> Result<(), Problem> {
        insert_all!(&mut *self.conn, journal::table, lines);
        Ok(())
    }
}

/// A line, as it is written.
#[derive(Insertable)]
#[diesel(table_name = journal, treat_none_as_default_value = false)]
struct Line {
    team_id: Id,
    revision: i64,
    position: i64,
    at: Instant,
    actor_id: Option<Id>,
    on_behalf_of_id: Option<Id>,
    kind: Kind,
    record_id: Id,
    action: Action,
    changes: Json<Value>,
    note: Option<String>,
    campaign_id: Option<Id>,
    previous_campaign_id: Option<Id>,
}

fn fields(record: &impl Serialize) -> Result<Map<String, Value>, Problem> {
    match serde_json::to_value(record).map_err(Problem::internal)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Problem::internal("a journaled record is no object")),
    }
}

/// The fields that differ, each with what it was and what it is.
fn changes(before: &Map<String, Value>, after: &Map<String, Value>) -> Map<String, Value> {
    after
        .iter()
        .filter(|(name, _)| !SILENT.contains(&name.as_str()))
        .filter_map(|(name, to)| {
            let from = before.get(name).unwrap_or(&Value::Null);
            (from != to).then(|| (name.clone(), json!({"from": from, "to": to})))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::changes;

    #[test]
    fn lists_what_differs_and_nothing_else() {
        let before = json!({"title": "a", "due_on": null, "version": 1});
        let after = json!({"title": "b", "due_on": null, "version": 2});
        let found = changes(before.as_object().unwrap(), after.as_object().unwrap());
        assert_eq!(
            serde_json::Value::Object(found),
            json!({"title": {"from": "a", "to": "b"}})
        );
    }
}
