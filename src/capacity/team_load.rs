//! What everybody in a team has to do, kept until something changes.
//!
//! The surprising rule: this is the one thing that is kept in memory between requests. All that is read off it (workload,
//! conflicts, candidates) is decided by the team's revision and the day, so it is kept under both and never stale; reading the open tasks of
//! 200 people anew for every look at a picture would cost fifty times as much as the picture.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::load::{self, MemberLoad};
use crate::access::Reading;
use crate::db::Id;
use crate::http::Problem;

/// How many demands are kept, over all teams: some 100 bytes each.
const MOST_KEPT: u64 = 500_000;

/// What each member has to do, over all time, without those who have nothing to do.
pub type TeamLoad = BTreeMap<Id, MemberLoad>;

#[derive(Clone)]
struct Kept {
    revision: i64,
    today: NaiveDate,
    load: Arc<TeamLoad>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Id, Kept> for Weight {
    fn weight(&self, _: &Id, kept: &Kept) -> u64 {
        let demands: usize = kept
            .load
            .values()
            .map(|one| 1 + one.demands.len() + one.not_counted.len())
            .sum();
        u64::try_from(demands).unwrap_or(u64::MAX)
    }
}

static KEPT: LazyLock<Cache<Id, Kept, Weight>> =
    LazyLock::new(|| Cache::with_weighter(100, MOST_KEPT, Weight));

/// What everybody has to do, kept until something changes. For reading only: within a write the revision is not committed
/// yet, and what it says must not be kept.
///
/// # Errors
/// What the database answers.
pub fn of_team(reading: &mut Reading<'_>) -> Result<Arc<TeamLoad>, Problem> {
    let (team, revision, today) = (reading.team.id(), reading.revision, reading.today().naive());
    if let Some(kept) = KEPT.get(&team)
        && (kept.revision, kept.today) == (revision, today)
    {
        return Ok(kept.load);
    }
    let load = Arc::new(load::of_everybody(reading)?);
    let kept = Kept {
        revision,
        today,
        load: Arc::clone(&load),
    };
    KEPT.insert(team, kept);
    Ok(load)
}
