//! Time zones as calendars want them (VTIMEZONE, RFC 5545 §3.6.5): when the clocks of a place were changed, from which
//! offset to which.
//!
//! The surprising rule: where the clocks change by a rule ("the last Sunday of March at two"), the rule is found again
//! from the changes themselves, because `chrono-tz` knows only those; Outlook reads rules better than lists. What follows
//! no rule is listed.

use std::ops::RangeInclusive;

use chrono::{
    Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeDelta, TimeZone as _, Weekday,
};
use chrono_tz::{OffsetComponents as _, OffsetName as _, Tz};

use super::lines::Lines;
use super::times::compact;

/// Clocks are not changed twice within this many days.
const STEP: TimeDelta = TimeDelta::days(5);
/// `chrono-tz` knows no change before or after.
const KNOWN: RangeInclusive<i32> = 1900..=2100;
/// How many years a rule must have held to be one.
const RULE: usize = 3;
/// How many more years are looked at, so that a rule is seen.
const AHEAD: i32 = 5;

/// What the clocks show at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Phase {
    /// Seconds east of Greenwich.
    offset: i32,
    is_summer: bool,
    name: String,
}

impl Phase {
    fn of(zone: Tz, at: NaiveDateTime) -> Self {
        let offset = zone.offset_from_utc_datetime(&at);
        Self {
            offset: offset.fix().local_minus_utc(),
            is_summer: offset.dst_offset() > TimeDelta::zero(),
            name: offset.abbreviation().unwrap_or_default().to_owned(),
        }
    }
}

/// A change of the clocks.
#[derive(Debug, Clone)]
struct Change {
    /// In UTC.
    at: NaiveDateTime,
    /// The offset until then.
    from: i32,
    to: Phase,
}

impl Change {
    /// What the clocks showed just before.
    fn local(&self) -> NaiveDateTime {
        self.at + TimeDelta::seconds(self.from.into())
    }
}

/// The changes between two times, in order.
fn changes(zone: Tz, from: NaiveDateTime, until: NaiveDateTime) -> Vec<Change> {
    let mut found = Vec::new();
    let (mut at, mut phase) = (from, Phase::of(zone, from));
    while at < until {
        let next = (at + STEP).min(until);
        if Phase::of(zone, next) == phase {
            at = next;
            continue;
        }
        // Between these two, to the second.
        let (mut before, mut after) = (at, next);
        while after - before > TimeDelta::seconds(1) {
            let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
            if Phase::of(zone, middle) == phase {
                before = middle;
            } else {
                after = middle;
            }
        }
        let to = Phase::of(zone, after);
        found.push(Change {
            at: after,
            from: phase.offset,
            to: to.clone(),
        });
        (at, phase) = (after, to);
    }
    found
}

/// A day of every year: the second Sunday of March at two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rule {
    month: u32,
    weekday: Weekday,
    /// Counted from the end of the month when negative.
    week: i32,
    time: NaiveTime,
}

impl Rule {
    /// The rules by which clocks may have been changed at this local time.
    fn of(local: NaiveDateTime) -> Vec<Self> {
        let rule = |week| Self {
            month: local.month(),
            weekday: local.weekday(),
            week,
            time: local.time(),
        };
        let is_last = (local + TimeDelta::days(7)).month() != local.month();
        let week = i32::try_from(local.day().div_ceil(7)).unwrap_or(5);
        // A rule for the fifth Sunday would leave out years.
        is_last
            .then(|| rule(-1))
            .into_iter()
            .chain((week < 5).then(|| rule(week)))
            .collect()
    }

    fn text(self) -> String {
        let day = match self.weekday {
            Weekday::Mon => "MO",
            Weekday::Tue => "TU",
            Weekday::Wed => "WE",
            Weekday::Thu => "TH",
            Weekday::Fri => "FR",
            Weekday::Sat => "SA",
            Weekday::Sun => "SU",
        };
        format!(
            "FREQ=YEARLY;BYMONTH={};BYDAY={}{day}",
            self.month, self.week
        )
    }
}

/// Changes of one kind, each a year after the one before, that some rule explains.
struct Run {
    changes: Vec<Change>,
    rules: Vec<Rule>,
}

/// Takes the changes of one kind apart into runs.
fn runs(changes: Vec<Change>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for change in changes {
        let local = change.local();
        let rules = Rule::of(local);
        if let Some(run) = runs.last_mut()
            && let Some(last) = run.changes.last()
            && last.local().year() + 1 == local.year()
        {
            let shared: Vec<Rule> = run
                .rules
                .iter()
                .copied()
                .filter(|rule| rules.contains(rule))
                .collect();
            if !shared.is_empty() {
                run.rules = shared;
                run.changes.push(change);
                continue;
            }
        }
        runs.push(Run {
            changes: vec![change],
            rules,
        });
    }
    runs
}

