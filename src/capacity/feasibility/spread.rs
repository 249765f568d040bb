//! Where the minutes of a demand are shown when nobody has said on which of its days they will be done.

use std::ops::RangeInclusive;

/// Days with what each has open, to lay minutes on. Days are counted from the first that is given; windows may begin
/// before it (with a negative number) and end behind the last.
///
/// For pictures and tables only: whether it fits, the interval condition tells.
pub struct Spread {
    /// Before each day: what all days before it have open, unknown ones nothing.
    open: Vec<i64>,
    /// Before each day: how many of the days before it are unknown.
    unknown: Vec<usize>,
}

impl Spread {
    /// Over these days. What is less than nothing counts as nothing.
    #[must_use]
    pub fn over(open: &[Option<i64>]) -> Self {
        let mut spread = Self {
            open: Vec::with_capacity(open.len() + 1),
            unknown: Vec::with_capacity(open.len() + 1),
        };
        spread.open.push(0);
        spread.unknown.push(0);
        let (mut sum, mut unknown) = (0, 0);
        for day in open {
            sum += day.unwrap_or_default().max(0);
            unknown += usize::from(day.is_none());
            spread.open.push(sum);
            spread.unknown.push(unknown);
        }
        spread
    }

    /// How many of the minutes of a demand are laid on the days `first..=last`, when they are laid on the days of its
    /// window in proportion to what these have open. Over days without gaps the parts sum up to the whole.
    ///
    /// Where a day of the window is unknown or beyond those given, each day counts the same; where none has anything open,
    /// the last day of the window takes all.
    #[must_use]
    pub fn minutes(
        &self,
        window: &RangeInclusive<i64>,
        minutes: i64,
        (first, last): (i64, i64),
    ) -> i64 {
        self.before(window, minutes, last + 1) - self.before(window, minutes, first)
    }

    /// How many of the minutes are laid on days before this one.
    fn before(&self, window: &RangeInclusive<i64>, minutes: i64, day: i64) -> i64 {
        let (first, end) = (*window.start(), *window.end() + 1);
        if day <= first {
            return 0;
        }
        if day >= end {
            return minutes.max(0);
        }
        let (passed, whole) = match self.known(first, day, end) {
            Some((_, 0)) => return 0,
            Some(shares) => shares,
            None => (day - first, end - first),
        };
        match minutes.max(0).checked_mul(passed) {
            Some(product) => product / whole,
            // So large that the last minute does not matter.
            None => (minutes / whole).saturating_mul(passed),
        }
    }

    /// What is open from `first` until before `day`, and until before `end`, where all of it is known.
    fn known(&self, first: i64, day: i64, end: i64) -> Option<(i64, i64)> {
        let [first, day, end] = [first, day, end].map(|day| usize::try_from(day).ok());
        let (first, day, end) = (first?, day?, end?);
        if self.unknown.get(first)? != self.unknown.get(end)? {
            return None;
        }
        let begun = self.open.get(first)?;
        Some((self.open.get(day)? - begun, self.open.get(end)? - begun))
    }
}
