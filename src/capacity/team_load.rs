//! What everybody in a team has to do, when they work and what they have done, kept until something changes.
//!
//! The surprising rule: this is the one thing that is kept in memory between requests. All that is read off it (workload,
//! conflicts, candidates, checks) is decided by the team's revision and the day. Reading the open tasks of 200 people anew for
//! every look at a picture would cost fifty times as much as the picture; so what is kept has the revision that it stands
//! for, and the journal tells whose part of it a later revision changed: only that is read again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, OnceLock};

use chrono::NaiveDate;
use diesel::prelude::*;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::allocations;
use super::experience::Experience;
use super::fit::{Place, hull};
use super::load::{self, MemberLoad};
use crate::access::Reading;
use crate::db::Id;
use crate::http::Problem;
use crate::journal::{Kind, since};
use crate::people::capacity::Calendar;
use crate::schema::{allocations as a, members as m, tasks as t};
use crate::work::tasks;

/// How many demands are kept, over all teams: some 100 bytes each.
const MOST_KEPT: u64 = 500_000;
/// How many are kept of one team. Well below half of all: a cache in two parts takes nothing that is larger than a part.
const MOST_OF_ONE: u64 = MOST_KEPT / 4;
/// How many places where it does not fit are kept of one member, with who takes them; more are found anew each time.
const MOST_STANDING: usize = 2_000;
/// After how many lines of the journal everything is read anew.
const MOST_LINES: usize = 500;
/// What changes what somebody has to do,
const LOADS: [Kind; 2] = [Kind::Task, Kind::Allocation];
/// or what work somebody has done,
const EXPERIENCE: [Kind; 2] = [Kind::Task, Kind::Delegation];
/// or when somebody works.
const CALENDARS: [Kind; 3] = [Kind::WorkingHours, Kind::Absence, Kind::Holiday];

/// What one member has to do, over all time.
#[derive(Debug)]
struct Entry {
    load: MemberLoad,
    /// Where that does not fit: found by the first who asks.
    standing: OnceLock<Vec<Place>>,
}

impl From<MemberLoad> for Entry {
    fn from(load: MemberLoad) -> Self {
        Self {
            load,
            standing: OnceLock::new(),
        }
    }
}

/// What people have to do, when they work, and what they have done.
#[derive(Debug)]
pub struct TeamLoad {
    /// Without those who have nothing to do.
    members: BTreeMap<Id, Arc<Entry>>,
    /// When they work.
    pub calendar: Arc<Calendar>,
    /// What they have done.
    pub experience: Arc<Experience>,
}

/// What somebody has to do who has nothing to do.
static NOTHING: LazyLock<MemberLoad> = LazyLock::new(MemberLoad::default);

impl TeamLoad {
    /// What a member has to do.
    #[must_use]
    pub fn of(&self, member: Id) -> &MemberLoad {
        self.members
            .get(&member)
            .map_or(&*NOTHING, |entry| &entry.load)
    }

    /// What each has to do who has anything to do.
    pub fn loads(&self) -> impl Iterator<Item = &MemberLoad> {
        self.members.values().map(|entry| &entry.load)
    }

    /// Who has anything to do.
    pub fn members(&self) -> impl Iterator<Item = Id> {
        self.members.keys().copied()
    }

