//! Who may do what to an absence, and when.

use super::model::{Absence, AbsenceApproval, AbsencePatch, AbsenceState};
use crate::access::{Permission, Reading, Role};
use crate::db::{Date, Id};
use crate::http::{Code, FieldError, Problem, period};
use crate::people::{members, teams};

impl AbsenceState {
    /// The states that may follow this one.
    pub(super) const fn allowed(self) -> &'static [Self] {
        match self {
            Self::Requested => &[Self::Approved, Self::Rejected, Self::Cancelled],
            Self::Approved => &[Self::Cancelled],
            Self::Rejected | Self::Cancelled => &[],
        }
    }

    /// The state `to`, where it may follow this one.
    pub(super) fn next(self, to: Self) -> Result<Self, Problem> {
        if self.allowed().contains(&to) {
            return Ok(to);
        }
        let allowed: Vec<&str> = self.allowed().iter().map(|one| one.as_str()).collect();
        Err(Problem::transition(self.as_str(), to.as_str(), &allowed))
    }
}

/// Whether the caller can approve an absence of this member: leads can, but not their own. Owners can that too, for
/// nobody stands above them; their deputies cannot.
fn decides(reading: &Reading<'_>, member_id: Id) -> bool {
    let is_alone = reading.me.role == Role::Owner && reading.deputy_id.is_none();
    reading.may(Permission::AbsenceApprove) && (!reading.is_me(member_id) || is_alone)
}

fn insufficient(detail: &str) -> Problem {
    Problem::new(Code::InsufficientRole)
        .detail(detail)
        .member("required", Permission::AbsenceApprove.as_str())
}

/// The state in which an absence of this member begins.
pub(super) fn first_state(
    reading: &mut Reading<'_>,
    member_id: Id,
) -> Result<AbsenceState, Problem> {
    let approval = teams::current(reading)?.absence_approval;
    Ok(
        if approval == AbsenceApproval::Nobody || decides(reading, member_id) {
            AbsenceState::Approved
        } else {
            AbsenceState::Requested
        },
    )
}

pub(super) fn check_decision(reading: &Reading<'_>, absence: &Absence) -> Result<(), Problem> {
    if decides(reading, absence.member_id) {
        return Ok(());
    }
    Err(insufficient(
        "Nobody but an owner decides about their own absence. Ask another lead.",
    ))
}

/// Own absences are one's own to enter and to change, those of others a lead's.
pub(super) fn check_writing(reading: &Reading<'_>, member_id: Id) -> Result<(), Problem> {
    if member_id == reading.me.member_id {
        return Ok(());
    }
    reading.require(Permission::AbsenceApprove)
}

/// What was approved changes only by whoever could approve it as it will be.
pub(super) fn check_change(
    reading: &mut Reading<'_>,
    before: &Absence,
    patch: &AbsencePatch,
) -> Result<(), Problem> {
    check_writing(reading, before.member_id)?;
    if before.state.allowed().is_empty() {
        return Err(Problem::transition(before.state.as_str(), "changed", &[]));
    }
    let moves = patch.first_on.is_some_and(|day| day != before.first_on)
        || patch.last_on.is_some_and(|day| day != before.last_on)
        || patch
            .minutes_per_day
            .is_some_and(|minutes| minutes != before.minutes_per_day)
        || patch.kind.is_some_and(|kind| kind != before.kind);
    if before.state == AbsenceState::Approved
        && moves
        && first_state(reading, before.member_id)? != AbsenceState::Approved
    {
        return Err(insufficient(
            "It is approved as it is: a lead can change its days, minutes and kind, or you cancel it and ask for another.",
        ));
    }
    Ok(())
}

/// The period and the substitute of an absence of `member_id`.
pub(super) fn check_fields(
    reading: &mut Reading<'_>,
    member_id: Id,
    (first_on, last_on): (Date, Date),
    substitute_id: Option<Id>,
) -> Result<(), Problem> {
    let mut errors: Vec<FieldError> = Vec::new();
    errors.extend(period::wrong(first_on, last_on, "/last_on"));
    if let Some(substitute) = substitute_id {
        errors.extend(refuse_substitute(reading, member_id, substitute)?);
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::fields(errors))
    }
}

fn refuse_substitute(
    reading: &mut Reading<'_>,
    member_id: Id,
    substitute: Id,
) -> Result<Option<FieldError>, Problem> {
    let pointer = "/substitute_id";
    if substitute == member_id {
        let detail = "Nobody stands in for themselves.";
        return Ok(Some(FieldError::body(pointer, "self", detail)));
    }
    members::refuse_guest(reading, substitute, pointer, "A guest cannot stand in.")
}
