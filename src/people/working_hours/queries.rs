//! Whose working hours, and what may become of them.

use diesel::prelude::*;

use super::model::{
    NewWorkingHours, WorkingHours, WorkingHoursInForce, WorkingHoursPage, WorkingHoursPatch,
    WorkingHoursSort,
};
use crate::access::{Permission, Reading, TeamId, Tx};
use crate::db::rows::{Direction, columns};
use crate::db::{Date, Id, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::values::TimeZone;
use crate::http::{Code, PageRequest, Problem};
use crate::keyset_page;
use crate::people::members;
use crate::schema::working_hours;

/// Whose working hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The team's default.
    Team,
    /// Those of this member.
    Member(Id),
}

impl Whose {
    /// Finds the member.
    pub(super) fn check(self, reading: &mut Reading<'_>) -> Result<(), Problem> {
        match self {
            Self::Team => Ok(()),
            Self::Member(id) => members::find(reading, id).map(drop),
        }
    }

    /// Own hours are one's own to set; those of others and the team's need a permission.
    pub(super) fn check_writing(self, reading: &mut Reading<'_>) -> Result<(), Problem> {
        self.check(reading)?;
        if self == Self::Member(reading.me.member_id) {
            return Ok(());
        }
        reading.require(Permission::WorkingHoursManage)
    }

    const fn member_id(self) -> Option<Id> {
        match self {
            Self::Team => None,
            Self::Member(id) => Some(id),
        }
    }

    /// The zone, where nobody says which.
    fn time_zone(self, reading: &mut Reading<'_>) -> Result<TimeZone, Problem> {
        match self {
            Self::Team => Ok(reading.zone()),
            Self::Member(id) => members::time_zone(reading, id),
        }
    }
}

/// All working hours of the team: where every query of them begins.
fn in_team(team: TeamId) -> working_hours::BoxedQuery<'static, MultiBackend> {
    working_hours::table
        .filter(working_hours::team_id.eq(team.id()))
        .into_boxed()
}

fn of(team: TeamId, whose: Whose) -> working_hours::BoxedQuery<'static, MultiBackend> {
    match whose {
        Whose::Team => in_team(team).filter(working_hours::member_id.is_null()),
        Whose::Member(id) => in_team(team).filter(working_hours::member_id.eq(id)),
    }
}

pub(super) fn find(
    reading: &mut Reading<'_>,
    whose: Whose,
    id: Id,
) -> Result<WorkingHours, Problem> {
    Ok(of(reading.team, whose)
        .filter(working_hours::id.eq(id))
        .select(WorkingHours::as_select())
        .first(reading.conn)?)
}