    /// Where what a member has to do does not fit, whenever, what lacks most first.
    #[must_use]
    pub fn standing(&self, member: Id) -> Cow<'_, [Place]> {
        let Some(entry) = self.members.get(&member) else {
            return Cow::Borrowed(&[]);
        };
        if let Some(places) = entry.standing.get() {
            return Cow::Borrowed(places);
        }
        let places = hull::standing(member, &entry.load, &self.calendar);
        let takers: usize = places.iter().map(|place| 1 + place.taken.len()).sum();
        if takers > MOST_STANDING {
            return Cow::Owned(places);
        }
        Cow::Borrowed(entry.standing.get_or_init(|| places))
    }

    fn with(loads: BTreeMap<Id, MemberLoad>, calendar: Calendar, experience: Experience) -> Self {
        Self {
            members: loads
                .into_iter()
                .map(|(member, load)| (member, Arc::new(load.into())))
                .collect(),
            calendar: Arc::new(calendar),
            experience: Arc::new(experience),
        }
    }

    fn read(reading: &mut Reading<'_>) -> Result<Self, Problem> {
        let calendar = Calendar::of_everybody(reading)?;
        let experience = Experience::read(reading)?;
        let loads = load::of_everybody(reading)?;
        Ok(Self::with(loads, calendar, experience))
    }

    /// What it is after what the journal tells since a revision. None where it is cheaper to read it anew.
    fn renewed(&self, reading: &mut Reading<'_>, since: i64) -> Result<Option<Self>, Problem> {
        let kinds = [&LOADS[..], &EXPERIENCE[..], &CALENDARS[..]].concat();
        let Some(changed) = since::changed(reading, since, &kinds, MOST_LINES)? else {
            return Ok(None);
        };
        let concerned = self.concerned(reading, &changed)?;
        if concerned.len() * 2 > self.members.len() + 1 {
            return Ok(None);
        }
        let mut members = self.members.clone();
        let mut calendar = Arc::clone(&self.calendar);
        if changed.iter().any(|(kind, _)| CALENDARS.contains(kind)) {
            calendar = Arc::new(Calendar::of_everybody(reading)?);
            for entry in members.values_mut() {
                *entry = Arc::new(entry.load.clone().into());
            }
        }
        let mut experience = Arc::clone(&self.experience);
        let (of_tasks, of_delegations) = (of(&changed, Kind::Task), of(&changed, Kind::Delegation));
        if !of_tasks.is_empty() || !of_delegations.is_empty() {
            experience = Arc::new(experience.renewed(reading, &of_tasks, &of_delegations)?);
        }
        let concerned: Vec<Id> = concerned.into_iter().collect();
        let (first_on, last_on) = load::always();
        for (member, load) in load::of_members(reading, &concerned, first_on, last_on)? {
            if load.is_empty() {
                members.remove(&member);
            } else {
                members.insert(member, Arc::new(load.into()));
            }
        }
        Ok(Some(Self {
            members,
            calendar,
            experience,
        }))
    }

    /// Whose tasks and allocations these are, and whose they were.
    fn concerned(
        &self,
        reading: &mut Reading<'_>,
        changed: &BTreeSet<(Kind, Id)>,
    ) -> Result<BTreeSet<Id>, Problem> {
        let (of_tasks, of_allocations) = (of(changed, Kind::Task), of(changed, Kind::Allocation));
        let mut concerned = BTreeSet::new();
        if !of_tasks.is_empty() {
            let assignees: Vec<Option<Id>> = tasks::in_team(reading.team)
                .filter(t::id.eq_any(of_tasks.clone()))
                .select(t::assignee_id)
                .load(reading.conn)?;
            concerned.extend(assignees.into_iter().flatten());
        }
        if !of_allocations.is_empty() {
            let everybody = m::table.filter(m::team_id.eq(reading.team.id()));
            let resources: Vec<Id> = allocations::in_team(reading.team)
                .filter(a::id.eq_any(of_allocations.clone()))
                .filter(a::resource_id.eq_any(everybody.select(m::id)))
                .select(a::resource_id)
                .load(reading.conn)?;
            concerned.extend(resources);
        }
        let ids: BTreeSet<Id> = of_tasks.into_iter().chain(of_allocations).collect();
        if !ids.is_empty() {
            let had = |(_, entry): &(&Id, &Arc<Entry>)| entry.load.has_any(&ids);
            concerned.extend(self.members.iter().filter(had).map(|(member, _)| *member));
        }
        Ok(concerned)
    }

    fn weight(&self) -> u64 {
        let demands: usize = self.loads().map(|one| 1 + one.len()).sum();
        u64::try_from(demands + self.calendar.len() + self.experience.len()).unwrap_or(u64::MAX)
    }
}

/// Those of this kind.
fn of(changed: &BTreeSet<(Kind, Id)>, kind: Kind) -> Vec<Id> {
    let those = changed.iter().filter(|one| one.0 == kind);
    those.map(|one| one.1).collect()
}

