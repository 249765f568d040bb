//! What a series takes of a rule from another calendar, which may never end.
//!
//! The surprising rule: where a rule makes more than a series has room for, the past makes room first. A meeting that
//! has been held every week for ten years comes in with the year ahead, and with as much of what was as fits.

use std::ops::ControlFlow;

use chrono::{NaiveDateTime, TimeDelta};

use super::{End, FURTHEST, MOST, Rule, refuse};
use crate::http::Problem;

/// How far ahead a series reaches at least where the past makes room for it, in days.
const AHEAD: i64 = 365;

/// How many dates may still be looked at: what all rules of one file share.
#[derive(Debug)]
pub struct Budget(usize);

impl Budget {
    /// For one file.
    #[must_use]
    pub const fn of(dates: usize) -> Self {
        Self(dates)
    }

    fn spend(&mut self, dates: usize) -> Result<(), Problem> {
        match self.0.checked_sub(dates) {
            Some(rest) => {
                self.0 = rest;
                Ok(())
            }
            None => refuse(
                "too_many",
                "The rules of this file make too many dates: send it in parts.",
            ),
        }
    }
}

/// Why a series does not take all that a rule makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The rule never ends.
    NeverEnds,
    /// It makes more than a series has.
    TooMany,
    /// It reaches further than a series does.
    TooFar,
}

/// What a series takes of a rule.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The rule that makes just these.
    pub rule: Rule,
    /// The local starts.
    pub dates: Vec<NaiveDateTime>,
    /// Why it is not all; none when it is.
    pub limit: Option<Limit>,
    /// All that were looked at: before and after those that are taken, too.
    all: Vec<NaiveDateTime>,
}

/// A rule beside a series that came from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// The series has what it may have of the rule.
    Same,
    /// The rule ends after so many of the series' events.
    Shorter(usize),
    /// The rule is the series' at another time.
    Moved(TimeDelta),
    /// The rule goes on longer.
    Longer,
    /// It is another rule.
    Other,
}

impl Rule {
    /// What a series takes of the rule: all of it if it has room, or else 200 at most within ten years, among them those
    /// of the year ahead if they fit. `start` and `now` are on the wall of the rule's zone.
    ///
    /// # Errors
    /// `validation_failed` at `/rule`: none, not at `start`, or too many for the budget.
    pub fn taken(
        &self,
        start: NaiveDateTime,
        now: NaiveDateTime,
        budget: &mut Budget,
    ) -> Result<Taken, Problem> {
        let later = |from: NaiveDateTime, days| {
            from.checked_add_signed(TimeDelta::days(days))
                .unwrap_or(from)
        };
        let (horizon, furthest) = (later(now, AHEAD), later(start.max(now), FURTHEST));
        let bound = match self.end {
            End::Until(at) => at.min(furthest),
            End::Count(_) | End::Never => furthest,
        };
        let most = match self.end {
            End::Count(count) => count,
            End::Until(_) | End::Never => usize::MAX,
        };
        let (mut all, mut to_come, mut goes_on) = (Vec::new(), 0_usize, false);
        if bound >= start {
            self.each(start, bound, |at| {
                if all.len() == most {
                    return ControlFlow::Break(Ok(()));
                }
                if let Err(problem) = budget.spend(1) {
                    return ControlFlow::Break(Err(problem));
                }
                if all.len() > MOST && at > horizon && to_come > MOST {
                    goes_on = true;
                    return ControlFlow::Break(Ok(()));
                }
                to_come += usize::from(at >= now);
                all.push(at);
                ControlFlow::Continue(())
            })?;
            // Days without a date took their time, too.
            let end = all.last().copied().unwrap_or(bound);
            let days = usize::try_from((end - start).num_days()).unwrap_or_default();
            budget.spend((days / self.days_apart()).saturating_sub(all.len()))?;
        }
        goes_on = goes_on
            || match self.end {
                End::Never => true,
                End::Until(at) => at > furthest,
                End::Count(count) => all.len() < count,
            };
        let Some((first, last)) = all.first().copied().zip(all.last().copied()) else {
            return refuse("rule_makes_none", "There is no such day.");
        };
        if first != start {
            return refuse(
                "rule_misses_start",
                format!(
                    "The event begins on a day that the rule leaves out; its first would be {}.",
                    first.date()
                ),
            );
        }
        if !goes_on && all.len() <= MOST && last <= later(first, FURTHEST) {
            return Ok(Taken {
                rule: self.clone(),
                dates: all.clone(),
                limit: None,
                all,
            });
        }
        let near = all.iter().filter(|at| **at <= horizon).count();
        let past = all.iter().filter(|at| **at < now).count();
        let from = near.saturating_sub(MOST).min(past);
        let kept = all.get(from..).unwrap_or_default();
        let end = later(kept.first().copied().unwrap_or(start), FURTHEST);
        let dates: Vec<NaiveDateTime> = kept
            .iter()
            .copied()
            .take(MOST)
            .take_while(|at| *at <= end)
            .collect();
        let (Some(first), Some(last)) = (dates.first(), dates.last()) else {
            return refuse("rule_makes_none", "There is no such day.");
        };
        let rule = self.ending_with(*last);
        if rule.dates(*first)? != dates {
            return refuse(
                "too_many",
                "It makes more events than a series has, and no part of it can be taken.",
            );
        }
        let limit = match self.end {
            End::Never => Limit::NeverEnds,
            _ if dates.len() == MOST => Limit::TooMany,
            _ => Limit::TooFar,
        };
        Ok(Taken {
            rule,
            dates,
            limit: Some(limit),
            all,
        })
    }

    /// How many days a step of the rule takes at least.
    fn days_apart(&self) -> usize {
        match self.part("FREQ") {
            Some("WEEKLY") => 7,
            Some("MONTHLY") => 28,
            Some("YEARLY") => 365,
            _ => 1,
        }
    }
}

impl Taken {
    /// The rule beside a series, of whose dates so many are made.
    #[must_use]
    pub fn beside(&self, dates: &[NaiveDateTime], made: usize) -> Compared {
        let Some(first) = dates.first() else {
            return Compared::Other;
        };
        let from = self.all.partition_point(|at| at < first);
        if self.all.get(from) == Some(first) {
            let run = self.all.get(from..).unwrap_or_default();
            let shared = run
                .iter()
                .zip(dates)
                .take_while(|(one, other)| one == other)
                .count();
            return if shared == dates.len() {
                match shared == run.len() || self.limit.is_some() {
                    true => Compared::Same,
                    false => Compared::Longer,
                }
            } else if shared < run.len() {
                Compared::Other
            } else if shared == made {
                // Calendars of ours end with what is made.
                Compared::Same
            } else {
                Compared::Shorter(shared)
            };
        }
        // The nearest of those before and after.
        let candidates = [from.checked_sub(1), Some(from)];
        let nearest = candidates
            .into_iter()
            .flatten()
            .filter_map(|index| Some((index, *self.all.get(index)? - *first)))
            .min_by_key(|(_, by)| by.num_seconds().abs());
        let Some((from, by)) = nearest else {
            return Compared::Other;
        };
        let run = self.all.get(from..).unwrap_or_default();
        let is_moved = run.len() >= dates.len()
            && (run.len() == dates.len() || self.limit.is_some())
            && run.iter().zip(dates).all(|(to, from)| *to - *from == by);
        if is_moved {
            Compared::Moved(by)
        } else {
            Compared::Other
        }
    }
}
