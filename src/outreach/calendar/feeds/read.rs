//! Finding feeds, and what is in them.

use std::collections::{HashMap, HashSet};

use diesel::dsl::max;
use diesel::prelude::*;

use super::model::{CalendarFeed, CalendarFeedPage, FeedScope, named_by};
use crate::access::secrets::{Digest, Secret};
use crate::access::{Permission, Reading, Role, TeamId};
use crate::db::{AnyConnection, Id, Instant, MultiBackend};
use crate::http::page::TOTAL_CAP;
use crate::http::{PageRequest, Problem};
use crate::keyset_page;
use crate::outreach::calendar::recurring::Entries;
use crate::outreach::events::{self, Event};
use crate::outreach::series::EventSeries;
use crate::schema::{
    accounts, calendar_feed_secrets, calendar_feeds, event_hosts, event_series, events as rows,
    members, teams,
};

/// The most events that a feed shows: the latest.
const MOST_EVENTS: i64 = 5_000;
/// How many ids a query asks for at once.
const CHUNK: usize = 500;

/// The feeds of the team: where every query of feeds begins.
fn in_team(team: TeamId) -> calendar_feeds::BoxedQuery<'static, MultiBackend> {
    calendar_feeds::table
        .filter(calendar_feeds::team_id.eq(team.id()))
        .into_boxed()
}

/// Those of the caller.
fn mine(reading: &Reading<'_>) -> calendar_feeds::BoxedQuery<'static, MultiBackend> {
    in_team(reading.team).filter(calendar_feeds::member_id.eq(reading.me.member_id))
}

/// The caller's feed with this id. Nobody sees the feeds of others.
pub(super) fn find(reading: &mut Reading<'_>, id: Id) -> Result<CalendarFeed, Problem> {
    Ok(mine(reading)
        .filter(calendar_feeds::id.eq(id))
        .select(CalendarFeed::as_select())
        .first(reading.conn)?)
}

/// How many feeds the caller has, up to `most`.
pub(super) fn count(reading: &mut Reading<'_>, most: usize) -> Result<usize, Problem> {
    let ids: Vec<Id> = mine(reading)
        .select(calendar_feeds::id)
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .load(reading.conn)?;
    Ok(ids.len())
}

/// A page of the caller's feeds.
pub(super) fn load_page(
    reading: &mut Reading<'_>,
    page: &PageRequest,
) -> Result<CalendarFeedPage, Problem> {
    let loaded = keyset_page!(
        mine(reading),
        reading.conn,
        page,
        Direction::Descending,
        CalendarFeed,
        (calendar_feeds::created_at, calendar_feeds::id),
        Instant,
        |feed| feed.created_at
    );
    if !page.wants_total() {
        return Ok(loaded);
    }
    let total = count(reading, TOTAL_CAP.try_into().unwrap_or(usize::MAX))?;
    Ok(loaded.with_total(total))
}

/// The team and the feed that a secret opens: it is there, and its member is still in the team and may read events.
pub(super) fn opened(
    conn: &mut AnyConnection,
    secret: &Secret,
) -> Result<Option<(Id, Id)>, Problem> {
    let Some((team_id, feed_id)) = named_by(secret) else {
        return Ok(None);
    };
    let found: Option<(Vec<u8>, Role)> = calendar_feeds::table
        .inner_join(
            calendar_feed_secrets::table.on(calendar_feed_secrets::team_id
                .eq(calendar_feeds::team_id)
                .and(calendar_feed_secrets::feed_id.eq(calendar_feeds::id))),
        )
        .inner_join(
            members::table.on(members::team_id
                .eq(calendar_feeds::team_id)
                .and(members::id.eq(calendar_feeds::member_id))
                .and(members::left_at.is_null())),
        )
        .inner_join(accounts::table.on(accounts::id.eq(members::account_id)))
        .filter(accounts::disabled_at.is_null())
        .filter(calendar_feeds::team_id.eq(team_id))
        .filter(calendar_feeds::id.eq(feed_id))
        .select((calendar_feed_secrets::digest, members::role))
        .first(conn)
        .optional()?;
    Ok(found.and_then(|(digest, role)| {
        let digest: [u8; 32] = digest.try_into().ok()?;
        let opens = Digest::from(digest) == secret.digest() && role.may(Permission::EventRead);
        opens.then_some((team_id, feed_id))
    }))
}

/// What a feed shows: the name of the calendar, and its events, the first to begin first.
pub(super) fn shown(reading: &mut Reading<'_>, feed_id: Id) -> Result<(String, Entries), Problem> {
    let feed: CalendarFeed = in_team(reading.team)
        .filter(calendar_feeds::id.eq(feed_id))
        .select(CalendarFeed::as_select())
        .first(reading.conn)?;
    let team: String = teams::table
        .find(reading.team.id())
        .select(teams::name)
        .first(reading.conn)?;
    let mut query = events::in_team(reading.team);
    let name = match feed.scope {
        FeedScope::Team => team,
        FeedScope::Mine => {
            let held = event_hosts::table
                .filter(event_hosts::team_id.eq(reading.team.id()))
                .filter(event_hosts::member_id.eq(feed.member_id))
                .select(event_hosts::event_id);
            query = query.filter(rows::id.eq_any(held));
            format!("{team}: {}", feed.label)
        }
    };
    let mut shown: Vec<Event> = query
        .order((rows::starts_at.desc(), rows::id.desc()))
        .limit(MOST_EVENTS)
        .select(Event::as_select())
        .load(reading.conn)?;
    shown.reverse();
    let series = series_of(reading, &shown)?;
    Ok((name, Entries::of(shown, series)?))
}

/// The series of these events, each with the revision that last changed it or any of its occurrences: also one that
/// this reader does not see, or not any more.
fn series_of(
    reading: &mut Reading<'_>,
    shown: &[Event],
) -> Result<Vec<(EventSeries, i64)>, Problem> {
    let mut ids: Vec<Id> = Vec::new();
    let mut seen = HashSet::new();
    for id in shown.iter().filter_map(|event| event.series_id) {
        if seen.insert(id) {
            ids.push(id);
        }
    }
    let mut found: HashMap<Id, EventSeries> = HashMap::new();
    let mut latest: HashMap<Id, i64> = HashMap::new();
    for some in ids.chunks(CHUNK) {
        // Also one in the trash: what was held stays the same entry in people's calendars.
        let series: Vec<EventSeries> = event_series::table
            .filter(event_series::team_id.eq(reading.team.id()))
            .filter(event_series::id.eq_any(some.to_vec()))
            .select(EventSeries::as_select())
            .load(reading.conn)?;
        found.extend(series.into_iter().map(|one| (one.id, one)));
        // From the bare table, because what went to the trash is a change, too.
        let versions: Vec<(Option<Id>, Option<i64>)> = rows::table
            .filter(rows::team_id.eq(reading.team.id()))
            .filter(rows::series_id.eq_any(some.to_vec()))
            .group_by(rows::series_id)
            .select((rows::series_id, max(rows::version)))
            .load(reading.conn)?;
        latest.extend(
            versions
                .into_iter()
                .filter_map(|(id, version)| Some((id?, version?))),
        );
    }
    Ok(ids
        .into_iter()
        .filter_map(|id| {
            let series = found.remove(&id)?;
            let version = series.version;
            Some((series, latest.get(&id).copied().unwrap_or(version)))
        })
        .collect())
}
