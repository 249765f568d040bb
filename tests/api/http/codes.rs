//! Every line of the table of codes occurs: here each is provoked.
//!
//! The surprising rule: the `match` in [`provoke`] has no default branch, so a new code does not compile until it
//! says how it comes about.

use std::io::Write;
use std::net::Shutdown;

use chrono::TimeDelta;
use relais::http::Code;
use serde_json::{Value, json};

use crate::vocabulary::wire::Wire;
use crate::vocabulary::{Answer, Member, TestApp, watch};

/// Proved where it takes more than a request: the code, and the test that does it.
enum Provoked {
    Here(Answer),
    /// In this file of the suite, by this function.
    Elsewhere(&'static str, &'static str),
    /// By nothing yet: it is reserved.
    Reserved,
}

use Provoked::{Elsewhere, Here, Reserved};

async fn provoke(code: Code) -> Provoked {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    Here(match code {
        Code::MalformedJson => {
            lead.request("POST", "/campaigns")
                .raw("application/json", "{")
                .await
        }
        Code::InvalidQuery => lead.get("/campaigns?limit=0").await,
        Code::UnknownParameter => lead.get("/campaigns?nonsense=1").await,
        Code::InvalidHeader => {
            lead.request("POST", "/campaigns")
                .header("Idempotency-Key", "")
                .json(json!({"name": "A"}))
                .await
        }
        Code::InvalidCursor => lead.get("/campaigns?cursor=x").await,
        Code::MalformedRequest => {
            return malformed(&app, &lead);
        }
        Code::Unauthenticated => {
            let mut stranger = lead.person.clone();
            stranger.token = "a.b.c".to_owned();
            stranger.get("/v1/me").await
        }
        Code::TokenExpired => {
            let now = app.clock.now().utc();
            let claims = app.state.keys.claims(
                lead.person.account_id.into(),
                lead.person.session_id.into(),
                TimeDelta::minutes(1),
                now,
            );
            let mut late = lead.person.clone();
            late.token = app.state.keys.sign(&claims, now).unwrap();
            app.clock.advance(TimeDelta::minutes(2));
            late.get("/v1/me").await
        }
        Code::InvalidCredentials => {
            lead.person
                .post(
                    "/v1/sessions",
                    json!({"email": "nobody@canary.example", "password": "CANARY not the one"}),
                )
                .await
        }
        Code::InsufficientRole => member.post("/campaigns", json!({"name": "A"})).await,
        Code::SignUpClosed => {
            let closed = TestApp::start_with(&["--sign-up", "closed"]).await;
            closed
                .person("Paul")
                .await
                .post(
                    "/v1/accounts",
                    json!({"email": "new@canary.example", "password": "CANARY long enough", "name": "New"}),
                )
                .await
        }
        Code::NotFound => lead.get("/campaigns/none").await,
        Code::LastOwner => {
            let [owner] = app.team_with(["owner"]).await;
            owner
                .patch(&format!("/members/{}", owner.id), json!({"role": "member"}))
                .await
        }
        Code::MethodNotAllowed => lead.request("DELETE", "/campaigns").send().await,
        Code::InvalidTransition => {
            let campaign = lead
                .post("/campaigns", json!({"name": "A"}))
                .await
                .created();
            lead.patch(
                &place("campaigns", &campaign),
                json!({"status": "archived"}),
            )
            .await
        }
        Code::AlreadyExists => {
            let task = json!({"title": "A", "external_id": "1"});
            lead.post("/tasks", task.clone()).await.created();
            lead.post("/tasks", task).await
        }
        Code::DependencyCycle => {
            let a = lead.post("/tasks", json!({"title": "A"})).await.created();
            let b = lead.post("/tasks", json!({"title": "B"})).await.created();
            let depends = |task: &Value, on: &Value| {
                format!(
                    "{}/dependencies/{}",
                    place("tasks", task),
                    on["id"].as_str().unwrap()
                )
            };
            let first = lead.put(&depends(&a, &b), json!({})).await;
            assert!(first.status < 300, "{}", first.text);
            lead.put(&depends(&b, &a), json!({})).await
        }
        Code::NotADeputy => {
            lead.request("GET", "/campaigns")
                .header("On-Behalf-Of", &member.id)
                .send()
                .await
        }
        Code::DeputyCycle => {
            let is = |of: &Member| json!({"deputy_id": of.id, "ends_at": app.clock.now().plus(TimeDelta::days(1)).to_string()});
            member.post("/deputies", is(&lead)).await.created();
            lead.post("/deputies", is(&member)).await
        }
        Code::AlreadyInForce => {
            let hours = json!({"valid_from_on": "2020-01-01", "monday_minutes": 1, "tuesday_minutes": 1,
                "wednesday_minutes": 1, "thursday_minutes": 1, "friday_minutes": 1, "saturday_minutes": 1, "sunday_minutes": 1});
            let hours = lead.post("/working-hours", hours).await.created();
            lead.delete(&place("working-hours", &hours)).await
        }
        Code::StillReferenced => {
            let task = lead.post("/tasks", json!({"title": "A"})).await.created();
            let offers = format!("{}/delegations", place("tasks", &task));
            lead.post(&offers, json!({"delegate_id": member.id}))
                .await
                .created();
            lead.patch(&place("tasks", &task), json!({"assignee_id": member.id}))
                .await
        }
        Code::StillInTrash => {
            let whole = lead.post("/tasks", json!({"title": "A"})).await.created();
            let part = lead
                .post("/tasks", json!({"title": "B", "parent_id": whole["id"]}))
                .await
                .created();
            lead.delete(&place("tasks", &part)).await.no_content();
            lead.delete(&place("tasks", &whole)).await.no_content();
            lead.request("POST", &format!("{}/restore", place("trash", &part)))
                .send()
                .await
        }
        Code::OtherCurrency => {
            let campaign = lead.post("/campaigns", json!({"name": "A"})).await;
            let campaign = campaign.created();
            let spend = async |currency: &str| {
                let expense = json!({"campaign_id": campaign["id"], "spent_on": "2026-01-02",
                    "amount": {"amount_minor": 1, "currency": currency}});
                lead.post("/expenses", expense).await.created()
            };
            let gone = spend("EUR").await;
            lead.delete(&place("expenses", &gone)).await.no_content();
            spend("USD").await;
            lead.request("POST", &format!("{}/restore", place("trash", &gone)))
                .send()
                .await
        }
        Code::RegistrationClosed => {
            let at = |hour| json!({"local": format!("2027-04-20T{hour}:00:00"), "time_zone": "Europe/Paris"});
            let body = json!({"title": "A", "kind": "ama", "starts": at(19), "ends": at(20), "visibility": "public"});
            let event = lead.post("/events", body).await.created();
            lead.patch(&place("events", &event), json!({"status": "scheduled"}))
                .await
                .ok();
            let page = format!(
                "/v1/public/events/{}/registrations",
                event["slug"].as_str().unwrap()
            );
            app.anybody("POST", &page)
                .json(json!({"name": "Ada", "email": "ada@canary.example", "consent": true}))
                .await
        }
        Code::VersionConflict => {
            let campaign = lead
                .post("/campaigns", json!({"name": "A"}))
                .await
                .created();
            lead.request("PATCH", &place("campaigns", &campaign))
                .header("If-Match", "\"999\"")
                .json(json!({"name": "B"}))
                .await
        }
        Code::PayloadTooLarge => {
            lead.request("POST", "/campaigns")
                .raw("application/json", " ".repeat(256 * 1024 + 1))
                .await
        }
        Code::UriTooLong => {
            lead.get(&format!("/campaigns?q={}", "a".repeat(8192)))
                .await
        }
        Code::UnsupportedMediaType => {
            lead.request("POST", "/campaigns")
                .raw("text/plain", "{}")
                .await
        }
        Code::ValidationFailed => lead.post("/campaigns", json!({})).await,
        Code::IdempotencyKeyReused => {
            for name in ["A", "B"] {
                let answer = lead
                    .request("POST", "/campaigns")
                    .header("Idempotency-Key", "one")
                    .json(json!({"name": name}))
                    .await;
                if name == "B" {
                    return Here(answer);
                }
            }
            unreachable!("the second request has returned")
        }
        Code::RateLimited => {
            let strict = TestApp::start_with(&["--rate-limit", "1"]).await;
            let paul = strict.person("Paul").await;
            paul.get("/v1/me").await.ok();
            paul.get("/v1/me").await
        }
        Code::CapacityExceeded => {
            let event = crate::outreach::events::event(&lead, json!({"capacity": 1})).await;
            let list = format!("{}/registrations", place("events", &event));
            let ada = json!({"name": "Ada", "email": "ada@example.org"});
            let ada = lead.post(&list, ada).await.created();
            let place = format!("{list}/{}", ada["id"].as_str().unwrap());
            lead.patch(&place, json!({"seats": 2})).await
        }
        Code::Internal => {
            app.database
                .execute("ALTER TABLE campaigns RENAME TO elsewhere");
            let answer = lead.get("/campaigns").await;
            assert!(
                !answer.text.contains("campaigns\"") && !answer.text.contains("no such table"),
                "{}",
                answer.text
            );
            answer
        }
        Code::Unavailable => {
            let hasty = TestApp::start_with(&["--statement-seconds", "1"]).await;
            let [lead] = hasty.team_with(["lead"]).await;
            let _held = hasty.database.lock_writes();
            lead.post("/campaigns", json!({"name": "A"})).await
        }
        Code::Draining => {
            app.state
                .is_draining
                .store(true, std::sync::atomic::Ordering::Relaxed);
            lead.person.get("/readyz").await
        }
        Code::RequestTimeout => {
            return Elsewhere("http/connections.rs", "a_body_that_is_late_is_told_so");
        }
        Code::StorageFull => {
            // As it is with a real disk: `commands/full.rs`.
            app.database.pretend_to_be_full("campaigns");
            lead.post("/campaigns", json!({"name": "A"})).await
        }
        Code::OverAllocated => {
            let budget =
                json!({"name": "A", "kind": "budget", "currency": "EUR", "limit_minor": 1});
            let budget = lead.post("/resources", budget).await.created();
            let task = lead.post("/tasks", json!({"title": "A"})).await.created();
            let two = json!({"money": {"amount_minor": 2, "currency": "EUR"}});
            let body = json!({"resource_id": budget["id"], "task_id": task["id"], "amount": two});
            lead.post("/allocations", body).await
        }
        Code::InsufficientScope => return Reserved,
    })
}

