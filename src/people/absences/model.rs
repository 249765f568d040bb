//! What comes in and what goes out.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::{Permission, Reading};
use crate::db::{Date, Id, Instant};
use crate::http::query::{AnyOf, Who};
use crate::http::strict::{nullable, present};
use crate::http::text::Note;
use crate::http::{Int, Page, UpTo};
use crate::journal::{Journaled, Kind};
use crate::schema::absences;
use crate::text_enum;

/// Minutes of a day that somebody is away.
pub type MinutesAway = Int<1, 1_440>;

text_enum! {
    /// Who has to agree to an absence.
    pub enum AbsenceApproval {
        /// Nobody: it is approved at once.
        Nobody = "none",
        /// A lead.
        Lead = "lead",
    }
}

text_enum! {
    /// What becomes of the unanswered offers to a member whose absence begins.
    pub enum AbsentOffers {
        /// They go to the substitute, or whoever stands in for that one, at most five steps on. Where nobody can, they go back to
        /// whoever made them: withdrawn, with the reason.
        Reroute = "reroute",
        /// They go back to whoever made them: withdrawn, with the reason.
        Return = "return",
    }
}

text_enum! {
    /// Where an absence stands.
    pub enum AbsenceState {
        /// A lead has to agree.
        Requested = "requested",
        /// It counts.
        Approved = "approved",
        /// A lead did not agree.
        Rejected = "rejected",
        /// It was called off.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// Why a member does not work.
    pub enum AbsenceKind {
        /// Days off.
        Vacation = "vacation",
        /// Illness.
        Sick = "sick",
        /// Time with a child.
        Parental = "parental",
        /// Learning something.
        Training = "training",
        /// Anything else.
        Other = "other",
    }
}

/// A new absence.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "first_on": "2099-07-06", "last_on": "2099-07-24", "kind": "vacation", "note": "Reachable on the 10th.", "substitute_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59"}))]
pub struct NewAbsence {
    /// Who is away: the caller, unless given. Entering somebody else's absence needs `absence:approve`.
    pub(super) member_id: Option<Id>,
    /// The first day.
    pub(super) first_on: Date,
    /// The last day; an absence has at most five years.
    pub(super) last_on: Date,
    /// How many minutes of each day; whole days unless given.
    pub(super) minutes_per_day: Option<MinutesAway>,
    pub(super) kind: AbsenceKind,
    /// More about it, for leads and the member only.
    pub(super) note: Option<Note>,
    /// Who stands in: another member, no guest. Offers to the absent one go there.
    pub(super) substitute_id: Option<Id>,
}

/// What changes in an absence: absent keeps, null clears.
#[derive(Debug, Deserialize, AsChangeset, ToSchema)]
#[diesel(table_name = absences)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"last_on": "2099-07-17", "substitute_id": null}))]
pub struct AbsencePatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) first_on: Option<Date>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) last_on: Option<Date>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) minutes_per_day: Option<Option<MinutesAway>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) kind: Option<AbsenceKind>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) note: Option<Option<Note>>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) substitute_id: Option<Option<Id>>,
}

/// What is said with a decision.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"note": "Please keep the 14th free for the release."}))]
pub struct Decision {
    /// For leads and the member only.
    pub(super) note: Option<Note>,
}

/// Which absences are wanted.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AbsenceFilter {
    /// Of any of these members: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub(super) member_id: Option<AnyOf<Who>>,
    /// With any of these as substitute: ids, `me`, or `none`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub(super) substitute_id: Option<AnyOf<Who>>,
    /// In any of these states, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "requested,approved")]
    pub(super) state: Option<AnyOf<AbsenceState>>,
    /// Of any of these kinds, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "vacation")]
    pub(super) kind: Option<AnyOf<AbsenceKind>>,
    /// Those that have a day on or after this one.
    #[param(example = "2026-12-01")]
    pub(super) from: Option<Date>,
    /// Those that have a day on or before this one.
    #[param(example = "2026-12-31")]
    pub(super) to: Option<Date>,
}

/// Which of my absences are wanted.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MyAbsenceFilter {
    /// In any of these states, separated by commas.
    #[param(value_type = Option<String>, max_length = 200, example = "requested,approved")]
    pub(super) state: Option<AnyOf<AbsenceState>>,
    /// Those that have a day on or after this one.
    #[param(example = "2026-12-01")]
    pub(super) from: Option<Date>,
    /// Those that have a day on or before this one.
    #[param(example = "2026-12-31")]
    pub(super) to: Option<Date>,
}

