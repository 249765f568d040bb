//! The checker: whoever follows the change feed counts what is taken after every revision, and finds it never over.
//!
//! The surprising rule: it knows nothing but what the feed says of allocations, expenses and resources, and how much
//! everybody works on the days of one week.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{all_work, ask, eur, id, resource, task, with};
use crate::vocabulary::{Member, TestApp};

/// How much everybody works on each day from Monday, 2 to Friday, 6 March 2099.
pub const WORKDAY: i64 = 480;

type Records = BTreeMap<String, Map<String, Value>>;

/// What is so after a revision.
#[derive(Default)]
struct Moment {
    allocations: Records,
    expenses: Records,
    resources: Records,
}

fn word<'r>(record: &'r Map<String, Value>, name: &str) -> Option<&'r str> {
    record.get(name).and_then(Value::as_str)
}

fn number(record: &Map<String, Value>, path: &str) -> Option<i64> {
    let mut parts = path.split('.');
    let first = record.get(parts.next()?)?;
    parts
        .try_fold(first, |value, name| value.get(name))?
        .as_i64()
}

/// The most that is taken at one time, of what begins and ends so.
fn most(taken: impl Iterator<Item = (String, String, i64)>) -> i64 {
    let mut changes: BTreeMap<String, i64> = BTreeMap::new();
    for (from, until, units) in taken {
        *changes.entry(from).or_default() += units;
        *changes.entry(until).or_default() -= units;
    }
    changes
        .values()
        .scan(0, |sum, change| {
            *sum += change;
            Some(*sum)
        })
        .max()
        .unwrap_or_default()
}

impl Moment {
    fn apply(&mut self, line: &Value) {
        let records = match line["kind"].as_str().unwrap() {
            "allocation" => &mut self.allocations,
            "expense" => &mut self.expenses,
            "resource" => &mut self.resources,
            other => panic!("nobody asked for {other}"),
        };
        let id = line["record_id"].as_str().unwrap();
        if line["action"] == "deleted" {
            records.remove(id);
            return;
        }
        let record = records.entry(id.to_owned()).or_default();
        for (name, change) in line["changes"].as_object().unwrap() {
            record.insert(name.clone(), change["to"].clone());
        }
    }

    /// What is promised of a resource.
    fn promised(&self, resource: &str) -> impl Iterator<Item = (&String, &Map<String, Value>)> {
        self.allocations.iter().filter(move |(_, one)| {
            word(one, "resource_id") == Some(resource) && word(one, "state") == Some("approved")
        })
    }

    /// The most units that are taken at an instant.
    fn units(&self, id: &str) -> i64 {
        most(self.promised(id).map(|(_, one)| {
            let units = number(one, "amount.units").unwrap();
            match (word(one, "starts_at"), word(one, "first_on")) {
                (Some(from), _) => {
                    let until = word(one, "ends_at").unwrap();
                    (from.to_owned(), until.to_owned(), units)
                }
                (None, first) => {
                    // Behind the last day, and before the next one.
                    let last = format!("{}~", word(one, "last_on").unwrap());
                    (first.unwrap().to_owned(), last, units)
                }
            }
        }))
    }

    /// The money that is promised or spent.
    fn money(&self, id: &str) -> i64 {
        let mut spent: BTreeMap<&str, i64> = BTreeMap::new();
        let mut taken = 0;
        for one in self.expenses.values() {
            if word(one, "resource_id") != Some(id) {
                continue;
            }
            let minor = number(one, "amount.amount_minor").unwrap();
            match word(one, "allocation_id") {
                Some(promise) => *spent.entry(promise).or_default() += minor,
                None => taken += minor,
            }
        }
        for (id, one) in self.promised(id) {
            let promised = number(one, "amount.money.amount_minor").unwrap();
            taken += promised.max(spent.remove(id.as_str()).unwrap_or_default());
        }
        taken + spent.values().sum::<i64>()
    }

    /// By how much what must lie within some days of the week goes beyond what is worked on them, at most.
    fn minutes_over(&self, id: &str) -> i64 {
        let day = |one: &Map<String, Value>, name: &str| -> i64 {
            let text = word(one, name).unwrap();
            assert!(text.starts_with("2099-03-0"), "{text}");
            text[8..].parse().unwrap()
        };
        let (mut minutes, mut daily) = (Vec::new(), [0; 7]);
        for (_, one) in self.promised(id) {
            let (first, last) = (day(one, "first_on"), day(one, "last_on"));
            if let Some(total) = number(one, "amount.minutes") {
                minutes.push((first, last, total));
                continue;
            }
            let each = number(one, "amount.minutes_per_day")
                .or_else(|| Some(number(one, "amount.percent")? * WORKDAY / 100))
                .unwrap();
            for on in first..=last {
                daily[usize::try_from(on).unwrap()] += each;
            }
        }
        let mut most = i64::MIN;
        for first in 2..=6 {
            for last in first..=6 {
                let within: i64 = minutes
                    .iter()
                    .filter(|(from, to, _)| first <= *from && *to <= last)
                    .map(|(.., total)| total)
                    .sum();
                let each_day: i64 = (first..=last)
                    .map(|on| daily[usize::try_from(on).unwrap()])
                    .sum();
                most = most.max(within + each_day - (last - first + 1) * WORKDAY);
            }
        }
        most
    }

