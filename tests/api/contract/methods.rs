//! HEAD wherever GET is, 405 with `Allow`, and no query parameter that nobody has heard of.

use std::collections::BTreeSet;

use actix_web::dev::ResourceDef;

use super::fixtures::{Payload, bare, call};
use super::operations::{Operation, each, operations, paths, those};
use super::world::World;
use crate::vocabulary::{Answer, TestApp};

/// The headers that say what was found; the others say something about this very request.
fn lasting(answer: &Answer) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id" | "ratelimit"))
        .map(|(name, value)| {
            let value = value.to_str().expect("a text").to_owned();
            (name.to_string(), value)
        })
        .collect();
    headers.sort();
    headers
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let world = World::start().await;
    each(those(Operation::is_get), async |operation| {
        let asked = call(&world, &world.here, operation, "owner").await;
        let get = asked.send().await;
        let head = asked.send_as("HEAD", &[]).await;
        assert_eq!(get.status, 200, "{}: {}", operation.id, get.text);
        assert_eq!(head.status, get.status, "{}", operation.id);
        assert_eq!(lasting(&head), lasting(&get), "{}", operation.id);
        assert!(head.text.is_empty(), "{}: {}", operation.id, head.text);
        // The same of what is not there.
        let absent = bare(operation, &world.here, &world.here.owner.person);
        let (get, head) = (absent.send().await, absent.send_as("HEAD", &[]).await);
        assert_eq!(head.status, get.status, "{}", operation.id);
        assert!(head.text.is_empty(), "{}: {}", operation.id, head.text);
    })
    .await;
}

/// What the document says of an address: what `Allow` lists, and all that some path takes which matches it. Of
/// several the one with the fewest variables is meant (`/tasks/batch`).
fn allowed(address: &str) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let matching: Vec<_> = paths()
        .into_iter()
        .filter(|(path, _)| ResourceDef::new(*path).is_match(address))
        .collect();
    let (_, meant) = matching
        .iter()
        .min_by_key(|(path, _)| path.matches('{').count())
        .expect("a path of the document");
    let mut listed: BTreeSet<&str> = meant.iter().copied().collect();
    if listed.contains("GET") {
        listed.insert("HEAD");
    }
    let taken = meant.iter().copied().collect();
    (listed, taken)
}

#[tokio::test]
async fn another_method_is_refused_with_those_that_are_allowed() {
    let world = World::start().await;
    let owner = &world.here.owner.person;
    for (path, _) in paths() {
        let any = operations().iter().find(|one| one.path == path).unwrap();
        let mut asked = bare(any, &world.here, owner);
        asked.payload = Payload::None;
        asked.query.clear();
        let (expected, taken) = allowed(&asked.path());
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if taken.contains(method) {
                continue;
            }
            let refused = asked.send_as(method, &[]).await;
            assert_eq!(
                (refused.status, refused.body["code"].as_str()),
                (405, Some("method_not_allowed")),
                "{method} {path}: {}",
                refused.text
            );
            assert_eq!(
                refused.header("content-type"),
                Some("application/problem+json"),
                "{method} {path}"
            );
            let allow: BTreeSet<&str> = refused
                .header("allow")
                .unwrap_or_default()
                .split(", ")
                .collect();
            assert_eq!(allow, expected, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn unknown_query_parameters_are_refused() {
    let world = World::start().await;
    let mut calls = Vec::new();
    for operation in operations() {
        calls.push(if operation.is_public {
            call(&world, &world.here, operation, "owner").await
        } else {
            bare(operation, &world.here, &world.here.owner.person)
        });
    }
    let before = world.revisions().await;
    let mut wrong = Vec::new();
    for asked in calls {
        let operation = asked.operation;
        for parameter in ["unknown_one=1", "Limit=1", "team_id=1"] {
            let answer = asked.with(parameter).send().await;
            if (answer.status, answer.body["code"].as_str()) != (400, Some("unknown_parameter")) {
                wrong.push(format!(
                    "{}?{parameter}: {} {}",
                    operation.id, answer.status, answer.text
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(before, world.revisions().await);
}

#[tokio::test]
async fn a_literal_address_is_not_taken_for_an_id() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for (method, path, allowed) in [
        ("GET", "/delegations/batch?validate_only=true", "POST"),
        ("DELETE", "/tasks/batch", "POST"),
        ("PUT", "/members/me", "DELETE, GET, HEAD, PATCH"),
    ] {
        let answer = lead.request(method, path).send().await;
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
        answer.problem(405, "method_not_allowed");
    }
}
