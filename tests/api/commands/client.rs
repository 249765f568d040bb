//! Who talks to a server in a child process.

use rand::distr::{Alphanumeric, SampleString};
use serde_json::{Value, json};

use super::program::Server;

/// Somebody with a team.
pub struct Client {
    pub http: reqwest::Client,
    pub address: String,
    token: String,
    /// The path of the team.
    pub team: String,
    /// The path of its tasks.
    pub tasks: String,
}

impl Client {
    pub async fn sign_up(server: &Server) -> Self {
        let mut client = Self {
            http: reqwest::Client::new(),
            address: server.address.clone(),
            token: String::new(),
            team: String::new(),
            tasks: String::new(),
        };
        let mut account = json!({"email": "ada@canary.example", "password": "CANARY-password"});
        let credentials = account.clone();
        account["name"] = json!("Ada");
        client.post("/v1/accounts", &account).await;
        let (_, tokens, _) = client.post("/v1/sessions", &credentials).await;
        client.token = tokens["access_token"].as_str().unwrap().to_owned();
        let team = json!({"name": "Community", "key": "COM", "time_zone": "UTC"});
        let (_, team, _) = client.post("/v1/teams", &team).await;
        client.team = format!("/v1/teams/{}", team["id"].as_str().unwrap());
        client.tasks = format!("{}/tasks", client.team);
        client
    }

    /// The same person at another server on the same database.
    pub fn on(mut self, server: &Server) -> Self {
        self.address.clone_from(&server.address);
        self
    }

    /// Status, body, and whether `Retry-After` came with it.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value, bool) {
        let request = self.http.post(format!("{}{path}", self.address));
        self.send(request.json(body)).await
    }

    /// The same of what is there.
    pub async fn get(&self, path: &str) -> (u16, Value, bool) {
        self.send(self.http.get(format!("{}{path}", self.address)))
            .await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value, bool) {
        let request = request.bearer_auth(&self.token);
        let answer = request.send().await.expect("an answer");
        let retry = answer.headers().contains_key("retry-after");
        (
            answer.status().as_u16(),
            answer.json().await.expect("JSON"),
            retry,
        )
    }

    pub async fn count(&self) -> i64 {
        let list = format!("{}?include_total=true&limit=1", self.tasks);
        let (_, page, _) = self.get(&list).await;
        page["total"].as_i64().expect("a total")
    }

    /// Writes until it is refused; answers how many were acknowledged and the code of the refusal.
    pub async fn fill(&self) -> (i64, String) {
        // Nothing that a database could make smaller.
        let text = Alphanumeric.sample_string(&mut rand::rng(), 40_000);
        let task = json!({"title": "Task", "description": text});
        for written in 0..2000 {
            let (status, body, retry) = self.post(&self.tasks, &task).await;
            if status == 201 {
                continue;
            }
            assert_eq!(status, 503, "{body}");
            assert!(retry, "{body}");
            return (written, body["code"].as_str().unwrap().to_owned());
        }
        panic!("the disk has no end");
    }
}

/// The database is not to be had now, and it is said when to come back.
#[track_caller]
pub fn check_unavailable((status, body, retry): &(u16, Value, bool)) {
    assert_eq!(
        (*status, &body["code"]),
        (503, &json!("unavailable")),
        "{body}"
    );
    assert!(retry, "{body}");
}