/// Writes the zone as it is in these years.
pub(super) fn put(lines: &mut Lines, zone: Tz, years: &RangeInclusive<i32>) {
    let first = years.start().clamp(KNOWN.start(), KNOWN.end()) - 1;
    let last = years.end().clamp(KNOWN.start(), KNOWN.end()) + AHEAD;
    let new_year = |year| {
        NaiveDate::from_ymd_opt(year, 1, 1)
            .unwrap_or_default()
            .and_time(NaiveTime::MIN)
    };
    let (from, until) = (new_year(first), new_year(last));
    let changes = changes(zone, from, until);
    lines.begin("VTIMEZONE");
    lines.put("TZID", zone.name());
    if changes
        .first()
        .is_none_or(|change| change.at > new_year(first + 1))
    {
        let phase = Phase::of(zone, from);
        let local = from + TimeDelta::seconds(phase.offset.into());
        put_observance(lines, phase.offset, &phase, local, None, &[]);
    }
    let mut kinds: Vec<Vec<Change>> = Vec::new();
    for change in changes {
        match kinds.iter_mut().find(|kind| {
            kind.first()
                .is_some_and(|one| one.from == change.from && one.to == change.to)
        }) {
            Some(kind) => kind.push(change),
            None => kinds.push(vec![change]),
        }
    }
    for kind in kinds {
        let mut listed: Vec<Change> = Vec::new();
        for run in runs(kind) {
            match (run.rules.first(), run.changes.first(), run.changes.last()) {
                (Some(rule), Some(begins), Some(ends)) if run.changes.len() >= RULE => {
                    // A rule that holds to the end of what was looked at goes on.
                    let until = if ends.at.year() + 1 < last {
                        format!(";UNTIL={}Z", compact(ends.at))
                    } else {
                        String::new()
                    };
                    let rule = format!("{}{until}", rule.text());
                    put_observance(
                        lines,
                        begins.from,
                        &begins.to,
                        begins.local(),
                        Some(&rule),
                        &[],
                    );
                }
                _ => listed.extend(run.changes),
            }
        }
        if let Some((begins, others)) = listed.split_first() {
            put_observance(lines, begins.from, &begins.to, begins.local(), None, others);
        }
    }
    lines.end("VTIMEZONE");
}

fn put_observance(
    lines: &mut Lines,
    from: i32,
    to: &Phase,
    local: NaiveDateTime,
    rule: Option<&str>,
    others: &[Change],
) {
    let kind = if to.is_summer { "DAYLIGHT" } else { "STANDARD" };
    lines.begin(kind);
    lines.put("DTSTART", &compact(local));
    lines.put("TZOFFSETFROM", &offset(from));
    lines.put("TZOFFSETTO", &offset(to.offset));
    if !to.name.is_empty() {
        lines.text("TZNAME", &to.name);
    }
    if let Some(rule) = rule {
        lines.put("RRULE", rule);
    }
    if !others.is_empty() {
        let times: Vec<String> = others.iter().map(|one| compact(one.local())).collect();
        lines.put("RDATE", &times.join(","));
    }
    lines.end(kind);
}

