//! Everybody spends at once: never more than there is, by whoever counts from outside.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use serde_json::{Value, json};

use super::replay::never_over;
use super::{books, budget, campaign, eur, id, line, promise, spend};
use crate::vocabulary::{Answer, Member, TestApp};

/// How many ask at the same moment.
const CLIENTS: usize = 64;

async fn at_once(asked: Vec<(Member, &'static str, Value)>) -> Vec<Answer> {
    iter(asked)
        .map(|(by, place, body)| async move { by.post(place, body).await })
        .buffer_unordered(CLIENTS)
        .collect()
        .await
}

/// Those that were let through, the others having got the explanation.
fn let_through(answers: &[Answer]) -> usize {
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(
            (answer.status, answer.body["code"].as_str()),
            (409, Some("over_allocated")),
            "{}",
            answer.text
        );
        let finding = &answer.body["findings"][0];
        assert!(
            finding["wanted"].as_i64() > finding["there"].as_i64()
                && finding["taken_by"] != json!([]),
            "{}",
            answer.text
        );
    }
    answers.iter().filter(|answer| answer.status == 201).count()
}

fn minor(one: &Value) -> i64 {
    let money = match &one["amount"]["money"] {
        Value::Null => &one["amount"],
        money => money,
    };
    money["amount_minor"].as_i64().unwrap()
}

/// What is taken of the budget, counted from the listed allocations and expenses.
async fn counted(by: &Member, budget: &Value) -> i64 {
    let of_budget = format!("resource_id={}&limit=100", id(budget));
    let promised = by
        .all(&format!("/allocations?state=approved&{of_budget}"))
        .await;
    let expenses = by.all(&format!("/expenses?{of_budget}")).await;
    let mut spent: BTreeMap<String, i64> = BTreeMap::new();
    let mut taken = 0;
    for one in &expenses {
        match one["allocation_id"].as_str() {
            Some(promise) => *spent.entry(promise.to_owned()).or_default() += minor(one),
            None => taken += minor(one),
        }
    }
    for one in &promised {
        taken += minor(one).max(spent.remove(id(one)).unwrap_or_default());
    }
    // What is left was spent of promises that are over.
    taken + spent.values().sum::<i64>()
}

#[tokio::test]
async fn the_last_euro_is_promised_or_spent_by_one() {
    let app = TestApp::start().await;
    let [one, other] = app.team_with(["lead", "lead"]).await;
    let show = campaign(&one, json!({})).await;
    for (first, second) in [
        ("/expenses", "/expenses"),
        ("/expenses", "/allocations"),
        ("/allocations", "/expenses"),
    ] {
        let ads = budget(&one, 1_000, json!({})).await;
        let of_line = line(&one, &show, 5_000, json!({"resource_id": ads["id"]})).await;
        let of_show = json!({"campaign_id": show["id"]});
        let promised = promise(&one, &ads, 900, of_show).await.created();
        let body = |place: &str| match place {
            "/allocations" => {
                json!({"resource_id": ads["id"], "campaign_id": show["id"], "amount": {"money": eur(100)}})
            }
            // Beyond what was promised, or never promised: the same euro.
            _ if first == second => {
                json!({"allocation_id": promised["id"], "amount": eur(1_000), "spent_on": "2024-03-01"})
            }
            _ => {
                json!({"campaign_id": show["id"], "budget_line_id": of_line["id"], "amount": eur(100), "spent_on": "2024-03-01"})
            }
        };
        let answers = at_once(vec![
            (one.clone(), first, body(first)),
            (other.clone(), second, body(second)),
        ])
        .await;
        assert_eq!(let_through(&answers), 1, "{first} {second}");
        assert_eq!(counted(&one, &ads).await, 1_000);
        assert_eq!(books(&one, &ads).await.2, 0);
    }
    never_over(&one).await;
}

#[tokio::test]
async fn sixty_four_clients_never_promise_and_spend_more_than_there_is() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let show = campaign(&lead, json!({})).await;
    let ads = budget(&lead, 20_000, json!({})).await;
    let of_line = line(&lead, &show, 5_000, json!({"resource_id": ads["id"]})).await;
    let of_show = json!({"campaign_id": show["id"]});
    let mut promised = Vec::new();
    for _ in 0..4 {
        promised.push(promise(&lead, &ads, 1_000, of_show.clone()).await.created());
    }
    // Of promises, partly and beyond; without any; and new promises.
    let asked: Vec<(Member, &'static str, Value)> = (0..192_i64)
        .map(|number| {
            let amount = 100 + number % 5 * 50;
            let promise = &promised[usize::try_from(number % 4).unwrap()];
            let (place, body) = match number % 3 {
                0 => ("/expenses", json!({"allocation_id": promise["id"], "amount": eur(amount), "spent_on": "2024-03-01"})),
                1 => ("/expenses", json!({"campaign_id": show["id"], "budget_line_id": of_line["id"], "amount": eur(amount), "spent_on": "2024-03-01"})),
                _ => ("/allocations", json!({"resource_id": ads["id"], "campaign_id": show["id"], "amount": {"money": eur(amount)}})),
            };
            (lead.clone(), place, body)
        })
        .collect();
    let made = let_through(&at_once(asked).await);
    let taken = counted(&lead, &ads).await;
    assert!((19_900..=20_000).contains(&taken), "{taken}");
    assert_eq!(books(&lead, &ads).await.0, taken);
    let listed = lead.all("/allocations?limit=100").await.len()
        + lead.all("/expenses?limit=100").await.len();
    assert_eq!(listed, made + 4);
    // The campaign says the same of what its money is made of.
    let money = lead
        .get(&format!("/campaigns/{}/money", id(&show)))
        .await
        .ok();
    assert_eq!(money["total"]["forecast_minor"], taken);

    // Half of the promises are given back while others spend and promise.
    let given_back = lead
        .all("/allocations?state=approved&limit=100")
        .await
        .into_iter()
        .step_by(2)
        .map(|one| (lead.clone(), format!("/allocations/{}/release", id(&one))));
    let releases = iter(given_back)
        .map(|(by, place)| async move { by.post(&place, json!({})).await.status })
        .buffer_unordered(CLIENTS)
        .collect::<Vec<u16>>();
    let more: Vec<(Member, &'static str, Value)> = (0..128_i64)
        .map(|number| {
            let (place, body) = match number % 2 {
                0 => ("/expenses", json!({"campaign_id": show["id"], "budget_line_id": of_line["id"], "amount": eur(150), "spent_on": "2024-03-01"})),
                _ => ("/allocations", json!({"resource_id": ads["id"], "campaign_id": show["id"], "amount": {"money": eur(250)}})),
            };
            (lead.clone(), place, body)
        })
        .collect();
    let (released, answers) = tokio::join!(releases, at_once(more));
    assert!(released.iter().all(|status| *status == 200));
    let_through(&answers);
    let taken = counted(&lead, &ads).await;
    assert!(taken <= 20_000, "{taken}");
    assert_eq!(books(&lead, &ads).await.0, taken);
    spend(
        &lead,
        20_001 - taken,
        json!({"campaign_id": show["id"], "budget_line_id": of_line["id"]}),
    )
    .await
    .problem(409, "over_allocated");
    never_over(&lead).await;
}