pub(super) fn load_page(
    reading: &mut Reading<'_>,
    whose: Whose,
    page: &PageRequest,
) -> Result<WorkingHoursPage, Problem> {
    let (WorkingHoursSort::ValidFromOn, direction) =
        page.sort((WorkingHoursSort::ValidFromOn, Direction::Descending))?;
    let loaded = keyset_page!(
        of(reading.team, whose),
        reading.conn,
        page,
        direction,
        WorkingHours,
        (working_hours::valid_from_on, working_hours::id),
        Date,
        |hours| hours.valid_from_on
    );
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = of(reading.team, whose)
        .select(working_hours::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}

fn latest(
    reading: &mut Reading<'_>,
    whose: Whose,
    on: Date,
) -> Result<Option<WorkingHours>, Problem> {
    Ok(of(reading.team, whose)
        .filter(working_hours::valid_from_on.le(on))
        .order(working_hours::valid_from_on.desc())
        .select(WorkingHours::as_select())
        .first(reading.conn)
        .optional()?)
}

/// What holds on a day: the member's own hours, or else the team's.
pub(super) fn in_force(
    reading: &mut Reading<'_>,
    whose: Whose,
    on: Date,
) -> Result<WorkingHoursInForce, Problem> {
    let own = match whose {
        Whose::Team => None,
        Whose::Member(_) => latest(reading, whose, on)?,
    };
    Ok(match own {
        Some(own) => WorkingHoursInForce {
            on,
            is_team_default: false,
            working_hours: Some(own),
        },
        None => WorkingHoursInForce {
            on,
            is_team_default: true,
            working_hours: latest(reading, Whose::Team, on)?,
        },
    })
}

/// What has begun is not changed.
pub(super) fn check_is_ahead(
    reading: &Reading<'_>,
    working_hours: &WorkingHours,
) -> Result<(), Problem> {
    if working_hours.valid_from_on > working_hours.time_zone.day_at(reading.now) {
        return Ok(());
    }
    Err(Problem::new(Code::AlreadyInForce)
        .detail(format!(
            "These hours hold since {} and are not changed. POST new ones that are valid from a later day; they supersede these.",
            working_hours.valid_from_on
        ))
        .member("valid_from_on", working_hours.valid_from_on))
}

/// Each day begins at most one record, and none reaches back into what was in force.
fn check_start(
    reading: &mut Reading<'_>,
    whose: Whose,
    (valid_from_on, zone): (Date, TimeZone),
    besides: Id,
) -> Result<(), Problem> {
    let same: Option<Id> = of(reading.team, whose)
        .filter(working_hours::valid_from_on.eq(valid_from_on))
        .filter(working_hours::id.ne(besides))
        .select(working_hours::id)
        .first(reading.conn)
        .optional()?;
    if let Some(id) = same {
        return Err(Problem::new(Code::AlreadyExists)
            .detail(format!(
                "There are working hours that are valid from {valid_from_on} already: overlapping records contradict each other."
            ))
            .at("/valid_from_on")
            .member("working_hours_id", id));
    }
    let today = zone.day_at(reading.now);
    if valid_from_on < today && latest(reading, whose, today)?.is_some() {
        return Err(Problem::field(
            "/valid_from_on",
            "in_past",
            format!(
                "Today ({today}) or later: other hours are in force, and the past stays what it was."
            ),
        ));
    }
    Ok(())
}

pub(super) fn create(
    tx: &mut Tx<'_>,
    whose: Whose,
    new: NewWorkingHours,
) -> Result<WorkingHours, Problem> {
    let time_zone = match new.time_zone {
        Some(zone) => zone,
        None => whose.time_zone(tx)?,
    };
    let id = Id::new();
    check_start(tx, whose, (new.valid_from_on, time_zone), id)?;
    let hours = WorkingHours {
        team_id: tx.team.id(),
        id,
        member_id: whose.member_id(),
        valid_from_on: new.valid_from_on,
        monday_minutes: new.monday_minutes,
        tuesday_minutes: new.tuesday_minutes,
        wednesday_minutes: new.wednesday_minutes,
        thursday_minutes: new.thursday_minutes,
        friday_minutes: new.friday_minutes,
        saturday_minutes: new.saturday_minutes,
        sunday_minutes: new.sunday_minutes,
        time_zone,
        note: new.note,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
    };
    diesel::insert_into(working_hours::table)
        .values(&hours)
        .execute(tx.conn)?;
    tx.created(&hours)?;
    Ok(hours)
}

pub(super) fn update(
    tx: &mut Tx<'_>,
    whose: Whose,
    id: Id,
    patch: &WorkingHoursPatch,
) -> Result<WorkingHours, Problem> {
    let before = find(tx, whose, id)?;
    tx.expect_version(before.version)?;
    check_is_ahead(tx, &before)?;
    let start = (
        patch.valid_from_on.unwrap_or(before.valid_from_on),
        patch.time_zone.unwrap_or(before.time_zone),
    );
    check_start(tx, whose, start, id)?;
    let after = diesel::update(working_hours::table.find((tx.team.id(), id)))
        .set((
            patch,
            working_hours::updated_at.eq(tx.now),
            working_hours::version.eq(tx.revision),
        ))
        .returning(columns::<WorkingHours>())
        .get_result(tx.conn)?;
    tx.change(before, after)
}

pub(super) fn delete(tx: &mut Tx<'_>, whose: Whose, id: Id) -> Result<(), Problem> {
    let before = find(tx, whose, id)?;
    tx.expect_version(before.version)?;
    check_is_ahead(tx, &before)?;
    diesel::delete(working_hours::table.find((tx.team.id(), id))).execute(tx.conn)?;
    tx.deleted(&before)
}
