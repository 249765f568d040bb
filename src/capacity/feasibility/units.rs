//! Units that exist once each (equipment, licences, rooms): at no instant may more be taken than there are.
//!
//! The surprising rule: what ends at an instant makes room for what begins at it, so a use takes `from` and not `until`.
//! Instants are whole numbers of any one unit (microseconds, minutes). All functions sort what begins and ends and go
//! through it once: O(k log k) for k uses.

/// So many units, taken from an instant until another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use<T> {
    /// What takes them.
    pub source: T,
    /// From this instant,
    pub from: i64,
    /// until before this one.
    pub until: i64,
    /// How many.
    pub units: i64,
}

/// A span of time in which more units are taken than there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peak<T> {
    /// When it begins to be too many.
    pub from: i64,
    /// When it ends being too many.
    pub until: i64,
    /// The first instant at which most are taken.
    pub worst_at: i64,
    /// How many are taken then.
    pub wanted_units: i64,
    /// How many there are.
    pub there_units: i64,
    /// Who takes units at the worst instant, in the order given.
    pub sources: Vec<T>,
}

/// A span of time in which the same number of units is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// From this instant,
    pub from: i64,
    /// until before this one.
    pub until: i64,
    /// So many are free; fewer than none where too many are taken.
    pub units: i64,
}

impl<T> Use<T> {
    const fn takes(&self) -> bool {
        self.units > 0 && self.from < self.until
    }
}

/// How many units are taken, from each instant at which that changes.
fn steps<T>(uses: &[Use<T>]) -> Vec<(i64, i64)> {
    let mut changes: Vec<(i64, i64)> = uses
        .iter()
        .filter(|one| one.takes())
        .flat_map(|one| [(one.from, one.units), (one.until, -one.units)])
        .collect();
    changes.sort_unstable();
    let mut taken = 0;
    changes
        .chunk_by(|one, other| one.0 == other.0)
        .filter_map(|at_once| {
            let change: i64 = at_once.iter().map(|(_, change)| change).sum();
            taken += change;
            let (at, _) = at_once.first()?;
            (change != 0).then_some((*at, taken))
        })
        .collect()
}

/// Where more units are taken than there are, in the order of time: one peak for each time that it becomes too many.
#[must_use]
pub fn peaks<T: Clone>(there: i64, uses: &[Use<T>]) -> Vec<Peak<T>> {
    let mut peaks: Vec<Peak<T>> = Vec::new();
    let mut open: Option<Peak<T>> = None;
    for (at, taken) in steps(uses) {
        match &mut open {
            Some(peak) if taken <= there => {
                peak.until = at;
                peaks.extend(open.take());
            }
            Some(peak) if taken > peak.wanted_units => {
                peak.wanted_units = taken;
                peak.worst_at = at;
            }
            None if taken > there => {
                open = Some(Peak {
                    from: at,
                    until: at,
                    worst_at: at,
                    wanted_units: taken,
                    there_units: there,
                    sources: Vec::new(),
                });
            }
            _ => {}
        }
    }
    for peak in &mut peaks {
        peak.sources = uses
            .iter()
            .filter(|one| one.takes() && one.from <= peak.worst_at && peak.worst_at < one.until)
            .map(|one| one.source.clone())
            .collect();
    }
    peaks
}

/// The peaks in which a use of `added` has a part: what is wrong because of it, or made worse by it.
#[must_use]
pub fn caused<T: Clone>(there: i64, present: &[Use<T>], added: &[Use<T>]) -> Vec<Peak<T>> {
    let all: Vec<Use<T>> = present.iter().chain(added).cloned().collect();
    let mut found: Vec<Peak<T>> = added
        .iter()
        .filter(|one| one.takes())
        .flat_map(|one| {
            // Only what happens while it lasts.
            let meanwhile: Vec<Use<T>> = all
                .iter()
                .filter(|other| other.from < one.until && one.from < other.until)
                .map(|other| Use {
                    from: other.from.max(one.from),
                    until: other.until.min(one.until),
                    ..other.clone()
                })
                .collect();
            peaks(there, &meanwhile)
        })
        .collect();
    found.sort_by_key(|peak| (peak.from, peak.until, -peak.wanted_units));
    found.dedup_by_key(|peak| (peak.from, peak.until, peak.worst_at));
    found
}

/// How many units are free between two instants: spans without gaps, neighbours differ.
#[must_use]
pub fn free<T>(there: i64, uses: &[Use<T>], from: i64, until: i64) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut begin = from;
    let mut units = there;
    let mut close = |begin: i64, until: i64, units: i64| {
        if begin < until {
            match spans.last_mut() {
                Some(span) if span.units == units => span.until = until,
                _ => spans.push(Span {
                    from: begin,
                    until,
                    units,
                }),
            }
        }
    };
    for (at, taken) in steps(uses) {
        let at = at.clamp(from, until);
        close(begin, at, units);
        begin = at;
        units = there - taken;
    }
    close(begin, until.max(from), units);
    spans
}

/// The most units that are free all the time between two instants.
#[must_use]
pub fn largest_fit<T>(there: i64, uses: &[Use<T>], from: i64, until: i64) -> i64 {
    free(there, uses, from, until)
        .iter()
        .map(|span| span.units)
        .min()
        .unwrap_or(there)
        .max(0)
}

/// The first instant from `from` on, at which so many units are free for `length`, ending by `until`.
#[must_use]
pub fn earliest_fit<T>(
    there: i64,
    uses: &[Use<T>],
    (from, until): (i64, i64),
    length: i64,
    units: i64,
) -> Option<i64> {
    let mut begin = None;
    for span in free(there, uses, from, until) {
        if span.units < units {
            begin = None;
            continue;
        }
        let begun = *begin.get_or_insert(span.from);
        if span.until - begun >= length {
            return Some(begun);
        }
    }
    None
}
