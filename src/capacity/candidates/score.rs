//! What each part of a score is worth: figures in, points from 0 to 100 out. Pure.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};

use super::model::{CandidateWeights, ExperiencePart, FreePart, LoadPart, OverlapPart, SkillsPart};
use crate::capacity::days;
use crate::capacity::feasibility::{Spread, largest_fit};
use crate::capacity::fit::hull::Opened;
use crate::capacity::load::{Demand, Effort};
use crate::db::rows::fold;
use crate::http::values::TimeZone;
use crate::people::capacity::MemberCapacity;

/// What one delegation of the kind earns.
const PER_DELEGATION: i64 = 20;
/// The days of a week, which is what common hours are counted over.
pub(super) const WEEK: u64 = 7;

/// The hundredths of `whole` that `part` is, from 0 to 100; none of nothing.
fn share(part: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    (part.clamp(0, whole) * 100) / whole
}

/// Which of the wanted skills, folded already, are among those that somebody has.
pub(super) fn skills<'a>(wanted: &[String], has: impl Iterator<Item = &'a str>) -> SkillsPart {
    let has: Vec<String> = has.map(fold).collect();
    let (matched, missing): (Vec<String>, Vec<String>) = wanted
        .iter()
        .cloned()
        .partition(|skill| has.contains(skill));
    let count = |some: &[String]| i64::try_from(some.len()).unwrap_or(i64::MAX);
    SkillsPart {
        points: share(count(&matched), count(wanted)),
        matched,
        missing,
    }
}

/// The days of a window among those of a capacity.
fn window(capacity: &MemberCapacity, (first, last): (NaiveDate, NaiveDate)) -> (i64, i64) {
    (days::number(capacity, first), days::number(capacity, last))
}

/// What there is within a window, where all of it is known.
fn there(capacity: &MemberCapacity, period: (NaiveDate, NaiveDate)) -> Option<i64> {
    let (first, last) = window(capacity, period);
    let (first, last) = (usize::try_from(first).ok()?, usize::try_from(last).ok()?);
    capacity
        .days
        .get(first..=last)?
        .iter()
        .map(|day| day.map(|day| i64::from(day.minutes())))
        .sum()
}

/// How free somebody is within a window who has this load, and how much is taken. `opened` are the days that matter for the
/// window, with that load on them, as a check would open them.
pub(super) fn time(
    opened: &Opened,
    load: &[Demand],
    period: (NaiveDate, NaiveDate),
    needed: Option<i64>,
) -> (FreePart, LoadPart) {
    let capacity = &opened.capacity;
    let (first, last) = window(capacity, period);
    let fit = match (usize::try_from(first), usize::try_from(last)) {
        (Ok(first), Ok(last)) => largest_fit(&opened.minutes, &opened.present, first, last),
        _ => None,
    };
    let whole = there(capacity, period);
    let free = FreePart {
        points: match (fit, needed.filter(|needed| *needed > 0), whole) {
            (Some(fit), Some(needed), _) => share(fit, needed),
            (Some(fit), None, Some(whole)) => share(fit, whole),
            _ => 0,
        },
        free_minutes: fit,
        needed_minutes: needed,
    };
    let taken = taken(opened, load, (first, last));
    let load = LoadPart {
        points: whole.map_or(0, |whole| share(whole - taken, whole)),
        taken_minutes: taken,
        capacity_minutes: whole,
    };
    (free, load)
}