text_enum! {
    /// What the list sorts by.
    pub enum AbsenceSort {
        /// The first day.
        FirstOn = "first_on",
        /// When it was asked for.
        CreatedAt = "created_at",
    }
}

/// A period in which a member does not work.
#[derive(Debug, Clone, Serialize, Queryable, Selectable, Insertable, ToSchema)]
#[diesel(table_name = absences, treat_none_as_default_value = false)]
#[schema(example = json!({"team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a63", "member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "first_on": "2027-07-05", "last_on": "2027-07-23", "minutes_per_day": null, "kind": "vacation", "note": null, "note_changed_at": null, "substitute_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a59", "state": "requested", "requested_by_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "decided_by_id": null, "decided_at": null, "decision_note": null, "created_at": "2026-11-23T09:00:00.000Z", "updated_at": "2026-11-23T09:00:00.000Z", "version": 42}))]
pub struct Absence {
    /// The team.
    pub team_id: Id,
    /// The absence's id.
    pub id: Id,
    /// Who is away.
    pub member_id: Id,
    /// The first day, where the member's account says that its days begin.
    pub first_on: Date,
    /// The last day.
    pub last_on: Date,
    /// How many minutes of each day; null for whole days.
    #[schema(required = true)]
    pub minutes_per_day: Option<MinutesAway>,
    /// Why.
    pub kind: AbsenceKind,
    /// More about it; null also for everybody but leads and the member.
    #[schema(required = true)]
    pub note: Option<Note>,
    /// When the note was last changed, for everybody.
    #[schema(required = true)]
    pub note_changed_at: Option<Instant>,
    /// Who stands in.
    #[schema(required = true)]
    pub substitute_id: Option<Id>,
    /// Where it stands. Only approved ones count.
    pub state: AbsenceState,
    /// Who entered it.
    pub requested_by_id: Id,
    /// Who approved or rejected it; null while nobody has, and where nobody needs to.
    #[schema(required = true)]
    pub decided_by_id: Option<Id>,
    /// When that was.
    #[schema(required = true)]
    pub decided_at: Option<Instant>,
    /// What was said with it; null also for everybody but leads and the member.
    #[schema(required = true)]
    pub decision_note: Option<Note>,
    /// When the clock saw to the member's unanswered offers: never sent.
    #[serde(skip)]
    pub begun_at: Option<Instant>,
    /// When it was entered.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// The revision that last changed it; what `If-Match` is compared with.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// Several absences.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"absences": [
    {"first_on": "2099-07-06", "last_on": "2099-07-24", "kind": "vacation"},
    {"first_on": "2099-12-24", "last_on": "2099-12-31", "kind": "vacation"}
]}))]
pub struct NewAbsenceBatch {
    /// All are entered, or none.
    #[schema(value_type = Vec<NewAbsence>, min_items = 1, max_items = 100)]
    pub(super) absences: UpTo<100, NewAbsence>,
}

/// What a batch entered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": []}))]
pub struct AbsenceBatch {
    /// The absences, in the order given.
    #[schema(max_items = 100)]
    pub(super) items: Vec<Absence>,
}

/// A page of absences.
pub type AbsencePage = Page<Absence>;

impl Absence {
    /// Whether it takes this day, whole.
    #[must_use]
    pub fn takes_whole(&self, day: NaiveDate) -> bool {
        self.minutes_per_day.is_none()
            && (self.first_on.naive()..=self.last_on.naive()).contains(&day)
    }

    /// The same as the caller may see it.
    pub(super) fn seen_by(self, reading: &Reading<'_>) -> Self {
        if reading.may(Permission::AbsenceApprove) || self.member_id == reading.me.member_id {
            self
        } else {
            self.without_notes()
        }
    }

    fn without_notes(self) -> Self {
        Self {
            note: None,
            decision_note: None,
            ..self
        }
    }
}

/// An absence as the journal tells of it, which more people read than may know the notes.
pub(super) struct Told(pub(super) Absence);

impl Serialize for Told {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.0.clone().without_notes().serialize(out)
    }
}

impl Journaled for Told {
    const KIND: Kind = Kind::Absence;

    fn id(&self) -> Id {
        self.0.id
    }
}
