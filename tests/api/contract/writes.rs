//! Every change: in the journal, once for each Idempotency-Key, and not at all with `validate_only`.

use relais::db::Id;
use serde_json::{Value, json};

use super::fixtures::{Call, Payload, call};
use super::operations::{Operation, each, operations, those};
use super::world::World;
use crate::vocabulary::Answer;

/// Writes that take no Idempotency-Key besides those for which nobody is known: two read only, and of one a retry
/// finds the password changed. This list may only shrink.
const WITHOUT_KEY: [&str; 3] = ["inspect_invitation", "check_allocations", "change_password"];

/// What ends the sender's own access: a retry is a stranger's.
const END_ACCESS: [&str; 3] = ["delete_my_member", "delete_team", "delete_current_session"];

/// What is named like making a record, and marks one that is there.
const MAKES_NOTHING: [&str; 1] = ["create_check_in"];

fn takes_key(operation: &Operation) -> bool {
    !operation.is_get() && !operation.is_public && !WITHOUT_KEY.contains(&operation.id.as_str())
}

#[test]
fn the_document_promises_idempotency_where_it_is_honoured() {
    let wrong: Vec<&str> = operations()
        .iter()
        .filter(|one| one.takes_header("Idempotency-Key") != takes_key(one))
        .map(|one| one.id.as_str())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// The same bytes, but for a secret that is shown once.
fn same_but_for_secrets(first: &Answer, second: &Answer) -> bool {
    if first.text == second.text {
        return true;
    }
    let mut body = first.body.clone();
    if body["secret"].is_string() {
        body["secret"] = Value::Null;
    }
    body == second.body
}

/// A change of the team is one revision, whose lines are by the sender.
async fn check_journal(world: &World, asked: &Call, before: i64) {
    let what = &asked.operation.id;
    let after = world.revision(asked.team_id()).await;
    assert_eq!(after, before + 1, "{what}: one revision");
    if what == "delete_team" {
        return;
    }
    let reader = match asked.team_id() {
        team if team == world.here.id => &world.here.owner,
        _ => &world.far.owner,
    };
    let lines = reader.all(&format!("/changes?after={before}")).await;
    assert!(!lines.is_empty(), "{what}: nothing in the journal");
    for line in lines {
        assert_eq!(line["revision"], after, "{what}: {line}");
        assert_eq!(
            line["actor_id"].as_str(),
            Some(asked.member_id.as_str()),
            "{what}: {line}"
        );
    }
}

#[tokio::test]
async fn every_change_is_journaled_and_happens_once() {
    let world = World::start().await;
    each(those(takes_key), async |operation| {
        let what = &operation.id;
        let asked = call(&world, &world.here, operation, "owner").await;
        let other = call(&world, &world.here, operation, "owner").await;
        let key = Id::new().to_string();
        let headers = [("idempotency-key", key.as_str())];
        let before = match operation.is_in_team() {
            true => world.revision(asked.team_id()).await,
            false => 0,
        };
        let first = asked.send_with(&headers).await;
        assert!(
            (200..300).contains(&first.status) && first.header("idempotent-replayed").is_none(),
            "{what}: {} {}",
            first.status,
            first.text
        );
        if operation.is_in_team() {
            check_journal(&world, &asked, before).await;
        }
        if END_ACCESS.contains(&what.as_str()) {
            return;
        }
        let second = asked.send_with(&headers).await;
        assert_eq!(
            (second.status, second.header("idempotent-replayed")),
            (first.status, Some("true")),
            "{what}: {}",
            second.text
        );
        assert!(
            same_but_for_secrets(&first, &second),
            "{what}:\n{}\n{}",
            first.text,
            second.text
        );
        for name in ["etag", "location", "content-type"] {
            assert_eq!(first.header(name), second.header(name), "{what}: {name}");
        }
        // Another request with the same key, from the same person: bytes count, not what they mean.
        let other = match &asked.payload {
            Payload::None => other.from(&asked.by),
            Payload::Json(body) => asked.saying("application/json", format!("{body} ")),
            Payload::Text(media_type, text) => asked.saying(media_type, format!("{text} \n")),
        };
        if other.path() != asked.path() || !matches!(other.payload, Payload::None) {
            other
                .send_with(&headers)
                .await
                .problem(422, "idempotency_key_reused");
        }
        if operation.is_in_team() {
            let after = world.revision(asked.team_id()).await;
            assert_eq!(after, before + 1, "{what}: done again");
        }
    })
    .await;
}

#[tokio::test]
async fn a_malformed_idempotency_key_is_refused() {
    let world = World::start().await;
    let long = "k".repeat(256);
    each(those(takes_key), async |operation| {
        let asked = call(&world, &world.here, operation, "owner").await;
        let before = world.revisions().await;
        for key in ["", "two words", "schlüssel", &long] {
            let answer = asked.send_with(&[("idempotency-key", key)]).await;
            assert_eq!(
                (answer.status, answer.body["code"].as_str()),
                (400, Some("invalid_header")),
                "{}: {key:?}: {}",
                operation.id,
                answer.text
            );
        }
        assert_eq!(before, world.revisions().await, "{}", operation.id);
    })
    .await;
}

/// What makes or changes records of a team, one or many, can be tried first; imports have a trial run of their own.
#[test]
fn the_document_offers_a_trial_of_whatever_makes_or_changes_records() {
    let can_be_tried = |one: &Operation| {
        ["validate_only", "dry_run"]
            .iter()
            .any(|name| one.takes_query(name))
    };
    let wrong: Vec<&str> = operations()
        .iter()
        .filter(|one| one.is_in_team() && !MAKES_NOTHING.contains(&one.id.as_str()))
        .filter(|one| {
            ["create_", "update_"]
                .iter()
                .any(|verb| one.id.starts_with(verb))
                || one.path.ends_with("/batch")
                || ["PATCH", "PUT"].contains(&one.method.as_str())
        })
        .filter(|one| !can_be_tried(one))
        .map(|one| one.id.as_str())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test]
async fn what_is_only_validated_changes_nothing() {
    let world = World::start().await;
    each(
        those(|one| one.takes_query("validate_only")),
        async |operation| {
            let what = &operation.id;
            let asked = call(&world, &world.here, operation, "owner").await;
            let trial = asked.with("validate_only=true");
            let key = Id::new().to_string();
            let headers = [("idempotency-key", key.as_str())];
            let before = world.revisions().await;
            let tried = trial.send_with(&headers).await;
            if matches!(asked.payload, Payload::Json(_)) {
                let refused = json!({"nonsense": 1});
                trial
                    .sending(refused)
                    .send()
                    .await
                    .problem(422, "validation_failed");
            }
            if operation.is_about_a_record() {
                let stale = [("if-match", "\"9007199254740991\"")];
                trial
                    .send_with(&stale)
                    .await
                    .problem(412, "version_conflict");
            }
            assert_eq!(before, world.revisions().await, "{what} changed something");
            let done = asked.send_with(&headers).await;
            assert!(
                (200..300).contains(&done.status),
                "{what}: {} {}",
                done.status,
                done.text
            );
            assert_eq!(
                world.revision(asked.team_id()).await,
                before.0 + 1,
                "{what} did nothing"
            );
            let expected = if done.status == 201 { 200 } else { done.status };
            assert_eq!(tried.status, expected, "{what}: {}", tried.text);
            assert_eq!(tried.header("location"), None, "{what}");
            let members = |answer: &Answer| {
                answer
                    .body
                    .as_object()
                    .map(|all| all.keys().cloned().collect::<Vec<_>>())
            };
            assert_eq!(members(&tried), members(&done), "{what}");
        },
    )
    .await;
}