fn place(kind: &str, record: &Value) -> String {
    format!("/{kind}/{}", record["id"].as_str().unwrap())
}

/// A body that ends before its announced length: no HTTP client sends that.
fn malformed(app: &TestApp, lead: &Member) -> Provoked {
    let mut wire = Wire::open(app);
    let path = format!("/v1/teams/{}/campaigns", lead.team_id);
    wire.send(lead.person.head(
        "POST",
        &path,
        "Content-Type: application/json\r\nContent-Length: 100\r\n",
    ));
    wire.0.write_all(b"{\"name\"").unwrap();
    wire.0.shutdown(Shutdown::Write).unwrap();
    let answer = wire.read_to_end();
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("\"code\":\"malformed_request\""),
        "{answer}"
    );
    Elsewhere("http/codes.rs", "malformed")
}

/// The function is there, and speaks of the code.
fn check_told(file: &str, function: &str, code: &str) {
    let path = format!("{}/tests/api/{file}", env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(&path).expect("a file of the suite");
    let (_, rest) = source
        .split_once(&format!("fn {function}("))
        .unwrap_or_else(|| panic!("{file} has no {function}"));
    let body = rest.split_once("\n}\n").map_or(rest, |(body, _)| body);
    assert!(body.contains(code), "{function} does not speak of {code}");
}

#[tokio::test]
async fn every_code_of_the_table_occurs() {
    for code in Code::ALL {
        let entry = code.entry();
        match provoke(code).await {
            Here(answer) => {
                answer.problem(entry.status, entry.code);
            }
            Elsewhere(file, function) => check_told(file, function, entry.code),
            Reserved => assert!(watch::RESERVED.contains(&code), "{code:?}"),
        }
    }
}

#[tokio::test]
async fn the_table_is_served_as_it_is() {
    let app = TestApp::start().await;
    let paul = app.person("Paul").await;
    let served = paul.get("/problems").await.ok();
    let codes: Vec<&str> = served["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["code"].as_str().unwrap())
        .collect();
    let table: Vec<&str> = Code::ALL.iter().map(|code| code.entry().code).collect();
    assert_eq!(codes, table);
    for code in Code::ALL {
        let page = paul.get(&format!("/problems/{}", code.slug())).await.ok();
        assert_eq!(page["code"], code.entry().code);
        assert_eq!(page["status"], code.entry().status);
    }
    // The address in a problem's `type` leads there.
    let problem = paul.get("/nowhere").await.problem(404, "not_found");
    paul.get(problem["type"].as_str().unwrap()).await.ok();
}

#[test]
fn the_table_and_the_document_know_the_same_codes() {
    let table: Vec<&str> = Code::ALL.iter().map(|code| code.entry().code).collect();
    let document = relais::openapi::text();
    for code in table {
        assert!(document.contains(code), "{code} is not in the document");
    }
}
