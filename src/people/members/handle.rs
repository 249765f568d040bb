//! The first handle of a member, made from the name.

use std::collections::HashSet;

use diesel::prelude::*;

use crate::access::Reading;
use crate::db::rows::fold;
use crate::http::Problem;
use crate::http::text::Name;
use crate::people::texts::Handle;
use crate::schema::members;

/// How many characters are left for the name when a number follows.
const STEM: usize = 26;

/// The name as a handle: `Zoë van Dam` is `zoe-van-dam`; a name without any Latin letter is `member`.
fn stem(name: &str) -> String {
    let mut stem = String::new();
    for character in fold(name).chars() {
        if character.is_ascii_lowercase() || character.is_ascii_digit() {
            stem.push(character);
        } else if !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
        }
        if stem.len() >= STEM {
            break;
        }
    }
    let stem = stem.trim_end_matches('-');
    if stem.is_empty() { "member" } else { stem }.to_owned()
}

/// A handle that nobody in the team has or had: the name's, with a number when it is taken.
pub(super) fn free(reading: &mut Reading<'_>, name: &Name) -> Result<Handle, Problem> {
    let stem = stem(name.as_str());
    let taken: HashSet<String> = members::table
        .filter(members::team_id.eq(reading.team.id()))
        // A stem has no character that means something in a pattern.
        .filter(members::handle.like(format!("{stem}%")))
        .select(members::handle)
        .load::<String>(reading.conn)?
        .into_iter()
        .collect();
    std::iter::once(stem.clone())
        .chain((2_u32..1_000_000).map(|number| format!("{stem}{number}")))
        .find(|handle| !taken.contains(handle))
        .and_then(|handle| Handle::new(&handle))
        .ok_or_else(|| Problem::internal("no handle is free"))
}

#[cfg(test)]
mod tests {
    use super::{Handle, stem};

    #[test]
    fn names_become_handles() {
        for (name, handle) in [
            ("Zoë van Dam", "zoe-van-dam"),
            ("  --Ada  Lovelace!  ", "ada-lovelace"),
            ("山田", "member"),
            ("R2-D2", "r2-d2"),
        ] {
            assert_eq!(stem(name), handle);
        }
        let long = stem(&"ab ".repeat(50));
        assert!(Handle::new(&format!("{long}999999")).is_some(), "{long}");
    }
}