// ---------------------------------------------------------------- what is kept

#[derive(Clone)]
struct Kept {
    revision: i64,
    today: NaiveDate,
    /// None for a team that has too much to be kept.
    load: Option<Arc<TeamLoad>>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Id, Kept> for Weight {
    fn weight(&self, _: &Id, kept: &Kept) -> u64 {
        kept.load.as_ref().map_or(1, |load| load.weight().max(1))
    }
}

static KEPT: LazyLock<Cache<Id, Kept, Weight>> =
    LazyLock::new(|| Cache::with_weighter(100, MOST_KEPT, Weight));

/// What is read anew is what the journal made of what was kept: looked at wherever debugging is on, so in every test.
fn check(reading: &mut Reading<'_>, renewed: &TeamLoad) -> Result<(), Problem> {
    let anew = TeamLoad::read(reading)?;
    let is_same = anew.calendar == renewed.calendar
        && anew.experience == renewed.experience
        && anew.members.len() == renewed.members.len()
        && anew
            .members
            .keys()
            .all(|member| anew.of(*member) == renewed.of(*member));
    // Others may have written in the meantime.
    let revision: i64 = crate::schema::teams::table
        .find(reading.team.id())
        .select(crate::schema::teams::revision)
        .first(reading.conn)?;
    if is_same || revision != reading.revision {
        return Ok(());
    }
    Err(Problem::internal("what is kept of a team's load is wrong"))
}

/// What is kept of the team, as of now; it is read and kept where it was not. None for a team that has too much, and within a
/// transaction that writes: what that reads is not committed yet, and must not be kept.
///
/// # Errors
/// What the database answers.
pub fn kept(reading: &mut Reading<'_>) -> Result<Option<Arc<TeamLoad>>, Problem> {
    if !reading.is_committed {
        return Ok(None);
    }
    let (team, revision, today) = (reading.team.id(), reading.revision, reading.today().naive());
    let before = KEPT.get(&team).filter(|kept| kept.today == today);
    let load = match before {
        Some(Kept { load: None, .. }) => return Ok(None),
        // What is read has no transaction around it: reading anew would see what is newer, too.
        Some(kept) if kept.revision >= revision => return Ok(kept.load),
        Some(Kept {
            revision: since,
            load: Some(load),
            ..
        }) => load.renewed(reading, since)?,
        None => None,
    };
    let load = match load {
        Some(renewed) => {
            if cfg!(debug_assertions) {
                check(reading, &renewed)?;
            }
            renewed
        }
        None => TeamLoad::read(reading)?,
    };
    let load = (load.weight() <= MOST_OF_ONE).then(|| Arc::new(load));
    // Who began earlier and ended later would bring back what is old.
    let is_newest = KEPT.get(&team).is_none_or(|kept| kept.revision <= revision);
    if is_newest {
        let kept = Kept {
            revision,
            today,
            load: load.clone(),
        };
        KEPT.insert(team, kept);
    }
    Ok(load)
}

/// What everybody has to do: kept, or read where it is too much to be kept.
///
/// # Errors
/// What the database answers.
pub fn of_team(reading: &mut Reading<'_>) -> Result<Arc<TeamLoad>, Problem> {
    match kept(reading)? {
        Some(load) => Ok(load),
        None => Ok(Arc::new(TeamLoad::read(reading)?)),
    }
}

/// What these members have to do, at least, and when they work. What they have done is there only where all is kept.
///
/// # Errors
/// What the database answers.
pub fn of_members(reading: &mut Reading<'_>, members: &[Id]) -> Result<Arc<TeamLoad>, Problem> {
    if let Some(load) = kept(reading)? {
        return Ok(load);
    }
    let (first_on, last_on) = load::always();
    let calendar = Calendar::of_members(reading, members, first_on, last_on)?;
    let loads = load::of_members(reading, members, first_on, last_on)?;
    let experience = Experience::default();
    Ok(Arc::new(TeamLoad::with(loads, calendar, experience)))
}
