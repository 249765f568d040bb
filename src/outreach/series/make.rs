//! Making series and their occurrences.
//!
//! The surprising rule: what was made is counted, not looked up. An occurrence that was deleted does not come again.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::model::{EventSeries, MovedByClocks, NewEventSeries, Pattern};
use super::rule::{Rule, on_the_wall, period};
use crate::access::{Reading, TeamId, Tx};
use crate::db::{Id, Instant, Json, MultiBackend};
use crate::http::Problem;
use crate::http::values::UpTo;
use crate::outreach::campaigns;
use crate::outreach::events::{Event, EventStatus, write};
use crate::people::members;
use crate::schema::event_series;

/// How far ahead events are made, in days.
pub const AHEAD: i64 = 365;

/// The series of the team that are in use: where every query of series begins.
#[must_use]
pub fn in_team(team: TeamId) -> event_series::BoxedQuery<'static, MultiBackend> {
    event_series::table
        .filter(event_series::team_id.eq(team.id()))
        .filter(event_series::deleted_at.is_null())
        .into_boxed()
}

/// The series with this id.
///
/// # Errors
/// `not_found`.
pub fn find(reading: &mut Reading<'_>, id: Id) -> Result<EventSeries, Problem> {
    Ok(in_team(reading.team)
        .filter(event_series::id.eq(id))
        .select(EventSeries::as_select())
        .first(reading.conn)?)
}

impl EventSeries {
    /// A series whose first event is this, without a rule yet.
    pub(super) fn blank(tx: &Tx<'_>, first: &Event) -> Self {
        let (starts, ends) = (&first.starts.0, &first.ends.0);
        Self {
            team_id: tx.team.id(),
            id: Id::new(),
            rule: super::model::RuleText::default(),
            duration_seconds: (ends.local.naive() - starts.local.naive()).num_seconds(),
            starts: first.starts.clone(),
            pattern: Json(Pattern::of(first)),
            total: 0,
            made: 0,
            next_at: None,
            moved_by_clocks: Json(Vec::new()),
            left_out: Json(Vec::new()),
            external_id: None,
            created_at: tx.now,
            updated_at: tx.now,
            version: tx.revision,
            deleted_at: None,
            trash_root_id: None,
        }
    }

    /// Its rule, read.
    ///
    /// # Errors
    /// A rule that was kept is one: anything else is our fault.
    pub(in crate::outreach) fn read_rule(&self) -> Result<Rule, Problem> {
        Rule::read(self.rule.as_str(), self.starts.0.time_zone).map_err(Problem::internal)
    }

    /// The local starts that its rule means.
    pub(in crate::outreach) fn dates(&self) -> Result<Vec<NaiveDateTime>, Problem> {
        self.read_rule()?
            .dates(self.starts.0.local.naive())
            .map_err(Problem::internal)
    }

    /// How long each event takes on the calendar.
    pub(in crate::outreach) const fn length(&self) -> TimeDelta {
        TimeDelta::seconds(self.duration_seconds)
    }

    /// How many are made, as an index.
    pub(in crate::outreach) fn made_index(&self) -> usize {
        usize::try_from(self.made).unwrap_or_default()
    }

    /// Whether its calendar leaves this occurrence out.
    pub(in crate::outreach) fn leaves_out(&self, date: NaiveDateTime) -> bool {
        self.left_out.0.iter().any(|one| one.naive() == date)
    }

    /// Settles what follows from the dates: how many there are, which is the next to be made, which the clocks move.
    pub(super) fn settle(&mut self, dates: &[NaiveDateTime]) {
        let zone = self.starts.0.time_zone;
        self.total = i64::try_from(dates.len()).unwrap_or_default();
        self.made = self.made.min(self.total);
        let goes_on = self.pattern.0.status != EventStatus::Cancelled;
        self.next_at = dates
            .get(self.made_index())
            .filter(|_| goes_on)
            .map(|date| on_the_wall(*date, zone).0.instant());
        self.moved_by_clocks = Json(
            dates
                .iter()
                .filter_map(|date| {
                    let (starts, is_moved) = on_the_wall(*date, zone);
                    is_moved.then(|| MovedByClocks {
                        occurrence: (*date).into(),
                        starts: starts.local,
                    })
                })
                .collect(),
        );
    }
}

/// Makes a series, and its events of the next year, and journals all of them.
///
/// # Errors
/// `validation_failed`, each field at its pointer.
pub fn create(tx: &mut Tx<'_>, new: NewEventSeries) -> Result<EventSeries, Problem> {
    if new.event.slug.is_some() {
        return Err(Problem::field(
            "/event/slug",
            "not_for_series",
            "Each event of a series gets an address of its own.",
        ));
    }
    let first = write::checked(tx, new.event).map_err(|problem| problem.below("/event"))?;
    let starts = &first.starts.0;
    let rule = Rule::read(new.rule.as_str(), starts.time_zone)?;
    let dates = rule.dates(starts.local.naive())?;
    let blank = EventSeries::blank(tx, &first);
    make(tx, blank, &rule, dates)
}

