//! What follows from a change: the areas above the one that changed something have their say before the commit.
//!
//! The surprising rule: nobody calls them. Imports run one way, so whoever deletes a task cannot tell what was promised
//! to it; but nothing changes without a journal line, so the lines of the transaction tell, whatever wrote them: a
//! person, the clock, a batch or an import.

use super::team_scope::Tx;
use crate::db::Id;
use crate::http::Problem;

/// A record that the transaction has changed: what a journal line says, in short.
#[derive(Debug, Clone)]
pub struct Touched {
    /// The word of the kind of record.
    pub kind: &'static str,
    /// The word of what happened to it.
    pub action: &'static str,
    /// Its id.
    pub id: Id,
    /// The status that it has from now on, where that changed.
    pub status: Option<String>,
    /// Whether it came into another campaign, or left one.
    pub has_moved: bool,
}

/// Does what follows from the changes, in the same transaction and revision.
pub type Follower = fn(&mut Tx<'_>, &[Touched]) -> Result<(), Problem>;

/// All that follow, in order.
pub type Followers = &'static [Follower];

impl Tx<'_> {
    /// Lets follow what follows from what was done so far. What the followers change has no followers itself.
    ///
    /// # Errors
    /// What they answer.
    pub(crate) fn follow(&mut self) -> Result<(), Problem> {
        let touched = std::mem::take(&mut self.touched);
        if touched.is_empty() {
            return Ok(());
        }
        for follower in self.followers {
            self.note = None;
            follower(self, &touched)?;
        }
        self.touched.clear();
        Ok(())
    }
}