    /// Where more is taken of a resource than there is, by its kind.
    fn over(&self) -> Vec<(String, i64, i64)> {
        let mut over = Vec::new();
        for (id, resource) in &self.resources {
            let kind = word(resource, "kind").unwrap();
            let (taken, there) = match kind {
                "person" => (self.minutes_over(id), 0),
                "budget" => (self.money(id), number(resource, "limit_minor").unwrap()),
                _ => (self.units(id), number(resource, "units").unwrap()),
            };
            if taken > there {
                over.push((kind.to_owned(), taken, there));
            }
        }
        over
    }
}

/// Where more was taken than there was, at every revision of the team that promised or freed something, from the first to
/// the last.
async fn replayed(by: &Member) -> Vec<Vec<(String, i64, i64)>> {
    let lines = by
        .all("/changes?kind=allocation,expense,resource&limit=100")
        .await;
    let mut moment = Moment::default();
    let mut moments = Vec::new();
    for revision in lines.chunk_by(|one, next| one["revision"] == next["revision"]) {
        for line in revision {
            moment.apply(line);
        }
        let over = moment.over();
        if !over.is_empty() || revision.iter().any(|line| line["kind"] != "resource") {
            moments.push(over);
        }
    }
    moments
}

/// Fails unless at no revision anything was promised beyond what there was. Answers how many promised or freed something.
pub async fn never_over(by: &Member) -> usize {
    let moments = replayed(by).await;
    for over in &moments {
        assert!(over.is_empty(), "of what kind, taken, there: {over:?}");
    }
    moments.len()
}

#[tokio::test]
async fn the_checker_finds_what_is_too_much_and_no_more() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    all_work(&lead, WORKDAY).await;
    let notes = task(&lead, json!({})).await;
    let allow = json!({"overbooking": "allow"});
    lead.patch(&format!("/resources/{}", ada.id), allow.clone())
        .await
        .ok();
    let thing = |kind: Value| resource(&lead, with(kind, allow.clone()));
    let kit = thing(json!({"kind": "equipment", "units": 2})).await;
    let room = thing(json!({"kind": "space", "units": 2, "booking": "minutes"})).await;
    let ads = thing(json!({"kind": "budget", "currency": "EUR", "limit_minor": 100})).await;
    let days = |first: i64, last: i64| json!({"first_on": format!("2099-03-0{first}"), "last_on": format!("2099-03-0{last}")});
    let hours = |from: i64, until: i64| json!({"starts_at": format!("2099-03-02T{from}:00:00Z"), "ends_at": format!("2099-03-02T{until}:00:00Z")});
    let units = |number: i64| json!({"units": number});
    let minor = |number: i64| json!({"money": eur(number)});
    let mut found = 0;
    // Of each first what fits, to the last unit or minute, and then one more.
    for (kind, of, fitting, more, one) in [
        (
            "equipment",
            id(&kit),
            vec![(days(2, 3), units(2)), (days(4, 4), units(1))],
            (days(4, 5), units(2)),
            3,
        ),
        (
            "space",
            id(&room),
            vec![(hours(10, 11), units(2)), (hours(11, 12), units(1))],
            (hours(11, 13), units(2)),
            3,
        ),
        (
            "budget",
            id(&ads),
            vec![(json!({}), minor(99)), (json!({}), minor(1))],
            (json!({}), minor(1)),
            101,
        ),
        (
            "person",
            ada.id.as_str(),
            vec![
                (days(2, 4), json!({"minutes": 480})),
                (days(3, 4), json!({"minutes": 480})),
                (days(2, 4), json!({"minutes_per_day": 40})),
                (days(4, 4), json!({"percent": 75})),
            ],
            (days(4, 4), json!({"minutes": 1})),
            1,
        ),
    ] {
        let allocate = async |(period, amount): (Value, Value)| {
            let body = json!({"resource_id": of, "task_id": notes["id"], "amount": amount});
            ask(&lead, with(body, period)).await.created()
        };
        let over = async || -> Vec<Vec<(String, i64, i64)>> {
            let mut moments = replayed(&lead).await;
            moments.retain(|over| !over.is_empty());
            moments
        };
        for some in fitting {
            allocate(some).await;
        }
        assert_eq!(over().await.len(), found, "{kind}: it fits");
        let last = allocate(more).await;
        found += 1;
        let found_now = over().await;
        assert_eq!(found_now.len(), found, "{kind}");
        let latest = &found_now[found - 1][..];
        assert!(
            matches!(latest, [(of, taken, _)] if of == kind && *taken == one),
            "{latest:?}"
        );
        // What was over once stays found, also when it is over no more.
        let release = format!("/allocations/{}/release", id(&last));
        lead.post(&release, json!({})).await.ok();
        assert_eq!(over().await.len(), found, "{kind}");
        assert_eq!(replayed(&lead).await.last(), Some(&Vec::new()), "{kind}");
    }
}
