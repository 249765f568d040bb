//! The rule of a series (RFC 5545 §3.3.10): which days it means, and what becomes of it when the series is split or
//! moved. Pure, no database.
//!
//! The surprising rule: days are counted on the wall's calendar, without any zone. "Every Tuesday at seven" is that in
//! summer and in winter; only then does the zone say at which instant.

use std::ops::ControlFlow;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use rrule::{RRule, RRuleSet, Unvalidated};
use serde_json::json;

use crate::http::values::TimeZone;
use crate::http::wall_clock::WallClock;
use crate::http::{FieldError, Problem};

mod taken;

pub use taken::{Budget, Compared, Limit, Taken};

/// How many events a series has at most.
pub const MOST: usize = 200;
/// How far its last event is from the first at most, in days: ten years.
const FURTHEST: i64 = 3_653;
/// How often the same thing can be skipped.
const LARGEST_INTERVAL: u16 = 999;
/// The parts that a rule may have besides its end.
const PARTS: [&str; 9] = [
    "FREQ",
    "INTERVAL",
    "WKST",
    "BYDAY",
    "BYMONTH",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYSETPOS",
];
/// The days of the week, as rules name them.
const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// When a series ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// After so many events.
    Count(usize),
    /// With the last one that begins by then, as the clock on the wall shows it.
    Until(NaiveDateTime),
    /// Never: only in other calendars.
    Never,
}

/// A rule. Those of series end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its parts but the end, in their order.
    parts: Vec<(String, String)>,
    end: End,
}

fn refuse<T>(code: &str, detail: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::field("/rule", code, detail))
}

/// The end that `UNTIL` names, on the wall of this zone. A day without a time means the whole day.
fn read_until(text: &str, zone: TimeZone) -> Option<NaiveDateTime> {
    if let Some(utc) = text.strip_suffix('Z') {
        let at = NaiveDateTime::parse_from_str(utc, "%Y%m%dT%H%M%S").ok()?;
        return Some(at.and_utc().with_timezone(&zone.0).naive_local());
    }
    if text.len() == 8 {
        return NaiveDate::parse_from_str(text, "%Y%m%d")
            .ok()?
            .and_hms_opt(23, 59, 59);
    }
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok()
}

impl Rule {
    /// Reads a rule: `FREQ=WEEKLY;COUNT=10`. `UNTIL` in UTC is turned into what the clocks of `zone` show.
    ///
    /// # Errors
    /// `validation_failed` at `/rule`.
    pub fn read(text: &str, zone: TimeZone) -> Result<Self, Problem> {
        let rule = Self::read_any(text, zone)?;
        match rule.end {
            End::Never => refuse(
                "rule_never_ends",
                "Say when it ends: add ;COUNT=10 or ;UNTIL=20271231.",
            ),
            End::Count(count) if count > MOST => too_many(count, ""),
            End::Count(_) | End::Until(_) => Ok(rule),
        }
    }

    /// Reads a rule of another calendar, which may never end or make many.
    ///
    /// # Errors
    /// `validation_failed` at `/rule`.
    pub fn read_any(text: &str, zone: TimeZone) -> Result<Self, Problem> {
        let text = text.trim().to_ascii_uppercase();
        let text = text.strip_prefix("RRULE:").unwrap_or(&text);
        let mut parts: Vec<(String, String)> = Vec::new();
        let mut count = None;
        let mut until = None;
        for part in text.trim_end_matches(';').split(';') {
            let Some((name, value)) = part.split_once('=') else {
                return refuse(
                    "malformed_rule",
                    "Parts such as FREQ=WEEKLY, separated by semicolons.",
                );
            };
            let is_twice = parts.iter().any(|(there, _)| there == name)
                || (name == "COUNT" && count.is_some())
                || (name == "UNTIL" && until.is_some());
            if is_twice {
                return refuse("malformed_rule", "Each part once.");
            }
            match name {
                "COUNT" => count = Some(value.to_owned()),
                "UNTIL" => until = Some(value.to_owned()),
                "BYHOUR" | "BYMINUTE" | "BYSECOND" => {
                    return refuse(
                        "time_in_rule",
                        "All events of a series begin at the same time: leave out BYHOUR, BYMINUTE and BYSECOND.",
                    );
                }
                name if PARTS.contains(&name) => parts.push((name.to_owned(), value.to_owned())),
                _ => {
                    return refuse(
                        "malformed_rule",
                        format!(
                            "A rule has the parts {}, COUNT and UNTIL.",
                            PARTS.join(", ")
                        ),
                    );
                }
            }
        }
        let end = match (count, until) {
            (None, None) => End::Never,
            (Some(_), Some(_)) => {
                return refuse("count_and_until", "Either COUNT or UNTIL, not both.");
            }
            (Some(count), None) => match count.parse::<u32>().ok().filter(|count| *count > 0) {
                Some(count) => End::Count(usize::try_from(count).unwrap_or(usize::MAX)),
                None => return refuse("malformed_rule", "COUNT is a number from 1 to 200."),
            },
            (None, Some(until)) => match read_until(&until, zone) {
                Some(at) => End::Until(at),
                None => {
                    return refuse(
                        "malformed_rule",
                        "UNTIL is a day such as 20271231, or a time such as 20271231T180000Z.",
                    );
                }
            },
        };
        let rule = Self { parts, end };
        rule.check()?;
        Ok(rule)
    }

