//! Everybody at once: never more than there is, at any instant, by whoever counts from outside.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use serde_json::{Value, json};

use super::replay::never_over;
use super::{all_work, ask, id, resource, task};
use crate::vocabulary::{Answer, Member, TestApp};

/// How many ask at the same moment.
const CLIENTS: usize = 64;

async fn at_once(asked: Vec<(Member, Value)>) -> Vec<Answer> {
    iter(asked)
        .map(|(by, body)| async move { ask(&by, body).await })
        .buffer_unordered(CLIENTS)
        .collect()
        .await
}

/// Those that were promised, the others having got the explanation.
fn promised(answers: &[Answer], code: &str) -> usize {
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(
            (answer.status, answer.body["code"].as_str()),
            (409, Some(code)),
            "{}",
            answer.text
        );
        let finding = &answer.body["findings"][0];
        assert!(
            finding["wanted"].as_i64() > finding["there"].as_i64(),
            "{}",
            answer.text
        );
        assert!(
            !finding["taken_by"].as_array().unwrap().is_empty(),
            "{}",
            answer.text
        );
    }
    answers.iter().filter(|answer| answer.status == 201).count()
}

/// The most units that are taken at one time, counted from the listed allocations at every instant at which that changes.
fn most(allocations: &[Value], from: &str, until: &str) -> i64 {
    let number = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let mut changes: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for one in allocations {
        let units = one["amount"]["units"].as_i64().unwrap();
        changes.entry(number(one, from)).or_default().push(units);
        changes.entry(number(one, until)).or_default().push(-units);
    }
    let (mut taken, mut most) = (0, 0);
    for change in changes.values() {
        taken += change.iter().sum::<i64>();
        most = most.max(taken);
    }
    most
}

#[tokio::test]
async fn the_last_unit_the_last_hour_and_the_last_euro_are_had_by_one() {
    let app = TestApp::start().await;
    let [one, other] = app.team_with(["lead", "lead"]).await;
    all_work(&one, 480).await;
    let notes = task(&one, json!({})).await;
    let kit = resource(&one, json!({"kind": "equipment"})).await;
    let ads = resource(
        &one,
        json!({"kind": "budget", "currency": "EUR", "limit_minor": 100}),
    )
    .await;
    let day = json!({"task_id": notes["id"], "first_on": "2099-03-02", "last_on": "2099-03-02"});
    for (besides, code) in [
        (
            json!({"resource_id": kit["id"], "amount": {"units": 1}}),
            "capacity_exceeded",
        ),
        (
            json!({"resource_id": other.id, "amount": {"minutes": 421}}),
            "over_allocated",
        ),
        (
            json!({"resource_id": ads["id"], "amount": {"money": {"amount_minor": 100, "currency": "EUR"}}}),
            "over_allocated",
        ),
    ] {
        let body = super::with(day.clone(), besides);
        let answers = at_once(vec![(one.clone(), body.clone()), (other.clone(), body)]).await;
        assert_eq!(promised(&answers, code), 1);
    }
    assert_eq!(never_over(&one).await, 3);
}