/// `+0530`; with seconds where there are any.
fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let all = seconds.unsigned_abs();
    let (hours, minutes, seconds) = (all / 3600, all / 60 % 60, all % 60);
    if seconds == 0 {
        format!("{sign}{hours:02}{minutes:02}")
    } else {
        format!("{sign}{hours:02}{minutes:02}{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(zone: &str, years: RangeInclusive<i32>) -> Vec<String> {
        let mut lines = Lines::default();
        put(&mut lines, zone.parse().unwrap(), &years);
        let text = lines.finish().replace("\r\n ", "");
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn paris_changes_by_two_rules() {
        assert_eq!(
            written("Europe/Paris", 2027..=2027),
            [
                "BEGIN:VTIMEZONE",
                "TZID:Europe/Paris",
                "BEGIN:DAYLIGHT",
                "DTSTART:20260329T020000",
                "TZOFFSETFROM:+0100",
                "TZOFFSETTO:+0200",
                "TZNAME:CEST",
                "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
                "END:DAYLIGHT",
                "BEGIN:STANDARD",
                "DTSTART:20261025T030000",
                "TZOFFSETFROM:+0200",
                "TZOFFSETTO:+0100",
                "TZNAME:CET",
                "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
                "END:STANDARD",
                "END:VTIMEZONE",
            ]
        );
    }

    #[test]
    fn a_zone_without_summer_time_has_one_phase() {
        assert_eq!(
            written("Asia/Kolkata", 2027..=2027),
            [
                "BEGIN:VTIMEZONE",
                "TZID:Asia/Kolkata",
                "BEGIN:STANDARD",
                "DTSTART:20260101T053000",
                "TZOFFSETFROM:+0530",
                "TZOFFSETTO:+0530",
                "TZNAME:IST",
                "END:STANDARD",
                "END:VTIMEZONE",
            ]
        );
    }

    #[test]
    fn a_rule_that_was_changed_ends() {
        let lines = written("America/New_York", 2003..=2026);
        let rules: Vec<&String> = lines
            .iter()
            .filter(|line| line.starts_with("RRULE"))
            .collect();
        assert_eq!(
            rules,
            [
                "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z",
                "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
                "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20061029T060000Z",
                "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU",
            ]
        );
    }

    #[test]
    fn changes_without_a_rule_are_listed() {
        let lines = written("Africa/Casablanca", 2026..=2027);
        assert!(
            lines.iter().any(|line| line.starts_with("RDATE:")),
            "{lines:#?}"
        );
    }

    /// Reads a zone as a client does: the offset is that of the latest change before the time.
    fn offset_as_read(zone: &[String], at: NaiveDateTime) -> i32 {
        let mut latest: Option<(NaiveDateTime, i32)> = None;
        for observance in zone.split(|line| line.starts_with("BEGIN:")).skip(2) {
            let says = |name: &str| {
                let start = format!("{name}:");
                observance.iter().find_map(|line| line.strip_prefix(&start))
            };
            let offset = |name| {
                let number: i32 = says(name).unwrap().parse().unwrap();
                (number / 100 * 60 + number % 100) * 60
            };
            let time = |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").unwrap();
            let begins = time(says("DTSTART").unwrap());
            let mut onsets = vec![begins];
            onsets.extend(
                says("RDATE")
                    .into_iter()
                    .flat_map(|all| all.split(','))
                    .map(time),
            );
            if let Some(rule) = says("RRULE") {
                let part = |name: &str| {
                    let mut parts = rule.split(';').filter_map(|part| part.split_once('='));
                    parts.find(|(one, _)| *one == name).map(|(_, value)| value)
                };
                let month = part("BYMONTH").unwrap().parse().unwrap();
                let (week, day) = part("BYDAY")
                    .unwrap()
                    .split_at(part("BYDAY").unwrap().len() - 2);
                let days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
                let weekday = days.iter().position(|one| *one == day).unwrap();
                let weekday = Weekday::try_from(u8::try_from(weekday).unwrap()).unwrap();
                let until = part("UNTIL").map(|until| time(until.trim_end_matches('Z')));
                for year in begins.year()..=at.year() {
                    let date = match week.parse::<i32>().unwrap() {
                        -1 => (22..=31)
                            .rev()
                            .filter_map(|day| NaiveDate::from_ymd_opt(year, month, day))
                            .find(|date| date.weekday() == weekday)
                            .unwrap(),
                        week => {
                            let week = u8::try_from(week).unwrap();
                            NaiveDate::from_weekday_of_month_opt(year, month, weekday, week)
                                .unwrap()
                        }
                    };
                    let local = date.and_time(begins.time());
                    let at = local - TimeDelta::seconds(offset("TZOFFSETFROM").into());
                    if until.is_none_or(|until| at <= until) {
                        onsets.push(local);
                    }
                }
            }
            for onset in onsets {
                let onset = onset - TimeDelta::seconds(offset("TZOFFSETFROM").into());
                if onset <= at && latest.is_none_or(|(last, _)| last <= onset) {
                    latest = Some((onset, offset("TZOFFSETTO")));
                }
            }
        }
        latest.expect("a change before the time").1
    }

    #[test]
    fn what_a_client_reads_is_what_we_know_of_every_zone() {
        for (zone, years) in chrono_tz::TZ_VARIANTS
            .into_iter()
            .map(|zone| (zone, 2026..=2028))
            .chain([
                (chrono_tz::America::New_York, 1985..=2028),
                (chrono_tz::Europe::Dublin, 1975..=2028),
            ])
        {
            let lines = written(zone.name(), years.clone());
            let mut at = NaiveDate::from_ymd_opt(*years.start(), 1, 1)
                .unwrap()
                .and_time(NaiveTime::MIN);
            while at.year() <= *years.end() {
                assert_eq!(
                    offset_as_read(&lines, at),
                    Phase::of(zone, at).offset,
                    "{zone} at {at}: {lines:#?}"
                );
                at += TimeDelta::hours(61);
            }
        }
        written("Europe/Paris", 1900..=2999);
    }
}
