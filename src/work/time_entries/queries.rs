//! Where time entries are found.

use diesel::dsl::sum;
use diesel::prelude::*;

use super::model::{MINUTES_OF_A_DAY, TimeEntry, TimeEntryFilter, TimeEntryPage, TimeEntrySort};
use crate::access::{Reading, TeamId};
use crate::db::rows::Direction;
use crate::db::{Date, Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::{PageRequest, Problem, period};
use crate::keyset_page;
use crate::schema::time_entries;

/// The time entries of the team: where every query of them begins.
#[must_use]
pub(super) fn in_team(team: TeamId) -> time_entries::BoxedQuery<'static, MultiBackend> {
    time_entries::table
        .filter(time_entries::team_id.eq(team.id()))
        .into_boxed()
}

pub(super) fn find(reading: &mut Reading<'_>, id: Id) -> Result<TimeEntry, Problem> {
    Ok(in_team(reading.team)
        .filter(time_entries::id.eq(id))
        .select(TimeEntry::as_select())
        .first(reading.conn)?)
}

/// The member's entry whose timer runs: there is one at most.
pub(super) fn running_of(
    reading: &mut Reading<'_>,
    member_id: Id,
) -> Result<Option<TimeEntry>, Problem> {
    Ok(in_team(reading.team)
        .filter(time_entries::member_id.eq(member_id))
        .filter(time_entries::minutes.is_null())
        .select(TimeEntry::as_select())
        .first(reading.conn)
        .optional()?)
}

/// How many minutes of a day the member has, besides those of this entry.
pub(super) fn minutes_besides(
    reading: &mut Reading<'_>,
    (member_id, day): (Id, Date),
    id: Id,
) -> Result<i32, Problem> {
    let there: Option<i64> = in_team(reading.team)
        .filter(time_entries::member_id.eq(member_id))
        .filter(time_entries::spent_on.eq(day))
        .filter(time_entries::id.ne(id))
        .select(sum(time_entries::minutes))
        .first(reading.conn)?;
    Ok(i32::try_from(there.unwrap_or(0)).unwrap_or(MINUTES_OF_A_DAY))
}

/// Those of a query that a filter wants: of a list of entries as of groups of them.
macro_rules! wanted {
    ($query:expr, $reading:expr, $filter:expr) => {{
        use $crate::http::query::{AnyOf, Flag};
        use $crate::schema::{tasks, time_entries};
        let (mut query, filter) = ($query, $filter);
        if let Some(members) = &filter.member_id {
            let (members, _) = members.resolve($reading.me.member_id);
            query = query.filter(time_entries::member_id.eq_any(members));
        }
        if let Some(AnyOf(ids)) = &filter.task_id {
            query = query.filter(time_entries::task_id.eq_any(ids.clone()));
        }
        if let Some(campaigns) = &filter.campaign_id {
            // Those in the trash too: what was worked on them was worked.
            // By another name, because sums by campaign have the tasks beside the entries.
            let sought = diesel::alias!($crate::schema::tasks as sought);
            let campaign_id = sought.field(tasks::campaign_id);
            let of_team = sought
                .filter(sought.field(tasks::team_id).eq($reading.team.id()))
                .select(sought.field(tasks::id));
            query = match campaigns.resolve() {
                (ids, false) => {
                    let those = of_team.filter(campaign_id.eq_any(ids));
                    query.filter(time_entries::task_id.eq_any(those))
                }
                (ids, true) => {
                    let of_one = campaign_id.eq_any(ids).assume_not_null();
                    let those = of_team.filter(campaign_id.is_null().or(of_one));
                    query.filter(time_entries::task_id.eq_any(those))
                }
            };
        }
        if let Some(from) = filter.from {
            query = query.filter(time_entries::spent_on.ge(from));
        }
        if let Some(to) = filter.to {
            query = query.filter(time_entries::spent_on.le(to));
        }
        match filter.is_running {
            Some(Flag(true)) => query = query.filter(time_entries::minutes.is_null()),
            Some(Flag(false)) => query = query.filter(time_entries::minutes.is_not_null()),
            None => {}
        }
        query
    }};
}
pub(super) use wanted;

pub(super) fn load_page(
    reading: &mut Reading<'_>,
    filter: &TimeEntryFilter,
    page: &PageRequest,
) -> Result<TimeEntryPage, Problem> {
    period::check_filter(filter.from, filter.to)?;
    let (sort, direction) = page.sort((TimeEntrySort::SpentOn, Direction::Descending))?;
    let query = wanted!(in_team(reading.team), reading, filter);
    let loaded = match sort {
        TimeEntrySort::SpentOn => keyset_page!(
            query,
            reading.conn,
            page,
            direction,
            TimeEntry,
            (time_entries::spent_on, time_entries::id),
            Date,
            |entry| entry.spent_on
        ),
        TimeEntrySort::CreatedAt => keyset_page!(
            query,
            reading.conn,
            page,
            direction,
            TimeEntry,
            (time_entries::created_at, time_entries::id),
            Instant,
            |entry| entry.created_at
        ),
    };
    if !page.wants_total() {
        return Ok(loaded);
    }
    let ids: Vec<Id> = wanted!(in_team(reading.team), reading, filter)
        .select(time_entries::id)
        .limit(TOTAL_CAP + 1)
        .load(reading.conn)?;
    Ok(loaded.with_total(ids.len()))
}