#[tokio::test]
async fn sixty_four_clients_never_book_more_units_than_there_are() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let notes = task(&lead, json!({})).await;
    let rooms = resource(
        &lead,
        json!({"kind": "space", "units": 5, "booking": "minutes"}),
    )
    .await;
    // Two hours each, beginning every quarter of an hour of a day, one to three rooms.
    let asked: Vec<(Member, Value)> = (0..192_i64)
        .map(|number| {
            let begin = (number * 7 % 48) * 15;
            let at = |minutes: i64| format!("2099-03-{:02}T{:02}:{:02}:00.000Z", 2 + minutes / 1440, minutes / 60 % 24, minutes % 60);
            let body = json!({"resource_id": rooms["id"], "task_id": notes["id"], "starts_at": at(begin), "ends_at": at(begin + 120), "amount": {"units": 1 + number % 3}});
            (lead.clone(), body)
        })
        .collect();
    let made = promised(&at_once(asked).await, "capacity_exceeded");
    let listed = lead.all("/allocations?state=approved&limit=100").await;
    assert_eq!(listed.len(), made);
    assert_eq!(
        most(&listed, "starts_at", "ends_at"),
        5,
        "full, and not more"
    );

    // Half of them give back while others ask.
    let freed: Vec<(Member, String)> = listed
        .iter()
        .step_by(2)
        .map(|one| (lead.clone(), format!("/allocations/{}/release", id(one))))
        .collect();
    let more: Vec<(Member, Value)> = (0..64_i64)
        .map(|number| {
            let body = json!({"resource_id": rooms["id"], "task_id": notes["id"], "starts_at": format!("2099-03-02T{:02}:00:00.000Z", number % 12), "ends_at": format!("2099-03-02T{:02}:30:00.000Z", number % 12 + 1), "amount": {"units": 2}});
            (lead.clone(), body)
        })
        .collect();
    let releases = iter(freed)
        .map(|(by, place)| async move { by.post(&place, json!({})).await.status })
        .buffer_unordered(CLIENTS)
        .collect::<Vec<u16>>();
    let (released, answers) = tokio::join!(releases, at_once(more));
    assert!(released.iter().all(|status| *status == 200));
    promised(&answers, "capacity_exceeded");
    let listed = lead.all("/allocations?state=approved&limit=100").await;
    assert!(most(&listed, "starts_at", "ends_at") <= 5);
    assert!(never_over(&lead).await > made, "nor at any instant between");
}

#[tokio::test]
async fn sixty_four_clients_never_take_more_minutes_than_there_are() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    all_work(&lead, 480).await;
    let notes = task(&lead, json!({})).await;
    let asked: Vec<(Member, Value)> = (0..96_i64)
        .map(|number| {
            let (first, length) = (number % 5, number % 3);
            let last = (first + length).min(4);
            let body = json!({"resource_id": ada.id, "task_id": notes["id"], "first_on": format!("2099-03-{:02}", 2 + first), "last_on": format!("2099-03-{:02}", 2 + last), "amount": {"minutes": 60 + number % 4 * 30}});
            (lead.clone(), body)
        })
        .collect();
    let made = promised(&at_once(asked).await, "over_allocated");
    let listed = lead.all("/allocations?state=approved&limit=100").await;
    assert_eq!(listed.len(), made);
    // Every interval of days: what must lie inside fits inside.
    let day = |one: &Value, name: &str| one[name].as_str().unwrap()[8..].parse::<i64>().unwrap();
    for first in 2..=6 {
        for last in first..=6 {
            let wanted: i64 = listed
                .iter()
                .filter(|one| first <= day(one, "first_on") && day(one, "last_on") <= last)
                .map(|one| one["amount"]["minutes"].as_i64().unwrap())
                .sum();
            assert!(
                wanted <= (last - first + 1) * 480,
                "{first} to {last}: {wanted}"
            );
        }
    }
    let total: i64 = listed
        .iter()
        .map(|one| one["amount"]["minutes"].as_i64().unwrap())
        .sum();
    assert!(
        total > 2_400 - 150,
        "and nothing is refused that fits: {total}"
    );
    assert_eq!(never_over(&lead).await, made);
}

#[tokio::test]
async fn sixty_four_clients_never_spend_more_money_than_there_is() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let notes = task(&lead, json!({})).await;
    let ads = resource(
        &lead,
        json!({"kind": "budget", "currency": "EUR", "limit_minor": 10_000}),
    )
    .await;
    let asked: Vec<(Member, Value)> = (0..128_i64)
        .map(|number| {
            let body = json!({"resource_id": ads["id"], "task_id": notes["id"], "amount": {"money": {"amount_minor": 100 + number % 3 * 50, "currency": "EUR"}}});
            (lead.clone(), body)
        })
        .collect();
    let made = promised(&at_once(asked).await, "over_allocated");
    let listed = lead.all("/allocations?state=approved&limit=100").await;
    assert_eq!(listed.len(), made);
    let total: i64 = listed
        .iter()
        .map(|one| one["amount"]["money"]["amount_minor"].as_i64().unwrap())
        .sum();
    assert!((9_900..=10_000).contains(&total), "{total}");
    assert_eq!(never_over(&lead).await, made);
}