/// What is wanted within a window: what is fixed to days there, and the part of the rest that is laid there.
fn taken(opened: &Opened, load: &[Demand], (first, last): (i64, i64)) -> i64 {
    let (capacity, minutes) = (&opened.capacity, &opened.minutes);
    let is_known = |day: usize| minutes.get(day).is_some_and(Option::is_some);
    let inside = |day: usize| i64::try_from(day).is_ok_and(|day| first <= day && day <= last);
    // A total that has only one day may stand here or there; it is counted here.
    let on_days: i64 = opened
        .present
        .iter()
        .filter(|one| one.first == one.last && inside(one.first) && is_known(one.first))
        .map(|one| one.minutes)
        .sum();
    let spread = Spread::over(minutes);
    let movable: i64 = load
        .iter()
        .filter(|one| {
            days::number(capacity, one.first_on) <= last
                && first <= days::number(capacity, one.last_on)
        })
        .filter_map(|one| match one.effort {
            Effort::Total(minutes) if one.first_on < one.last_on => {
                let window =
                    days::number(capacity, one.first_on)..=days::number(capacity, one.last_on);
                Some(spread.minutes(&window, minutes, (first, last)))
            }
            _ => None,
        })
        .sum();
    on_days + movable
}

/// From an instant until another, one after the other.
pub(super) type Hours = Vec<(DateTime<Utc>, DateTime<Utc>)>;

/// When somebody works in the week from a day on, beginning at nine by the clocks that the hours in force follow.
pub(super) fn hours(capacity: &MemberCapacity, from: NaiveDate) -> Option<Hours> {
    let nine = NaiveTime::from_hms_opt(9, 0, 0)?;
    let mut hours = Vec::new();
    for on in (0..WEEK).map(|day| from + Days::new(day)) {
        let day = usize::try_from(days::number(capacity, on)).ok()?;
        let day = (*capacity.days.get(day)?)?;
        if day.working_minutes > 0 {
            let nine = on.and_time(nine);
            let begin = day.time_zone.0.from_local_datetime(&nine).earliest()?;
            let begin = begin.with_timezone(&Utc);
            let minutes = i64::from(day.working_minutes);
            hours.push((begin, begin + TimeDelta::minutes(minutes)));
        }
    }
    Some(hours)
}

/// By whose clocks somebody works on a day, where that was written down.
fn clock(capacity: &MemberCapacity, on: NaiveDate) -> Option<TimeZone> {
    let day = usize::try_from(days::number(capacity, on)).ok()?;
    Some((*capacity.days.get(day)?)?.time_zone)
}

/// How much of one's working hours is common with another's, in the week from a day on, which `own` begins by. `account`
/// is the zone of the account, which is told where no hours are in force.
pub(super) fn overlap(
    (own, account): (&MemberCapacity, TimeZone),
    other: Option<&Hours>,
    from: NaiveDate,
) -> OverlapPart {
    let zone = clock(own, from).unwrap_or(account);
    let own = hours(own, from);
    let working: Option<i64> = own.as_ref().map(|own| {
        own.iter()
            .map(|(begin, end)| (*end - *begin).num_minutes())
            .sum()
    });
    let common: Option<i64> = own.zip(other).map(|(own, other)| {
        own.iter()
            .flat_map(|one| other.iter().map(move |two| (one, two)))
            .map(|(one, two)| (one.1.min(two.1) - one.0.max(two.0)).num_minutes().max(0))
            .sum()
    });
    OverlapPart {
        points: common
            .zip(working)
            .map_or(0, |(part, all)| share(part, all)),
        common_minutes: common,
        working_minutes: working,
        time_zone: zone.0.name().to_owned(),
    }
}

/// What so many delegations of the kind are worth.
pub(super) fn experience(confirmed_delegations: i64) -> ExperiencePart {
    ExperiencePart {
        points: confirmed_delegations
            .saturating_mul(PER_DELEGATION)
            .clamp(0, 100),
        confirmed_delegations,
    }
}

