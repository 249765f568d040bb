//! Everybody at once: never more people than seats.

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use serde_json::json;

use super::Hall;

#[tokio::test]
async fn two_hundred_come_at_once_for_fifty_seats() {
    let hall = Hall::open(json!({"capacity": 50})).await;
    let hall = &hall;
    // A hundred have registered on the page, and follow their links at the moment in which a hundred are added by hand.
    let mut secrets = Vec::new();
    for number in 0..100 {
        let email = format!("public{number}@x.org");
        hall.register(&email, 1).await.expect(202);
        secrets.push(hall.secret(&email).await);
    }
    let states: Vec<String> = iter(0..200)
        .map(|number: usize| {
            let secret = secrets.get(number / 2).cloned().unwrap();
            async move {
                let answer = if number.is_multiple_of(2) {
                    hall.follow("POST", &secret, "/confirm").await.ok()
                } else {
                    let body = json!({"name": "Ada", "email": format!("hand{number}@x.org")});
                    hall.lead.post(&hall.list(), body).await.created()
                };
                answer["state"].as_str().unwrap().to_owned()
            }
        })
        .buffer_unordered(60)
        .collect()
        .await;
    let confirmed = states.iter().filter(|state| *state == "confirmed").count();
    assert_eq!(confirmed, 50);
    assert_eq!(hall.seats().await, [50, 0, 0, 150, 0]);
    // Each waits at a rank of its own.
    let waiting = hall
        .lead
        .all(&format!(
            "{}?state=waitlisted&sort=rank&limit=100",
            hall.list()
        ))
        .await;
    let ranks: Vec<i64> = waiting
        .iter()
        .map(|one| one["rank"].as_i64().unwrap())
        .collect();
    assert_eq!(ranks, (1..=150).collect::<Vec<_>>());

    // Twenty leave at once, and twenty others are asked.
    let gone: Vec<u16> = iter(
        hall.lead
            .all(&format!("{}?state=confirmed&limit=100", hall.list()))
            .await
            .into_iter()
            .take(20),
    )
    .map(|one| async move {
        let place = format!("{}/{}/cancel", hall.list(), one["id"].as_str().unwrap());
        hall.lead.request("POST", &place).send().await.status
    })
    .buffer_unordered(20)
    .collect()
    .await;
    assert_eq!(gone, [200; 20]);
    assert_eq!(hall.seats().await, [30, 20, 0, 130, 0]);
}

#[tokio::test]
async fn one_address_has_one_place_however_often_it_comes_at_once() {
    let hall = Hall::open(json!({"capacity": 50})).await;
    let hall = &hall;
    let statuses: Vec<u16> = iter(0..30)
        .map(|number: usize| async move {
            if number.is_multiple_of(2) {
                hall.register("a@x.org", 2).await.status
            } else {
                let body = json!({"name": "Ada", "email": "A@x.org", "seats": 2});
                hall.lead.post(&hall.list(), body).await.status
            }
        })
        .buffer_unordered(30)
        .collect()
        .await;
    let by_hand = statuses.iter().filter(|status| **status == 201).count();
    let refused = statuses.iter().filter(|status| **status == 409).count();
    let on_the_page = statuses.iter().filter(|status| **status == 202).count();
    assert_eq!((by_hand, refused, on_the_page), (1, 14, 15));
    assert_eq!(hall.seats().await, [2, 0, 0, 0, 48]);
    let all = format!("{}?state=confirmed,unverified", hall.list());
    assert_eq!(hall.lead.all(&all).await.len(), 1);
}