/// Makes a series with these dates, and its events of the next year, and journals all of them.
pub(super) fn make(
    tx: &mut Tx<'_>,
    blank: EventSeries,
    rule: &Rule,
    dates: Vec<NaiveDateTime>,
) -> Result<EventSeries, Problem> {
    let mut series = EventSeries {
        rule: kept(rule, &blank.starts.0)?,
        ..blank
    };
    let count = due(&series, &dates, tx.now);
    series.made = i64::try_from(count).unwrap_or_default();
    series.settle(&dates);
    diesel::insert_into(event_series::table)
        .values(&series)
        .execute(tx.conn)?;
    tx.created(&series)?;
    for date in dates.into_iter().take(count) {
        if !series.leaves_out(date) {
            occur(tx, &series, date)?;
        }
    }
    Ok(series)
}

/// The rule as the table keeps it.
pub(super) fn kept(
    rule: &Rule,
    starts: &crate::http::wall_clock::WallClock,
) -> Result<super::model::RuleText, Problem> {
    super::model::RuleText::new(&rule.text(starts.time_zone)).map_err(Problem::internal)
}

/// How many events of a series begin within a year.
fn due(series: &EventSeries, dates: &[NaiveDateTime], now: Instant) -> usize {
    let zone = series.starts.0.time_zone;
    let horizon = now.plus(TimeDelta::days(AHEAD));
    dates
        .iter()
        .take_while(|date| on_the_wall(**date, zone).0.instant() <= horizon)
        .count()
}

/// What a series makes of one of its dates.
pub(super) fn event_at(series: &EventSeries, date: NaiveDateTime, tx: &Tx<'_>) -> Event {
    let zone = series.starts.0.time_zone;
    let (starts, ends, _) = period(date, series.length(), zone);
    let pattern = series.pattern.0.clone();
    let later = starts.instant().utc() - series.starts.0.instant().utc();
    Event {
        team_id: tx.team.id(),
        id: Id::new(),
        campaign_id: pattern.campaign_id,
        series_id: Some(series.id),
        occurrence: Some(date.into()),
        overrides: Json(Vec::new()),
        search: write::search_text(&pattern.title, &pattern.description),
        slug: write::slug_for(pattern.visibility, &pattern.title),
        title: pattern.title,
        description: pattern.description,
        kind: pattern.kind,
        starts_at: starts.instant(),
        ends_at: ends.instant(),
        starts: Json(starts),
        ends: Json(ends),
        platform: pattern.platform,
        join_url: pattern.join_url,
        capacity: pattern.capacity,
        registration: Json(pattern.registration.later(later)),
        hosts: Json(pattern.hosts),
        visibility: pattern.visibility,
        status: pattern.status,
        status_reason: None,
        external_id: None,
        sequence: 0,
        created_at: tx.now,
        updated_at: tx.now,
        version: tx.revision,
        deleted_at: None,
        trash_root_id: None,
    }
}

/// Makes one occurrence.
fn occur(tx: &mut Tx<'_>, series: &EventSeries, date: NaiveDateTime) -> Result<Event, Problem> {
    let event = event_at(series, date, tx);
    write::insert(tx, &event)?;
    Ok(event)
}

/// Saves a series that was changed, and journals it. Answers the one that stands.
pub(super) fn save(
    tx: &mut Tx<'_>,
    before: EventSeries,
    mut after: EventSeries,
) -> Result<EventSeries, Problem> {
    if before.rule == after.rule
        && before.starts == after.starts
        && before.duration_seconds == after.duration_seconds
        && before.pattern == after.pattern
        && before.made == after.made
        && before.total == after.total
        && before.left_out == after.left_out
        && before.external_id == after.external_id
    {
        return Ok(before);
    }
    after.updated_at = tx.now;
    after.version = tx.revision;
    diesel::update(event_series::table.find((after.team_id, after.id)))
        .set(&after)
        .execute(tx.conn)?;
    tx.change(before, after)
}

/// Makes the events of at most `most` series that begin within a year by now. A campaign or a host that is gone
/// meanwhile is left out.
///
/// # Errors
/// What the database answers.
pub fn follow(tx: &mut Tx<'_>, most: i64) -> Result<(), Problem> {
    let horizon = tx.now.plus(TimeDelta::days(AHEAD));
    let waiting: Vec<EventSeries> = in_team(tx.team)
        .filter(event_series::next_at.le(horizon))
        .order((event_series::next_at, event_series::id))
        .limit(most)
        .select(EventSeries::as_select())
        .load(tx.conn)?;
    for before in waiting {
        let dates = before.dates()?;
        let made = before.made_index();
        let count = due(&before, &dates, tx.now);
        let mut after = before.clone();
        after.pattern = Json(present(tx, before.pattern.0.clone())?);
        after.made = i64::try_from(count.max(made)).unwrap_or_default();
        after.settle(&dates);
        let series = save(tx, before, after)?;
        for date in dates.into_iter().take(count).skip(made) {
            if !series.leaves_out(date) {
                occur(tx, &series, date)?;
            }
        }
    }
    Ok(())
}

/// A pattern without what is no longer there.
fn present(tx: &mut Tx<'_>, mut pattern: Pattern) -> Result<Pattern, Problem> {
    if let Some(campaign) = pattern.campaign_id
        && campaigns::check_reference(tx, campaign, "").is_err()
    {
        pattern.campaign_id = None;
    }
    let mut hosts = Vec::new();
    for host in pattern.hosts.0 {
        if members::check_reference(tx, host, "").is_ok() {
            hosts.push(host);
        }
    }
    pattern.hosts = UpTo(hosts);
    Ok(pattern)
}
