//! What comes in and what goes out.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::capacity::workload::Period;
use crate::db::Id;
use crate::http::Text;
use crate::http::query::{AnyOf, Who};
use crate::http::text::{Name, TextFault};
use crate::text_enum;

/// A skill that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill(pub Text<1, 60>);

impl FromStr for Skill {
    type Err = TextFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Text::new(text).map(Self)
    }
}

/// A whole number from 0 to 100 in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hundredths(pub i64);

impl FromStr for Hundredths {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse()
            .ok()
            .filter(|number| (0..=100).contains(number))
            .map(Self)
            .ok_or("A whole number from 0 to 100.")
    }
}

impl<'de> Deserialize<'de> for Hundredths {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(input)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What is looked for, and how much each part counts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CandidateFilter {
    /// Skills that are wanted besides the task's labels, separated by commas; case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 2000, example = "writing,Go")]
    pub(super) skills: Option<AnyOf<Skill>>,
    /// Only these members, separated by commas: ids, or `me`.
    #[param(value_type = Option<String>, max_length = 2000, example = "me")]
    pub(super) member_id: Option<AnyOf<Who>>,
    /// How much matching skills count; 40 unless given.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 100)]
    pub(super) skills_weight: Option<Hundredths>,
    /// How much free time counts; 25 unless given.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 100)]
    pub(super) free_weight: Option<Hundredths>,
    /// How much it counts to have little to do; 15 unless given.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 100)]
    pub(super) load_weight: Option<Hundredths>,
    /// How much common hours with the accountable member count; 10 unless given.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 100)]
    pub(super) overlap_weight: Option<Hundredths>,
    /// How much earlier work of the kind counts; 10 unless given.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 100)]
    pub(super) experience_weight: Option<Hundredths>,
    /// How many of the best are shown, from 1 to 100; 20 unless given.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    pub(super) best: Option<Hundredths>,
}

/// How much each part counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"skills": 40, "free": 25, "load": 15, "overlap": 10, "experience": 10}))]
pub struct CandidateWeights {
    /// Matching skills.
    #[schema(maximum = 100)]
    pub skills: i64,
    /// Free time.
    #[schema(maximum = 100)]
    pub free: i64,
    /// Little to do.
    #[schema(maximum = 100)]
    pub load: i64,
    /// Common hours.
    #[schema(maximum = 100)]
    pub overlap: i64,
    /// Earlier work of the kind.
    #[schema(maximum = 100)]
    pub experience: i64,
}

/// Which of the wanted skills somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"points": 50, "matched": ["writing"], "missing": ["go"]}))]
pub struct SkillsPart {
    /// 100 for all of them, 0 where none are wanted.
    #[schema(maximum = 100)]
    pub points: i64,
    /// Those that the member has.
    #[schema(max_items = 70, value_type = Vec<String>)]
    pub matched: Vec<String>,
    /// Those that the member has not.
    #[schema(max_items = 70, value_type = Vec<String>)]
    pub missing: Vec<String>,
}

/// What could still be put into the time until the task is due, everything else still fitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"points": 100, "free_minutes": 960, "needed_minutes": 480}))]
pub struct FreePart {
    /// The part of the needed minutes that is free, or of the capacity where the task has no estimate; 100 at most.
    #[schema(maximum = 100)]
    pub points: i64,
    /// The minutes that are free; null where a day has no working hours on record, which earns no points.
    #[schema(required = true)]
    pub free_minutes: Option<i64>,
    /// The minutes that the task needs; null without an estimate.
    #[schema(required = true)]
    pub needed_minutes: Option<i64>,
}

/// How much of somebody's time is taken already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"points": 60, "taken_minutes": 960, "capacity_minutes": 2400}))]
pub struct LoadPart {
    /// The hundredths of the capacity that are not taken; 0 at least.
    #[schema(maximum = 100)]
    pub points: i64,
    /// What allocations and tasks want until the task is due, without the task itself.
    pub taken_minutes: i64,
    /// What there is; null where a day has no working hours on record, which earns no points.
    #[schema(required = true)]
    pub capacity_minutes: Option<i64>,
}

/// When somebody works while the accountable member does, if everybody begins at nine by the clocks that their working
/// hours follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"points": 87, "common_minutes": 2100, "working_minutes": 2400, "time_zone": "Europe/Paris"}))]
pub struct OverlapPart {
    /// The hundredths of the member's working hours that are common.
    #[schema(maximum = 100)]
    pub points: i64,
    /// The common minutes of a week; null where the hours of one of the two are unknown, which earns no points.
    #[schema(required = true)]
    pub common_minutes: Option<i64>,
    /// The minutes that the member works in that week; null where they are unknown.
    #[schema(required = true)]
    pub working_minutes: Option<i64>,
    /// By whose clocks the member works: the zone of the working hours in force on the first day (the member's own, or else the
    /// team's default), or of the account where there are none.
    #[schema(max_length = 64)]
    pub time_zone: String,
}

/// Work of the kind that somebody did before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"points": 60, "confirmed_delegations": 3}))]
pub struct ExperiencePart {
    /// 20 for each, 100 at most.
    #[schema(maximum = 100)]
    pub points: i64,
    /// How many delegations to the member of other tasks with a label in common were confirmed.
    pub confirmed_delegations: i64,
}

/// Somebody who could be asked, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "display_name": "Ada Lovelace", "score": 6_870, "skills": {"points": 50, "matched": ["writing"], "missing": ["go"]}, "free": {"points": 100, "free_minutes": 960, "needed_minutes": 480}, "load": {"points": 60, "taken_minutes": 960, "capacity_minutes": 2400}, "overlap": {"points": 87, "common_minutes": 2100, "working_minutes": 2400, "time_zone": "Europe/Paris"}, "experience": {"points": 60, "confirmed_delegations": 3}}))]
pub struct Candidate {
    /// The member.
    pub member_id: Id,
    /// The name that is shown.
    pub display_name: Name,
    /// The points of each part, times its weight, added up. Nothing else goes in.
    #[schema(maximum = 50_000)]
    pub score: i64,
    /// Matching skills.
    pub skills: SkillsPart,
    /// Free time.
    pub free: FreePart,
    /// Little to do.
    pub load: LoadPart,
    /// Common hours.
    pub overlap: OverlapPart,
    /// Earlier work of the kind.
    pub experience: ExperiencePart,
}

text_enum! {
    /// Why somebody is not ranked.
    pub enum NotAsked {
        /// Has the task already: its assignee, or its accountable member where nobody is assigned.
        HasTheTask = "has_the_task",
        /// Is absent on every working day until the task is due.
        Absent = "absent",
        /// Is a guest, who cannot hold tasks.
        Guest = "guest",
    }
}

/// Somebody who is not ranked, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a58", "display_name": "Grace Hopper", "reason": "absent"}))]
pub struct NotRanked {
    /// The member.
    pub member_id: Id,
    /// The name that is shown.
    pub display_name: Name,
    /// Why not.
    pub reason: NotAsked,
}

/// Whom to ask for a task.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"task_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a57", "window": {"first_on": "2026-12-01", "last_on": "2026-12-05"}, "is_window_assumed": false, "needed_minutes": 480, "wanted_skills": ["writing", "go"], "weights": {"skills": 40, "free": 25, "load": 15, "overlap": 10, "experience": 10}, "candidates": [{"member_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", "display_name": "Ada Lovelace", "score": 6_870, "skills": {"points": 50, "matched": ["writing"], "missing": ["go"]}, "free": {"points": 100, "free_minutes": 960, "needed_minutes": 480}, "load": {"points": 60, "taken_minutes": 960, "capacity_minutes": 2400}, "overlap": {"points": 87, "common_minutes": 2100, "working_minutes": 2400, "time_zone": "Europe/Paris"}, "experience": {"points": 60, "confirmed_delegations": 3}}], "ranked_total": 1, "not_ranked": [], "not_ranked_total": 0, "is_complete": true}))]
pub struct Candidates {
    /// The task.
    pub task_id: Id,
    /// The days that are looked at: from today, or the task's first day, until it is due; at most a year.
    pub window: Period,
    /// Whether the task has no due date ahead, and two weeks were taken instead.
    pub is_window_assumed: bool,
    /// What is left of the task, or its estimate; null where it has neither.
    #[schema(required = true)]
    pub needed_minutes: Option<i64>,
    /// The task's labels and the skills of the request, without their case and accents.
    #[schema(max_items = 70)]
    pub wanted_skills: Vec<String>,
    /// How much each part counts.
    pub weights: CandidateWeights,
    /// The best, the highest score first; among equals the one with more free time, then by name.
    #[schema(max_items = 100)]
    pub candidates: Vec<Candidate>,
    /// How many were ranked.
    pub ranked_total: i64,
    /// Those who cannot be asked, and why, by name: the first 100.
    #[schema(max_items = 100)]
    pub not_ranked: Vec<NotRanked>,
    /// How many those are.
    pub not_ranked_total: i64,
    /// Whether everybody in the team, or everybody asked about, was looked at: in teams of more than 500, only the first 500
    /// are who joined. Ask about others with `member_id`.
    pub is_complete: bool,
}