impl CandidateWeights {
    /// The points of the parts, each times its weight, added up.
    pub(super) const fn score(
        self,
        skills: &SkillsPart,
        (free, load): (FreePart, LoadPart),
        overlap: &OverlapPart,
        experience: ExperiencePart,
    ) -> i64 {
        self.skills * skills.points
            + self.free * free.points
            + self.load * load.points
            + self.overlap * overlap.points
            + self.experience * experience.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::load::Source;
    use crate::db::Id;
    use crate::people::capacity::DayCapacity;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Two weeks from Monday, 30 November 2026, eight hours each workday.
    fn two_weeks() -> MemberCapacity {
        two_weeks_in(chrono_tz::Europe::Paris)
    }

    fn two_weeks_in(zone: chrono_tz::Tz) -> MemberCapacity {
        let day = |day: usize| {
            Some(DayCapacity {
                working_minutes: if day % 7 < 5 { 480 } else { 0 },
                absent_minutes: 0,
                is_holiday: false,
                time_zone: TimeZone(zone),
            })
        };
        MemberCapacity {
            first_on: on("2026-11-30"),
            days: (0..14).map(day).collect(),
        }
    }

    fn demand(first: &str, last: &str, effort: Effort) -> Demand {
        Demand {
            source: Source::Task(Id::nil()),
            task_id: None,
            first_on: on(first),
            last_on: on(last),
            effort,
        }
    }

    #[test]
    fn skills_match_without_case_and_accents() {
        let wanted = vec![fold("Rédaction"), fold("Go")];
        let part = skills(&wanted, ["redaction", "Rust"].into_iter());
        assert_eq!(
            (part.points, part.matched.len(), part.missing.len()),
            (50, 1, 1)
        );
        assert_eq!(skills(&[], ["Go"].into_iter()).points, 0);
    }

    #[test]
    fn free_is_what_still_fits_and_load_what_is_taken() {
        let capacity = two_weeks();
        let week = (on("2026-11-30"), on("2026-12-06"));
        let load = [
            demand("2026-11-30", "2026-12-13", Effort::Total(3600)),
            demand("2026-12-01", "2026-12-01", Effort::PerDay(120)),
        ];
        let opened = Opened::of(capacity, load);
        let (free, taken) = time(&opened, &load, week, Some(960));
        // 4,800 there, 3,720 wanted: all the rest can come together in this week.
        assert_eq!((free.points, free.free_minutes), (100, Some(1080)));
        assert_eq!(
            (taken.taken_minutes, taken.capacity_minutes),
            (1920, Some(2400))
        );
        assert_eq!(taken.points, 20);
        let (free, _) = time(&opened, &load, week, None);
        assert_eq!(free.points, 45);
        let (free, _) = time(&opened, &load, week, Some(2160));
        assert_eq!(free.points, 50);
    }

    #[test]
    fn unknown_earns_nothing_and_is_not_zero() {
        let mut capacity = two_weeks();
        capacity.days[2] = None;
        let week = (on("2026-11-30"), on("2026-12-06"));
        let (free, load) = time(&Opened::of(capacity, []), &[], week, Some(60));
        assert_eq!((free.points, free.free_minutes), (0, None));
        assert_eq!((load.points, load.capacity_minutes), (0, None));
    }

    #[test]
    fn common_hours_follow_the_clocks() {
        let from = on("2026-11-30");
        let part = |zone| {
            let own = two_weeks_in(zone);
            overlap(
                (&own, TimeZone::UTC),
                hours(&two_weeks(), from).as_ref(),
                from,
            )
        };
        assert_eq!(part(chrono_tz::Europe::Paris).points, 100);
        let london = part(chrono_tz::Europe::London);
        assert_eq!((london.points, london.common_minutes), (87, Some(2100)));
        assert_eq!(part(chrono_tz::America::New_York).common_minutes, Some(600));
        assert_eq!(part(chrono_tz::Pacific::Auckland).points, 0);
    }

    #[test]
    fn experience_is_worth_no_more_than_all() {
        let points: Vec<i64> = [0, 1, 4, 5, 500]
            .iter()
            .map(|delegations| experience(*delegations).points)
            .collect();
        assert_eq!(points, [0, 20, 80, 100, 100]);
    }
}
