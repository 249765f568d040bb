//! Trees over the days: what makes an answer cost a logarithm of the days instead of all of them.

/// For each day a value, where minutes are added to all days up to one, and the last day above a bound is looked for.
///
/// Minutes are kept at the day up to which they count; a day's value is what it began with plus the minutes kept at it
/// and behind it. Each node knows the sum of its minutes and the greatest value within it (without what is behind it).
pub(super) struct Starts {
    nodes: Vec<Node>,
    leaves: usize,
}

#[derive(Clone, Copy)]
struct Node {
    sum: i64,
    greatest: i64,
}

/// What no value reaches, far enough from the end of the numbers that minutes can be added to it.
const NOWHERE: i64 = i64::MIN / 4;

impl Node {
    fn over(left: Self, right: Self) -> Self {
        Self {
            sum: left.sum + right.sum,
            greatest: right.greatest.max(left.greatest + right.sum),
        }
    }
}

impl Starts {
    /// The days with the values they begin with.
    pub(super) fn with(values: impl Iterator<Item = i64>) -> Self {
        let values: Vec<i64> = values.collect();
        let leaves = values.len().next_power_of_two();
        let nothing = Node {
            sum: 0,
            greatest: NOWHERE,
        };
        let mut nodes = vec![nothing; 2 * leaves];
        for (node, value) in nodes.iter_mut().skip(leaves).zip(values) {
            node.greatest = value;
        }
        let mut tree = Self { nodes, leaves };
        for at in (1..leaves).rev() {
            tree.renew(at);
        }
        tree
    }

    fn node(&self, at: usize) -> Node {
        self.nodes.get(at).copied().unwrap_or(Node {
            sum: 0,
            greatest: NOWHERE,
        })
    }

    fn renew(&mut self, at: usize) {
        let over = Node::over(self.node(2 * at), self.node(2 * at + 1));
        if let Some(node) = self.nodes.get_mut(at) {
            *node = over;
        }
    }

    /// Adds minutes to every day up to this one.
    pub(super) fn add(&mut self, day: usize, minutes: i64) {
        let mut at = self.leaves + day;
        if let Some(leaf) = self.nodes.get_mut(at) {
            leaf.sum += minutes;
            leaf.greatest += minutes;
        }
        while at > 1 {
            at /= 2;
            self.renew(at);
        }
    }

    /// The greatest value of all.
    pub(super) fn greatest(&self) -> i64 {
        self.node(1).greatest
    }

    /// The last day up to `latest` whose value is above `bound`, with the value.
    pub(super) fn last_above(&self, latest: usize, bound: i64) -> Option<(usize, i64)> {
        self.search(1, 0, self.leaves, latest, bound, 0)
    }

    /// Within the node `at` over the days `from..from + width`; `behind` is what is kept behind them.
    fn search(
        &self,
        at: usize,
        from: usize,
        width: usize,
        latest: usize,
        bound: i64,
        behind: i64,
    ) -> Option<(usize, i64)> {
        let value = self.node(at).greatest + behind;
        if from > latest || value <= bound {
            return None;
        }
        if width == 1 {
            return Some((from, value));
        }
        let half = width / 2;
        let right = 2 * at + 1;
        self.search(right, from + half, half, latest, bound, behind)
            .or_else(|| {
                let behind = behind + self.node(right).sum;
                self.search(2 * at, from, half, latest, bound, behind)
            })
    }
}

/// For each day a value to which minutes are added, up to a day at a time, and the least that it has been.
///
/// Each node keeps what is still to be added to all below it, and the least that this came to on the way ("historic
/// minimum").
pub(super) struct Least {
    nodes: Vec<Low>,
    leaves: usize,
}

#[derive(Clone, Copy)]
struct Low {
    now: i64,
    least: i64,
    to_add: i64,
    least_to_add: i64,
}

/// What no value reaches, far enough from the end of the numbers.
const HIGH: i64 = i64::MAX / 4;

impl Low {
    const fn of(value: i64) -> Self {
        Self {
            now: value,
            least: value,
            to_add: 0,
            least_to_add: 0,
        }
    }

    fn add(&mut self, minutes: i64, least: i64) {
        self.least = self.least.min(self.now + least);
        self.now += minutes;
        self.least_to_add = self.least_to_add.min(self.to_add + least);
        self.to_add += minutes;
    }
}

impl Least {
    /// The days with the values they begin with.
    pub(super) fn with(values: impl ExactSizeIterator<Item = i64>) -> Self {
        let leaves = values.len().next_power_of_two();
        let mut nodes = vec![Low::of(HIGH); 2 * leaves];
        for (node, value) in nodes.iter_mut().skip(leaves).zip(values) {
            *node = Low::of(value);
        }
        let mut tree = Self { nodes, leaves };
        for at in (1..leaves).rev() {
            tree.renew(at);
        }
        tree
    }

    fn node(&self, at: usize) -> Low {
        self.nodes.get(at).copied().unwrap_or(Low::of(HIGH))
    }

    fn renew(&mut self, at: usize) {
        let (left, right) = (self.node(2 * at), self.node(2 * at + 1));
        if let Some(node) = self.nodes.get_mut(at) {
            node.now = left.now.min(right.now);
            node.least = node.least.min(left.least.min(right.least));
        }
    }

    fn hand_down(&mut self, at: usize) {
        let Low {
            to_add,
            least_to_add,
            ..
        } = self.node(at);
        for child in [2 * at, 2 * at + 1] {
            if let Some(child) = self.nodes.get_mut(child) {
                child.add(to_add, least_to_add);
            }
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.to_add = 0;
            node.least_to_add = 0;
        }
    }

    /// Adds minutes to every day up to this one.
    pub(super) fn add(&mut self, day: usize, minutes: i64) {
        self.add_below(1, 0, self.leaves, day, minutes);
    }

    fn add_below(&mut self, at: usize, from: usize, width: usize, day: usize, minutes: i64) {
        if from > day {
            return;
        }
        if from + width <= day + 1 {
            if let Some(node) = self.nodes.get_mut(at) {
                node.add(minutes, minutes.min(0));
            }
            return;
        }
        self.hand_down(at);
        let half = width / 2;
        self.add_below(2 * at, from, half, day, minutes);
        self.add_below(2 * at + 1, from + half, half, day, minutes);
        self.renew(at);
    }

    /// The least that any day up to this one has been.
    pub(super) fn least(&mut self, day: usize) -> i64 {
        self.least_below(1, 0, self.leaves, day)
    }

    fn least_below(&mut self, at: usize, from: usize, width: usize, day: usize) -> i64 {
        if from > day {
            return HIGH;
        }
        if from + width <= day + 1 {
            return self.node(at).least;
        }
        self.hand_down(at);
        let half = width / 2;
        self.least_below(2 * at, from, half, day)
            .min(self.least_below(2 * at + 1, from + half, half, day))
    }
}
