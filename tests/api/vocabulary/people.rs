//! People who send requests, and members who send them to their team.
//!
//! The surprising rule: people come into the database directly, because hashing a password for each person of
//! each test would cost more than the tests. Signing in for real is tested where it belongs.

use diesel::prelude::*;
use relais::db::{Failure, Id, Instant, Outcome};
use relais::schema::{accounts, sessions};
use serde_json::{Value, json};

use super::answer::{Answer, send};
use super::app::TestApp;
use super::watch;

/// Somebody with an account and a valid access token.
#[derive(Clone)]
pub struct Person {
    pub client: reqwest::Client,
    pub address: String,
    pub account_id: Id,
    pub session_id: Id,
    pub email: String,
    pub token: String,
}

/// A person in a team: paths are below the team.
#[derive(Clone)]
pub struct Member {
    pub person: Person,
    pub team_id: String,
    pub id: String,
}

/// A request that is being put together.
pub struct Request {
    method: reqwest::Method,
    path: String,
    request: reqwest::RequestBuilder,
}

impl Request {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub async fn json(self, body: Value) -> Answer {
        watch::learn(&body);
        send(self.method, &self.path, self.request.json(&body)).await
    }

    pub async fn raw(self, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request.header("content-type", content_type).body(body);
        send(self.method, &self.path, request).await
    }

    pub async fn multipart(self, form: reqwest::multipart::Form) -> Answer {
        send(self.method, &self.path, self.request.multipart(form)).await
    }

    pub async fn send(self) -> Answer {
        send(self.method, &self.path, self.request).await
    }
}

#[derive(Debug)]
struct Failed(relais::db::DbError);

impl From<relais::db::DbError> for Failed {
    fn from(error: relais::db::DbError) -> Self {
        Self(error)
    }
}

impl From<diesel::result::Error> for Failed {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.into())
    }
}

impl Failure for Failed {
    fn is_unavailable(&self) -> bool {
        self.0.is_unavailable()
    }
}

impl Person {
    pub(super) async fn join(app: &TestApp, name: &str) -> Self {
        let (account_id, session_id) = (Id::new(), Id::new());
        let email = format!("{account_id}@canary.example");
        let now = app.clock.now();
        let (name, kept_email) = (name.to_owned(), email.clone());
        app.db
            .write(move |conn| {
                diesel::insert_into(accounts::table)
                    .values((
                        accounts::id.eq(account_id),
                        accounts::email.eq(kept_email),
                        accounts::name.eq(name),
                        accounts::locale.eq("en"),
                        accounts::time_zone.eq("Europe/Paris"),
                        accounts::created_at.eq(now),
                        accounts::updated_at.eq(now),
                        accounts::version.eq(1_i64),
                    ))
                    .execute(conn)?;
                let later: Instant = now.plus(chrono::TimeDelta::days(3650));
                diesel::insert_into(sessions::table)
                    .values((
                        sessions::id.eq(session_id),
                        sessions::account_id.eq(account_id),
                        sessions::created_at.eq(now),
                        sessions::last_used_at.eq(now),
                        sessions::expires_at.eq(later),
                    ))
                    .execute(conn)?;
                Ok::<_, Failed>(Outcome::Keep(()))
            })
            .await
            .expect("a person");
        // Lives as long as any test moves the clock; short tokens are tested where they belong.
        let claims = app.state.keys.claims(
            account_id.into(),
            session_id.into(),
            chrono::TimeDelta::days(3650),
            now.utc(),
        );
        let token = app.state.keys.sign(&claims, now.utc()).expect("a token");
        Self {
            client: app.client.clone(),
            address: app.address.clone(),
            account_id,
            session_id,
            email,
            token,
        }
    }

    /// Makes a team and is its owner.
    pub async fn found_team(&self, name: &str, key: &str) -> Member {
        let team = self
            .post(
                "/v1/teams",
                json!({"name": name, "key": key, "time_zone": "Europe/Paris"}),
            )
            .await
            .created();
        self.member_of(team["id"].as_str().expect("an id")).await
    }

    /// This person as the member of a team.
    pub async fn member_of(&self, team_id: &str) -> Member {
        let me = self
            .get(&format!("/v1/teams/{team_id}/members/me"))
            .await
            .ok();
        Member {
            person: self.clone(),
            team_id: team_id.to_owned(),
            id: me["id"].as_str().expect("an id").to_owned(),
        }
    }

    pub fn request(&self, method: &str, path: &str) -> Request {
        let method: reqwest::Method = method.parse().expect("a method");
        let request = self
            .client
            .request(method.clone(), format!("{}{path}", self.address));
        Request {
            // Whoever has no token sends none.
            request: match self.token.as_str() {
                "" => request,
                token => request.bearer_auth(token),
            },
            method,
            path: path.to_owned(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send().await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.request("POST", path).json(body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.request("PATCH", path).json(body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path).send().await
    }
}

impl TestApp {
    /// A request by somebody whom nobody knows.
    pub fn anybody(&self, method: &str, path: &str) -> Request {
        let method: reqwest::Method = method.parse().expect("a method");
        Request {
            request: self
                .client
                .request(method.clone(), format!("{}{path}", self.address)),
            method,
            path: path.to_owned(),
        }
    }
}

impl Member {
    /// Invites somebody, who accepts.
    pub async fn invite(&self, person: &Person, role: &str) -> Member {
        let invitation = self
            .post("/invitations", json!({"email": person.email, "role": role}))
            .await
            .created();
        person
            .post(
                "/v1/invitations/accept",
                json!({"secret": invitation["secret"]}),
            )
            .await;
        person.member_of(&self.team_id).await
    }

    fn path(&self, path: &str) -> String {
        format!("/v1/teams/{}{path}", self.team_id)
    }

    pub fn request(&self, method: &str, path: &str) -> Request {
        self.person.request(method, &self.path(path))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send().await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.request("POST", path).json(body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.request("PUT", path).json(body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.request("PATCH", path).json(body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path).send().await
    }

    /// All items of a list, page by page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = match &cursor {
                None => self.get(path).await.ok(),
                Some(cursor) => self
                    .get(&format!("{path}{joint}cursor={cursor}"))
                    .await
                    .ok(),
            };
            items.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return items,
            }
        }
    }
}
