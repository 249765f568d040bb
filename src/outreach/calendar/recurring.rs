//! Series in calendars (RFC 5545 §3.8.5): one entry with the rule, and one for each occurrence that is otherwise.
//!
//! The surprising rule: the rule in a calendar ends with the last occurrence that is made, whatever the series' own rule
//! says, so that calendars show just those events that the API lists. It goes on as the series does.

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDateTime, TimeDelta};

use crate::db::Instant;
use crate::http::Problem;
use crate::http::text::{Markdown, Name, Title};
use crate::http::wall_clock::WallClock;
use crate::outreach::events::texts::WebAddress;
use crate::outreach::events::{Event, EventStatus};
use crate::outreach::series::rule::{on_the_wall, period};
use crate::outreach::series::{EventSeries, Pattern};

/// What a calendar shows, in the order of the first of each.
#[derive(Debug, Default)]
pub struct Entries {
    /// Events that stand alone.
    pub(super) single: Vec<Event>,
    /// Series, each with those of its occurrences that the reader sees.
    pub(super) recurring: Vec<Recurring>,
}

/// A series as a reader sees it.
#[derive(Debug)]
pub(super) struct Recurring {
    pub(super) series: EventSeries,
    /// The rule, which ends with the last occurrence that is made.
    pub(super) rule: String,
    pub(super) ends: WallClock,
    /// The last occurrence by the rule, for the years in which clocks are changed.
    pub(super) last: WallClock,
    /// What SEQUENCE says in all its entries.
    pub(super) sequence: i64,
    /// When the series, or an occurrence that the reader sees, last changed.
    pub(super) changed_at: Instant,
    /// Starts that the rule gives and the reader does not see. Where the clocks skip one, when it would be instead: a
    /// time that does not exist is no time to many readers.
    pub(super) left_out: Vec<WallClock>,
    /// Starts of occurrences whose time by the rule the clocks skip. Some readers of calendars leave those out
    /// (§3.3.10), others move them (§3.3.5); named once more, all have them once.
    pub(super) added: Vec<WallClock>,
    /// Occurrences that are otherwise than rule and pattern say, each with the start that those give it.
    pub(super) exceptions: Vec<(WallClock, Event)>,
}

/// What calendars say of an event besides its times, or of all those of a series.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Details<'d> {
    pub(super) status: &'static str,
    pub(super) title: &'d Title,
    pub(super) description: &'d Markdown,
    pub(super) platform: Option<&'d Name>,
    pub(super) join_url: Option<&'d WebAddress>,
}

/// The word of calendars for where an event stands.
const fn status_word(status: EventStatus) -> &'static str {
    match status {
        EventStatus::Draft => "TENTATIVE",
        EventStatus::Scheduled | EventStatus::Live | EventStatus::Ended => "CONFIRMED",
        EventStatus::Cancelled => "CANCELLED",
    }
}

impl<'d> Details<'d> {
    pub(super) const fn of(event: &'d Event) -> Self {
        Self {
            status: status_word(event.status),
            title: &event.title,
            description: &event.description,
            platform: event.platform.as_ref(),
            join_url: event.join_url.as_ref(),
        }
    }

    /// What the events of a series have in common.
    pub(super) const fn common(pattern: &'d Pattern) -> Self {
        Self {
            status: status_word(pattern.status),
            title: &pattern.title,
            description: &pattern.description,
            platform: pattern.platform.as_ref(),
            join_url: pattern.join_url.as_ref(),
        }
    }
}

impl Entries {
    /// Events, those of these series as one entry each. `latest` says which revision last changed a series or any of its
    /// occurrences, also those that the reader does not see.
    ///
    /// # Errors
    /// A series whose rule cannot be read is our fault.
    pub fn of(events: Vec<Event>, series: Vec<(EventSeries, i64)>) -> Result<Self, Problem> {
        let mut single = Vec::new();
        let mut parts: BTreeMap<crate::db::Id, Vec<Event>> =
            series.iter().map(|(one, _)| (one.id, Vec::new())).collect();
        for event in events {
            match event.series_id.and_then(|id| parts.get_mut(&id)) {
                Some(part) => part.push(event),
                None => single.push(event),
            }
        }
        let mut recurring = Vec::new();
        for (one, latest) in series {
            let occurrences = parts.remove(&one.id).unwrap_or_default();
            if occurrences.is_empty() {
                continue;
            }
            let (shown, rest) = Recurring::of(one, latest, occurrences)?;
            recurring.extend(shown);
            single.extend(rest);
        }
        Ok(Self { single, recurring })
    }
}

impl Recurring {
    /// A series with those of its occurrences that the reader sees, and those of them that it does not know.
    fn of(
        series: EventSeries,
        latest: i64,
        events: Vec<Event>,
    ) -> Result<(Option<Self>, Vec<Event>), Problem> {
        let zone = series.starts.0.time_zone;
        let dates: Vec<NaiveDateTime> = series
            .dates()?
            .into_iter()
            .take(series.made_index())
            .collect();
        let mut seen: HashMap<NaiveDateTime, Event> = HashMap::new();
        let mut unknown = Vec::new();
        for event in events {
            match event.occurrence.as_ref().map(|at| at.naive()) {
                Some(at) if dates.contains(&at) => {
                    seen.insert(at, event);
                }
                _ => unknown.push(event),
            }
        }
        let Some(last) = dates.last().copied().filter(|_| !seen.is_empty()) else {
            return Ok((None, seen.into_values().chain(unknown).collect()));
        };
        let (starts, ends, _) = period(series.starts.0.local.naive(), series.length(), zone);
        // All that calendars know of how long it takes (§3.6.1).
        let length = ends.instant().utc() - starts.instant().utc();
        let mut shown = Self {
            rule: series.read_rule()?.ending_with(last).text(zone),
            ends,
            last: on_the_wall(last, zone).0,
            sequence: latest.max(series.version),
            changed_at: seen
                .values()
                .map(|event| event.updated_at)
                .fold(series.updated_at, Instant::max),
            left_out: Vec::new(),
            added: Vec::new(),
            exceptions: Vec::new(),
            series,
        };
        for date in dates {
            let (starts, is_moved) = on_the_wall(date, zone);
            let Some(event) = seen.remove(&date) else {
                shown.left_out.push(starts);
                continue;
            };
            if is_moved {
                shown.added.push(starts.clone());
            }
            if shown.is_exception(&event, &starts, length) {
                shown.exceptions.push((starts, event));
            }
        }
        Ok((Some(shown), unknown))
    }

    /// Whether an occurrence is otherwise than a calendar would show it.
    fn is_exception(&self, event: &Event, starts: &WallClock, length: TimeDelta) -> bool {
        event.starts.0 != *starts
            || event.ends_at.utc() - event.starts_at.utc() != length
            || event.ends.0.time_zone != starts.time_zone
            || Details::of(event) != Details::common(&self.series.pattern.0)
    }
}
