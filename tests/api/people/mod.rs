//! People: accounts, sessions, teams, members. The words that only these tests need.

pub mod absences;
mod accounts;
mod deputies;
mod histories;
mod holidays;
mod invitations;
mod members;
mod ownership;
mod passwords;
mod refresh;
mod sessions;
mod sign_in;
mod teams;
mod tokens;
pub mod working_hours;

use serde_json::{Value, json};

use crate::vocabulary::{Answer, Person, TestApp};

/// What everybody's password is.
const PASSWORD: &str = "correct horse battery";

/// Signs up for real.
async fn sign_up(app: &TestApp, email: &str) -> Value {
    app.anybody("POST", "/v1/accounts")
        .json(json!({"email": email, "password": PASSWORD, "name": "Ada Lovelace"}))
        .await
        .created()
}

/// Tries to sign in.
async fn sign_in(app: &TestApp, email: &str, password: &str) -> Answer {
    app.anybody("POST", "/v1/sessions")
        .json(json!({"email": email, "password": password}))
        .await
}

/// Turns a refresh token in.
async fn refresh(app: &TestApp, token: &Value) -> Answer {
    app.anybody("POST", "/v1/sessions/refresh")
        .json(json!({"refresh_token": token}))
        .await
}

/// The person whom tokens speak for.
fn bearer(app: &TestApp, tokens: &Value) -> Person {
    let id = |value: &Value| value.as_str().unwrap().parse().unwrap();
    Person {
        client: app.client.clone(),
        address: app.address.clone(),
        account_id: id(&tokens["account"]["id"]),
        session_id: id(&tokens["session_id"]),
        email: tokens["account"]["email"].as_str().unwrap().to_owned(),
        token: tokens["access_token"].as_str().unwrap().to_owned(),
    }
}

/// Signs up and in.
async fn newcomer(app: &TestApp, email: &str) -> (Person, Value) {
    sign_up(app, email).await;
    let tokens = sign_in(app, email, PASSWORD).await.created();
    (bearer(app, &tokens), tokens)
}

/// The document without what differs from request to request.
fn without_request_id(mut problem: Value) -> Value {
    problem["request_id"] = Value::Null;
    problem
}
