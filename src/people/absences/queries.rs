//! Where absences are found, and how they are written.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::model::{
    Absence, AbsenceFilter, AbsencePage, AbsencePatch, AbsenceSort, AbsenceState, NewAbsence, Told,
};
use super::rules;
use crate::access::{Reading, TeamId, Tx};
use crate::db::rows::{Direction, columns};
use crate::db::{AnyConnection, Date, Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::query::AnyOf;
use crate::http::text::Note;
use crate::http::{PageRequest, Problem, period};
use crate::people::members;
use crate::schema::absences;
use crate::{keyset_page, one_of};

/// What instants are counted in.
const MILLISECOND: TimeDelta = TimeDelta::milliseconds(1);

/// The absences of the team: where every query of them begins.
#[must_use]
pub(super) fn in_team(team: TeamId) -> absences::BoxedQuery<'static, MultiBackend> {
    absences::table
        .filter(absences::team_id.eq(team.id()))
        .into_boxed()
}

pub(super) fn find(reading: &mut Reading<'_>, id: Id) -> Result<Absence, Problem> {
    Ok(in_team(reading.team)
        .filter(absences::id.eq(id))
        .select(Absence::as_select())
        .first(reading.conn)?)
}

fn filtered(
    team: TeamId,
    me: Id,
    filter: &AbsenceFilter,
) -> absences::BoxedQuery<'static, MultiBackend> {
    let mut query = in_team(team);
    if let Some(members) = &filter.member_id {
        let (members, _) = members.resolve(me);
        query = query.filter(absences::member_id.eq_any(members));
    }
    if let Some(substitutes) = &filter.substitute_id {
        query = one_of!(query, absences::substitute_id, substitutes.resolve(me));
    }
    if let Some(AnyOf(kinds)) = &filter.kind {
        query = query.filter(absences::kind.eq_any(kinds.clone()));
    }
    of(query, filter.state.as_ref(), (filter.from, filter.to))
}

/// Those in these states that reach into a period.
pub(super) fn of(
    mut query: absences::BoxedQuery<'static, MultiBackend>,
    states: Option<&AnyOf<AbsenceState>>,
    (from, to): (Option<Date>, Option<Date>),
) -> absences::BoxedQuery<'static, MultiBackend> {
    if let Some(AnyOf(states)) = states {
        query = query.filter(absences::state.eq_any(states.clone()));
    }
    if let Some(from) = from {
        query = query.filter(absences::last_on.ge(from));
    }
    if let Some(to) = to {
        query = query.filter(absences::first_on.le(to));
    }
    query
}

pub(super) fn load_page(
    reading: &mut Reading<'_>,
    filter: &AbsenceFilter,
    page: &PageRequest,
) -> Result<AbsencePage, Problem> {
    period::check_filter(filter.from, filter.to)?;
    let (team, me) = (reading.team, reading.me.member_id);
    let loaded = page_of(reading.conn, page, || filtered(team, me, filter))?;
    Ok(loaded.map(|absence| absence.seen_by(reading)))
}

/// A page of what the query finds.
pub(super) fn page_of(
    conn: &mut AnyConnection,
    page: &PageRequest,
    filtered: impl Fn() -> absences::BoxedQuery<'static, MultiBackend>,
) -> Result<AbsencePage, Problem> {
    let (sort, direction) = page.sort((AbsenceSort::FirstOn, Direction::Ascending))?;
    let query = filtered();
    let loaded = match sort {
        AbsenceSort::FirstOn => keyset_page!(
            query,
            conn,
            page,
            direction,
            Absence,
            (absences::first_on, absences::id),
            Date,
            |absence| absence.first_on
        ),
        AbsenceSort::CreatedAt => keyset_page!(
            query,
            conn,
            page,
            direction,
            Absence,
            (absences::created_at, absences::id),
            Instant,
            |absence| absence.created_at
        ),
    };
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered()
        .select(absences::id)
        .limit(TOTAL_CAP + 1)
        .load(conn)?;
    Ok(loaded.with_total(ids.len()))
}

