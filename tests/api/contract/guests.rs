//! People who register for events, in the state that an operation needs.

use relais::db::Id;
use relais::outreach::registrations::secret;
use serde_json::{Value, json};

use super::world::{Team, World, id};

/// Somebody with a registration.
pub struct Guest {
    pub event_id: String,
    pub registration_id: String,
    pub secret: String,
    pub code: String,
}

fn address() -> String {
    format!("{}@example.org", Id::new())
}

/// The secret of a registration's links.
fn secret_of(world: &World, registration: &Value, number: i64) -> String {
    let read = |name: &str| registration[name].as_str().unwrap().parse().unwrap();
    let secret = secret::of(&world.app.state.pepper, read("team_id"), read("id"), number);
    secret.expose().to_owned()
}

/// Registers on the public page, and is found by the team.
async fn come(world: &World, team: &Team, event: &Value) -> Value {
    let page = format!(
        "/v1/public/events/{}/registrations",
        event["slug"].as_str().unwrap()
    );
    let body = json!({"name": "Gina Guest", "email": address(), "consent": true});
    let received = world.app.anybody("POST", &page).json(body).await;
    assert_eq!(received.status, 202, "{}", received.text);
    let place = format!("/events/{}/registrations?state=unverified", id(event));
    team.owner.get(&place).await.ok()["items"][0].clone()
}

/// The registration that an operation is about.
pub async fn of_operation(world: &World, team: &Team, operation: &str) -> Guest {
    let rules = match operation {
        "approve_registration" | "reject_registration" => {
            json!({"registration": {"mode": "approval"}})
        }
        "accept_public_registration" => json!({"capacity": 1}),
        _ => json!({}),
    };
    let event = team.public_event(rules).await;
    let place = format!("/events/{}", id(&event));
    let list = format!("{place}/registrations");
    let add = async || {
        let body = json!({"name": "Gina Guest", "email": address()});
        team.owner.post(&list, body).await.created()
    };
    let (registration, number) = match operation {
        "confirm_public_registration" => (come(world, team, &event).await, 0),
        "approve_registration" | "reject_registration" => {
            let registration = come(world, team, &event).await;
            let link = secret_of(world, &registration, 0);
            let link = format!("/v1/public/registrations/{link}/confirm");
            world.app.anybody("POST", &link).send().await.ok();
            (registration, 1)
        }
        "accept_public_registration" => {
            let (first, second) = (add().await, add().await);
            let first = format!("{list}/{}/cancel", id(&first));
            team.owner.request("POST", &first).send().await.ok();
            (second, 0)
        }
        _ => (add().await, 0),
    };
    if operation == "mark_absent_registration" {
        team.owner
            .patch(&place, json!({"status": "live"}))
            .await
            .ok();
    }
    Guest {
        event_id: id(&event),
        registration_id: id(&registration),
        secret: secret_of(world, &registration, number),
        code: registration["check_in_code"].as_str().unwrap().to_owned(),
    }
}
