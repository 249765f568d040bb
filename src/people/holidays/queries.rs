//! Where holidays are found, and how they are written.

use diesel::prelude::*;

use super::model::{ExternalId, Holiday, HolidayFilter, HolidayPage, HolidayPatch, HolidaySort};
use crate::access::{Reading, TeamId, Tx};
use crate::db::rows::{Direction, columns};
use crate::db::{Date, Id, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::text::Name;
use crate::http::{Code, PageRequest, Problem, period};
use crate::keyset_page;
use crate::schema::holidays;

/// The holidays of the team: where every query of them begins.
#[must_use]
pub(super) fn in_team(team: TeamId) -> holidays::BoxedQuery<'static, MultiBackend> {
    holidays::table
        .filter(holidays::team_id.eq(team.id()))
        .into_boxed()
}

pub(super) fn find(reading: &mut Reading<'_>, id: Id) -> Result<Holiday, Problem> {
    Ok(in_team(reading.team)
        .filter(holidays::id.eq(id))
        .select(Holiday::as_select())
        .first(reading.conn)?)
}

fn filtered(
    reading: &Reading<'_>,
    filter: &HolidayFilter,
) -> holidays::BoxedQuery<'static, MultiBackend> {
    let mut query = in_team(reading.team);
    if let Some(from) = filter.from {
        query = query.filter(holidays::last_on.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(holidays::first_on.le(to));
    }
    query
}

pub(super) fn load_page(
    reading: &mut Reading<'_>,
    filter: &HolidayFilter,
    page: &PageRequest,
) -> Result<HolidayPage, Problem> {
    period::check_filter(filter.from, filter.to)?;
    let (HolidaySort::FirstOn, direction) =
        page.sort((HolidaySort::FirstOn, Direction::Ascending))?;
    let loaded = keyset_page!(
        filtered(reading, filter),
        reading.conn,
        page,
        direction,
        Holiday,
        (holidays::first_on, holidays::id),
        Date,
        |holiday| holiday.first_on
    );
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = filtered(reading, filter)
        .select(holidays::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}

/// A name comes once a day.
fn check_new(
    reading: &mut Reading<'_>,
    name: &Name,
    first_on: Date,
    besides: Id,
) -> Result<(), Problem> {
    let same: Option<Id> = in_team(reading.team)
        .filter(holidays::first_on.eq(first_on))
        .filter(holidays::name.eq(name.clone()))
        .filter(holidays::id.ne(besides))
        .select(holidays::id)
        .first(reading.conn)
        .optional()?;
    match same {
        None => Ok(()),
        Some(id) => Err(Problem::new(Code::AlreadyExists)
            .detail(format!("{name} begins on {first_on} already."))
            .at("/name")
            .at("/first_on")
            .member("holiday_id", id)),
    }
}

/// What a holiday is made of.
pub(super) struct Draft {
    pub(super) name: Name,
    pub(super) first_on: Date,
    pub(super) last_on: Date,
    pub(super) external_id: Option<ExternalId>,
}

pub(super) fn create(tx: &mut Tx<'_>, draft: Draft) -> Result<Holiday, Problem> {
    let id = Id::new();
    period::check(draft.first_on, draft.last_on)?;
    check_new(tx, &draft.name, draft.first_on, id)?;
    let holiday = Holiday {
        team_id: tx.team.id(),
        id,
        name: draft.name,
        first_on: draft.first_on,
        last_on: draft.last_on,
        external_id: draft.external_id,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
    };
    diesel::insert_into(holidays::table)
        .values(&holiday)
        .execute(tx.conn)?;
    tx.created(&holiday)?;
    Ok(holiday)
}

pub(super) fn update(
    tx: &mut Tx<'_>,
    before: Holiday,
    patch: &HolidayPatch,
) -> Result<Holiday, Problem> {
    let first_on = patch.first_on.unwrap_or(before.first_on);
    let last_on = patch.last_on.unwrap_or(before.last_on);
    period::check(first_on, last_on)?;
    let name = patch.name.as_ref().unwrap_or(&before.name);
    check_new(tx, name, first_on, before.id)?;
    let after = diesel::update(holidays::table.find((tx.team.id(), before.id)))
        .set((
            patch,
            holidays::updated_at.eq(tx.now),
            holidays::version.eq(tx.revision),
        ))
        .returning(columns::<Holiday>())
        .get_result(tx.conn)?;
    tx.change(before, after)
}

pub(super) fn delete(tx: &mut Tx<'_>, holiday: &Holiday) -> Result<(), Problem> {
    diesel::delete(holidays::table.find((tx.team.id(), holiday.id))).execute(tx.conn)?;
    tx.deleted(holiday)
}