pub(super) fn create(tx: &mut Tx<'_>, new: NewAbsence) -> Result<Absence, Problem> {
    let member_id = new.member_id.unwrap_or(tx.me.member_id);
    members::check_reference(tx, member_id, "/member_id")?;
    rules::check_writing(tx, member_id)?;
    rules::check_fields(
        tx,
        member_id,
        (new.first_on, new.last_on),
        new.substitute_id,
    )?;
    let state = rules::first_state(tx, member_id)?;
    // Whoever enters it for somebody else has decided by that.
    let decided = state == AbsenceState::Approved && !tx.is_me(member_id);
    let absence = Absence {
        team_id: tx.team.id(),
        id: Id::new(),
        member_id,
        first_on: new.first_on,
        last_on: new.last_on,
        minutes_per_day: new.minutes_per_day,
        kind: new.kind,
        note_changed_at: new.note.as_ref().map(|_| tx.now),
        note: new.note,
        substitute_id: new.substitute_id,
        state,
        requested_by_id: tx.me.member_id,
        decided_by_id: decided.then_some(tx.me.member_id),
        decided_at: decided.then_some(tx.now),
        decision_note: None,
        begun_at: None,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
    };
    diesel::insert_into(absences::table)
        .values(&absence)
        .execute(tx.conn)?;
    tell(tx, absence)
}

fn tell(tx: &mut Tx<'_>, absence: Absence) -> Result<Absence, Problem> {
    let told = Told(absence);
    tx.created(&told)?;
    Ok(told.0)
}

pub(super) fn update(
    tx: &mut Tx<'_>,
    before: Absence,
    patch: &AbsencePatch,
) -> Result<Absence, Problem> {
    rules::check_change(tx, &before, patch)?;
    let first_on = patch.first_on.unwrap_or(before.first_on);
    let last_on = patch.last_on.unwrap_or(before.last_on);
    // A substitute who has become a guest or left meanwhile stands in the way of no other change.
    let substitute_id = patch.substitute_id.flatten();
    rules::check_fields(tx, before.member_id, (first_on, last_on), substitute_id)?;
    let has_new_note = patch.note.as_ref().is_some_and(|note| *note != before.note);
    // One that begins on another day begins anew.
    let begun_at = before.begun_at.filter(|_| first_on == before.first_on);
    let after: Absence = diesel::update(absences::table.find((tx.team.id(), before.id)))
        .set((
            patch,
            absences::note_changed_at.eq(if has_new_note {
                // Later than before, be it the same millisecond: this is all that the journal tells of a note.
                let next = before.note_changed_at.map(|at| at.plus(MILLISECOND));
                Some(next.map_or(tx.now, |next| next.max(tx.now)))
            } else {
                before.note_changed_at
            }),
            absences::begun_at.eq(begun_at),
            absences::updated_at.eq(tx.now),
            absences::version.eq(tx.revision),
        ))
        .returning(columns::<Absence>())
        .get_result(tx.conn)?;
    Ok(tx.change(Told(before), Told(after))?.0)
}

/// Approves or rejects.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    before: Absence,
    to: AbsenceState,
    note: Option<Note>,
) -> Result<Absence, Problem> {
    rules::check_decision(tx, &before)?;
    let state = before.state.next(to)?;
    let after: Absence = diesel::update(absences::table.find((tx.team.id(), before.id)))
        .set((
            absences::state.eq(state),
            absences::decided_by_id.eq(tx.me.member_id),
            absences::decided_at.eq(tx.now),
            absences::decision_note.eq(note),
            absences::updated_at.eq(tx.now),
            absences::version.eq(tx.revision),
        ))
        .returning(columns::<Absence>())
        .get_result(tx.conn)?;
    Ok(tx.change(Told(before), Told(after))?.0)
}

pub(super) fn cancel(tx: &mut Tx<'_>, before: Absence) -> Result<Absence, Problem> {
    rules::check_writing(tx, before.member_id)?;
    let state = before.state.next(AbsenceState::Cancelled)?;
    let after: Absence = diesel::update(absences::table.find((tx.team.id(), before.id)))
        .set((
            absences::state.eq(state),
            absences::updated_at.eq(tx.now),
            absences::version.eq(tx.revision),
        ))
        .returning(columns::<Absence>())
        .get_result(tx.conn)?;
    Ok(tx.change(Told(before), Told(after))?.0)
}