    fn part(&self, wanted: &str) -> Option<&str> {
        let found = self.parts.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    }

    fn check(&self) -> Result<(), Problem> {
        match self.part("FREQ") {
            Some("DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY") => {}
            Some("SECONDLY" | "MINUTELY" | "HOURLY") => {
                return refuse(
                    "too_often",
                    "At most one event a day: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY.",
                );
            }
            _ => {
                return refuse(
                    "malformed_rule",
                    "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY.",
                );
            }
        }
        if let Some(interval) = self.part("INTERVAL")
            && !interval
                .parse::<u16>()
                .is_ok_and(|number| (1..=LARGEST_INTERVAL).contains(&number))
        {
            return refuse("malformed_rule", "INTERVAL is a number from 1 to 999.");
        }
        Ok(())
    }

    /// As it is kept and shown, `UNTIL` in UTC as RFC 5545 wants it.
    #[must_use]
    pub fn text(&self, zone: TimeZone) -> String {
        let mut text = self.parts_text();
        match self.end {
            End::Count(count) => text.push_str(&format!(";COUNT={count}")),
            End::Until(at) => {
                let at = on_the_wall(at, zone).0.instant().utc();
                text.push_str(&at.format(";UNTIL=%Y%m%dT%H%M%SZ").to_string());
            }
            End::Never => {}
        }
        text
    }

    fn parts_text(&self) -> String {
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        parts.join(";")
    }

    /// Goes through the local starts from `start` until `end`, in their order, until `look` says that it is enough.
    fn each(
        &self,
        start: NaiveDateTime,
        end: NaiveDateTime,
        mut look: impl FnMut(NaiveDateTime) -> ControlFlow<Result<(), Problem>>,
    ) -> Result<(), Problem> {
        let utc = |at: NaiveDateTime| -> DateTime<rrule::Tz> {
            at.and_utc().with_timezone(&rrule::Tz::UTC)
        };
        let text = format!(
            "{};UNTIL={}",
            self.parts_text(),
            end.format("%Y%m%dT%H%M%SZ")
        );
        let rule = text
            .parse::<RRule<Unvalidated>>()
            .and_then(|rule| rule.validate(utc(start)));
        let Ok(rule) = rule else {
            return refuse(
                "malformed_rule",
                "It is no rule of RFC 5545, section 3.3.10.",
            );
        };
        let set = RRuleSet::new(utc(start)).rrule(rule).limit();
        for at in &set {
            if let ControlFlow::Break(end) = look(at.with_timezone(&Utc).naive_utc()) {
                return end;
            }
        }
        Ok(())
    }

    /// The local starts that the rule means, the first of them `start`.
    ///
    /// # Errors
    /// `validation_failed` at `/rule`: none, too many, too far, or not at `start`.
    pub fn dates(&self, start: NaiveDateTime) -> Result<Vec<NaiveDateTime>, Problem> {
        let furthest = start
            .checked_add_signed(TimeDelta::days(FURTHEST))
            .unwrap_or(start);
        // One bound for all rules: the library stops there, whatever else the rule says.
        let end = match self.end {
            End::Until(at) => at.min(furthest),
            End::Count(_) | End::Never => furthest,
        };
        if end < start {
            return refuse("rule_makes_none", "It ends before the first event begins.");
        }
        let most = match self.end {
            End::Count(count) => count,
            End::Until(_) | End::Never => usize::MAX,
        };
        let mut dates: Vec<NaiveDateTime> = Vec::new();
        self.each(start, end, |at| {
            if dates.len() == most {
                return ControlFlow::Break(Ok(()));
            }
            dates.push(at);
            ControlFlow::Continue(())
        })?;
        if dates.len() > MOST {
            return too_many(
                dates.len(),
                if end == furthest { " in ten years" } else { "" },
            );
        }
        match dates.first() {
            None => return refuse("rule_makes_none", "There is no such day in ten years."),
            Some(first) if *first != start => {
                return refuse(
                    "rule_misses_start",
                    format!(
                        "The event begins on a day that the rule leaves out; its first would be {}.",
                        first.date()
                    ),
                );
            }
            Some(_) => {}
        }
        let is_cut = match self.end {
            End::Count(count) => dates.len() < count,
            End::Until(at) => at > furthest,
            End::Never => true,
        };
        if is_cut {
            return refuse(
                "too_far",
                format!(
                    "A series takes ten years at most; in that time the rule makes {}.",
                    dates.len()
                ),
            );
        }
        Ok(dates)
    }

