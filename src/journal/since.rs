//! Which records changed since a revision: for what is kept in memory and is to be renewed.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::record::Kind;
use crate::access::Reading;
use crate::db::Id;
use crate::http::Problem;
use crate::schema::journal;

/// The records of these kinds that a revision after this one made, changed or deleted. None where there are more than `most`
/// lines: then it is cheaper to read everything anew.
///
/// # Errors
/// What the database answers.
pub fn changed(
    reading: &mut Reading<'_>,
    revision: i64,
    kinds: &[Kind],
    most: usize,
) -> Result<Option<BTreeSet<(Kind, Id)>>, Problem> {
    let lines: Vec<(Kind, Id)> = journal::table
        .filter(journal::team_id.eq(reading.team.id()))
        .filter(journal::revision.gt(revision))
        .filter(journal::kind.eq_any(kinds.to_vec()))
        .limit(i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1))
        .select((journal::kind, journal::record_id))
        .load(reading.conn)?;
    Ok((lines.len() <= most).then(|| lines.into_iter().collect()))
}
