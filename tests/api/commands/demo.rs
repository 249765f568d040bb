//! `relais demo`: something to look at, made once.

use serde_json::{Value, json};

use super::program::{Program, empty_database};

#[tokio::test]
async fn the_demo_is_made_once_and_can_be_looked_at() {
    let program = Program::new();
    let (url, _database) = empty_database(&program);
    let said = program.succeed(&["demo", "--database-url", &url]);
    for part in [
        "8 people",
        "8 delegations",
        "2 more wait",
        "45000 EUR cents",
        "lead@relais.example",
        "kubernetes-1.30",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(said.matches("curl -s ").count(), 3, "{said}");
    let again = program.succeed(&["demo", "--database-url", &url]);
    assert!(again.contains("nothing was changed"), "{again}");

    let server = program.serve(&["--database-url", &url]);
    let client = reqwest::Client::new();
    let session = client
        .post(format!("{}/v1/sessions", server.address))
        .json(&json!({"email": "lead@relais.example", "password": "kubernetes-1.30"}))
        .send()
        .await
        .unwrap();
    let session: Value = session.json().await.unwrap();
    let token = session["access_token"].as_str().expect("a token");
    let get = async |path: &str| -> Value {
        let asked = client
            .get(format!("{}/v1{path}", server.address))
            .bearer_auth(token);
        asked.send().await.unwrap().json().await.unwrap()
    };
    // What the printed lines ask for.
    let waiting = get("/me/delegations").await;
    assert_ne!(waiting["items"], json!([]), "{waiting}");
    assert_eq!(
        get("/me/tasks?limit=3").await["items"]
            .as_array()
            .map(Vec::len),
        Some(3)
    );
    // What was made, and made once.
    let teams = get("/teams").await;
    assert_eq!(teams["items"].as_array().map(Vec::len), Some(1), "{teams}");
    let team = teams["items"][0]["id"].as_str().expect("an id");
    let events = get(&format!("/teams/{team}/events")).await;
    assert_eq!(events["items"][0]["status"], "scheduled", "{events}");
    let event = events["items"][0]["id"].as_str().expect("an id");
    let seats = get(&format!("/teams/{team}/events/{event}/seats")).await;
    assert_eq!(seats["confirmed"], 5, "{seats}");
    assert_eq!(seats["waiting"], 3, "{seats}");
    let campaigns = get(&format!("/teams/{team}/campaigns")).await;
    let campaign = campaigns["items"][0]["id"].as_str().expect("an id");
    let money = get(&format!("/teams/{team}/campaigns/{campaign}/money")).await;
    assert_eq!(money["total"]["planned_minor"], 240_000, "{money}");
    assert_eq!(money["total"]["forecast_minor"], 120_000, "{money}");
    assert_eq!(money["total"]["spent_minor"], 45_000, "{money}");
}