    /// The rule as far as `last`, one of its dates.
    #[must_use]
    pub fn ending_with(&self, last: NaiveDateTime) -> Self {
        Self {
            parts: self.parts.clone(),
            end: End::Until(last),
        }
    }

    /// The two rules of a series that is split: up to `last`, and the `rest` events that follow.
    #[must_use]
    pub fn split(&self, last: NaiveDateTime, rest: usize) -> (Self, Self) {
        let end = match self.end {
            End::Count(_) => End::Count(rest),
            other => other,
        };
        let following = Self {
            parts: self.parts.clone(),
            end,
        };
        (self.ending_with(last), following)
    }

    /// The rule when all of the series is moved by so much: the days of the week that it names go along, where it is
    /// a weekly one. Whether it means the moved days then, its dates tell.
    #[must_use]
    pub fn moved(&self, by: TimeDelta, days: i64) -> Self {
        let is_weekly = self.part("FREQ") == Some("WEEKLY");
        let turned = |day: &str| -> String {
            let found = DAYS.iter().position(|one| *one == day);
            let Some(index) = found.and_then(|index| i64::try_from(index).ok()) else {
                return day.to_owned();
            };
            let index = usize::try_from((index + days).rem_euclid(7)).unwrap_or_default();
            DAYS.get(index).map_or(day, |one| *one).to_owned()
        };
        let parts = self
            .parts
            .iter()
            .map(|(name, value)| {
                let value = if is_weekly && name == "BYDAY" {
                    value.split(',').map(turned).collect::<Vec<_>>().join(",")
                } else {
                    value.clone()
                };
                (name.clone(), value)
            })
            .collect();
        let end = match self.end {
            End::Until(at) => End::Until(at.checked_add_signed(by).unwrap_or(at)),
            other => other,
        };
        Self { parts, end }
    }
}

fn too_many<T>(count: usize, span: &str) -> Result<T, Problem> {
    Err(Problem::fields(vec![
        FieldError::body(
            "/rule",
            "too_many",
            format!("It makes {count} events{span}, and a series has at most {MOST}."),
        )
        .with(json!({"max": MOST, "count": count})),
    ]))
}

/// A local time on the wall of a zone, and whether the clocks skip it: then it is as much later as they are put forward.
#[must_use]
pub fn on_the_wall(local: NaiveDateTime, zone: TimeZone) -> (WallClock, bool) {
    let meant = WallClock {
        local: local.into(),
        time_zone: zone,
    };
    let shown = WallClock::at(meant.instant(), zone);
    // Of a time that comes twice, too, the clocks show just this.
    let is_skipped = shown.local != meant.local;
    (shown, is_skipped)
}

/// The start and the end of an occurrence. Where the clocks shift its end before its start, it takes as long as ever.
#[must_use]
pub fn period(
    local: NaiveDateTime,
    length: TimeDelta,
    zone: TimeZone,
) -> (WallClock, WallClock, bool) {
    let (starts, is_moved) = on_the_wall(local, zone);
    let (ends, _) = on_the_wall(local + length, zone);
    if is_moved || ends.instant() <= starts.instant() {
        let ends = WallClock::at(starts.instant().plus(length), zone);
        return (starts, ends, is_moved);
    }
    (starts, ends, is_moved)
}

/// How many days lie between two local times on the calendar.
#[must_use]
pub fn days_between(from: NaiveDateTime, to: NaiveDateTime) -> i64 {
    i64::from(to.date().num_days_from_ce()) - i64::from(from.date().num_days_from_ce())
}

#[cfg(test)]
mod tests;
