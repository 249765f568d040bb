//! Everybody approves, grows and shrinks at once: never more than there is, after any revision.

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use serde_json::{Value, json};

use super::replay::{WORKDAY, never_over};
use super::{all_work, ask, budget, eur, id, resource, task, with};
use crate::vocabulary::{Answer, Member, TestApp};

/// How many ask at the same moment.
const CLIENTS: usize = 64;

/// A request that is still to be sent.
type Call = (Member, &'static str, String, Value);

async fn at_once(calls: Vec<Call>) -> Vec<Answer> {
    iter(calls)
        .map(|(by, method, place, body)| async move { by.request(method, &place).json(body).await })
        .buffer_unordered(CLIENTS)
        .collect()
        .await
}

/// How many went through, the others having got the explanation.
fn through(answers: &[Answer]) -> usize {
    let (good, refused): (Vec<&Answer>, Vec<&Answer>) = answers
        .iter()
        .partition(|answer| matches!(answer.status, 200 | 201));
    for answer in refused {
        let code = answer.body["code"].as_str().unwrap_or_default();
        assert!(
            answer.status == 409 && matches!(code, "over_allocated" | "capacity_exceeded"),
            "{}",
            answer.text
        );
        let finding = &answer.body["findings"][0];
        assert!(
            finding["wanted"].as_i64() > finding["there"].as_i64(),
            "{}",
            answer.text
        );
        assert_ne!(finding["taken_by"], json!([]), "{}", answer.text);
    }
    good.len()
}

/// A team of two leads and two members, all of whom work, with things and money.
struct Office {
    app: TestApp,
    leads: [Member; 2],
    member: Member,
    task: Value,
    person: String,
    days: Value,
    hours: Value,
    money: Value,
}

impl Office {
    async fn open(units: i64, limit_minor: i64) -> Self {
        let app = TestApp::start().await;
        let [one, other, member, ada] = app.team_with(["lead", "lead", "member", "member"]).await;
        all_work(&one, WORKDAY).await;
        let of =
            |kind: &str, booking: &str| json!({"kind": kind, "units": units, "booking": booking});
        let task = task(&one, json!({})).await;
        let days = resource(&one, of("licence", "whole_days")).await;
        let hours = resource(&one, of("space", "minutes")).await;
        let money = budget(&one, limit_minor, json!({})).await;
        Self {
            app,
            leads: [one, other],
            member,
            task,
            person: ada.id,
            days,
            hours,
            money,
        }
    }

    /// Some of each in turn, from small to large and from early to late.
    fn some(&self, number: i64) -> Value {
        let turn = number / 4;
        let (first, last) = (2 + turn % 5, (2 + turn % 5 + turn % 3).min(6));
        let days =
            json!({"first_on": format!("2099-03-0{first}"), "last_on": format!("2099-03-0{last}")});
        let begin = 8 + turn % 8;
        let hours = json!({"starts_at": format!("2099-03-02T{begin:02}:00:00Z"), "ends_at": format!("2099-03-02T{:02}:30:00Z", begin + 1 + turn % 2)});
        let units = json!({"units": 1 + turn % 2});
        let (of, period, amount) = match number % 4 {
            0 => (id(&self.days), days, units),
            1 => (id(&self.hours), hours, units),
            2 => (
                id(&self.money),
                json!({}),
                json!({"money": eur(100 + turn % 3 * 50)}),
            ),
            _ => {
                let amount = match turn % 3 {
                    0 => json!({"minutes": 240 + turn % 4 * 60}),
                    1 => json!({"minutes_per_day": 90}),
                    _ => json!({"percent": 25}),
                };
                (self.person.as_str(), days, amount)
            }
        };
        let body = json!({"resource_id": of, "task_id": self.task["id"], "amount": amount});
        with(body, period)
    }

    fn lead(&self, number: i64) -> Member {
        self.leads[usize::try_from(number % 2).unwrap()].clone()
    }

    /// Whether there is any of each kind among what went through.
    async fn some_of_each(&self) {
        for of in [
            id(&self.days),
            id(&self.hours),
            id(&self.money),
            &self.person,
        ] {
            let place = format!("/allocations?state=approved&resource_id={of}");
            assert_ne!(self.leads[0].all(&place).await.len(), 0, "{of}");
        }
    }
}

#[tokio::test]
async fn of_two_approvals_of_the_last_one_is_given() {
    let office = Office::open(1, 100).await;
    let [one, other] = &office.leads;
    let day =
        json!({"task_id": office.task["id"], "first_on": "2099-03-02", "last_on": "2099-03-02"});
    let hour = json!({"task_id": office.task["id"], "starts_at": "2099-03-02T10:00:00Z", "ends_at": "2099-03-02T11:00:00Z"});
    for (base, besides) in [
        (
            &day,
            json!({"resource_id": office.days["id"], "amount": {"units": 1}}),
        ),
        (
            &hour,
            json!({"resource_id": office.hours["id"], "amount": {"units": 1}}),
        ),
        (
            &day,
            json!({"resource_id": office.person, "amount": {"minutes": 241}}),
        ),
        (
            &json!({"task_id": office.task["id"]}),
            json!({"resource_id": office.money["id"], "amount": {"money": eur(100)}}),
        ),
    ] {
        let mut asked = Vec::new();
        for _ in 0..2 {
            let body = with(base.clone(), besides.clone());
            asked.push(ask(&office.member, body).await.created());
        }
        let approve = |by: &Member, one: &Value| -> Call {
            let place = format!("/allocations/{}/approve", id(one));
            (by.clone(), "POST", place, json!({}))
        };
        let answers = at_once(vec![approve(one, &asked[0]), approve(other, &asked[1])]).await;
        assert_eq!(through(&answers), 1, "{besides}");
        let given = answers.iter().find(|one| one.status == 200).unwrap();
        let refused = answers.iter().find(|one| one.status == 409).unwrap();
        // The one that has it is who takes it from the other, which still waits.
        let takers = refused.body["findings"][0]["taken_by"].as_array().unwrap();
        assert!(
            takers
                .iter()
                .any(|one| one["allocation_id"] == given.body["id"]),
            "{}",
            refused.text
        );
        let waits = asked
            .iter()
            .find(|one| one["id"] != given.body["id"])
            .unwrap();
        let place = format!("/allocations/{}", id(waits));
        assert_eq!(one.get(&place).await.ok()["state"], "requested");
        // Both approving the same: it is given once.
        let freed = format!("/allocations/{}/release", id(&given.body));
        one.post(&freed, json!({})).await.ok();
        let answers = at_once(vec![approve(one, waits), approve(other, waits)]).await;
        let mut statuses: Vec<u16> = answers.iter().map(|one| one.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let refused = answers.iter().find(|one| one.status == 409).unwrap();
        assert_eq!(refused.body["code"], "invalid_transition");
    }
    never_over(one).await;
    drop(office.app);
}

#[tokio::test]
async fn sixty_four_approvals_and_growing_changes_never_go_beyond() {
    let office = Office::open(4, 1_500).await;
    let lead = &office.leads[0];
    let asked = (0..96)
        .map(|number| {
            let body = office.some(number);
            (
                office.member.clone(),
                "POST",
                "/allocations".to_owned(),
                body,
            )
        })
        .collect();
    let asked = at_once(asked).await;
    assert_eq!(through(&asked), 96, "a request holds nothing");
    let approvals = (0..96)
        .map(|number| {
            let one = &asked[usize::try_from(number).unwrap()].body;
            let place = format!("/allocations/{}/approve", id(one));
            (office.lead(number), "POST", place, json!({}))
        })
        .collect();
    let given = through(&at_once(approvals).await);
    assert!((8..96).contains(&given), "{given}");
    office.some_of_each().await;
    assert_eq!(never_over(lead).await, 96 + given);

    // Half is given back; then what is left grows, while others ask for more.
    let held = lead.all("/allocations?state=approved&limit=100").await;
    let freed: Vec<Call> = held
        .iter()
        .step_by(2)
        .map(|one| {
            let place = format!("/allocations/{}/release", id(one));
            (lead.clone(), "POST", place, json!({}))
        })
        .collect();
    let freed_count = freed.len();
    assert_eq!(through(&at_once(freed).await), freed_count);
    let mut calls: Vec<Call> = Vec::new();
    for (turn, one) in held.iter().skip(1).step_by(2).cycle().take(64).enumerate() {
        let turn = i64::try_from(turn).unwrap();
        let grown = match &one["amount"] {
            amount if amount["units"].is_i64() => json!({"units": 1 + turn % 4}),
            amount if amount["money"].is_object() => json!({"money": eur(150 + turn * 17 % 400)}),
            amount if amount["minutes"].is_i64() => json!({"minutes": 240 + turn * 37 % 700}),
            amount if amount["percent"].is_i64() => json!({"percent": 25 * (1 + turn % 4)}),
            _ => json!({"minutes_per_day": 90 + turn * 11 % 200}),
        };
        let mut body = json!({"amount": grown});
        if one["first_on"].is_string() && turn % 2 == 0 {
            body["last_on"] = json!("2099-03-06");
        }
        let place = format!("/allocations/{}", id(one));
        calls.push((office.lead(turn), "PATCH", place, body));
        let body = office.some(turn);
        calls.push((office.lead(turn), "POST", "/allocations".to_owned(), body));
    }
    let answers = at_once(calls).await;
    let changed = through(&answers);
    assert!((1..128).contains(&changed), "{changed}");
    office.some_of_each().await;
    never_over(lead).await;
}

#[tokio::test]
async fn what_there_is_of_it_does_not_shrink_below_what_is_promised() {
    let office = Office::open(6, 3_000).await;
    let lead = &office.leads[0];
    let limits: Vec<(String, &str, i64)> = vec![
        (format!("/resources/{}", id(&office.days)), "units", 1),
        (format!("/resources/{}", id(&office.hours)), "units", 1),
        (
            format!("/resources/{}", id(&office.money)),
            "limit_minor",
            500,
        ),
    ];
    let mut calls: Vec<Call> = Vec::new();
    for number in 0..96 {
        let body = office.some(number);
        calls.push((office.lead(number), "POST", "/allocations".to_owned(), body));
        // Up and down, ever again.
        let (place, name, step) = &limits[usize::try_from(number % 3).unwrap()];
        let body = json!({*name: step * (1 + number * 5 % 6)});
        calls.push((office.lead(number + 1), "PATCH", place.clone(), body));
    }
    let answers = at_once(calls).await;
    let through = through(&answers);
    assert!((3..192).contains(&through), "{through}");
    never_over(lead).await;
    let (place, name, _) = &limits[2];
    lead.patch(place, json!({*name: 1}))
        .await
        .problem(409, "over_allocated");
}
