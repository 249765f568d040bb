//! What a change answers is what is there afterwards: at the address that `Location` names, with the same `ETag`.

use super::fixtures::{Call, call};
use super::operations::{Operation, each, operations, those};
use super::world::World;
use crate::vocabulary::Answer;

/// What stays visible when it was deleted: its place in the conversation does.
const LEAVE_A_TRACE: [&str; 1] = ["delete_comment"];

/// What answers with more than the record that it is about. This list may only shrink.
const ANSWER_MORE: [&str; 2] = ["prepare_event", "reschedule_event"];

/// What uses its own address up: a link that works once. The answer has the next one.
const WORK_ONCE: [&str; 1] = ["confirm_public_registration"];

/// The operation that shows what a change is about: at its own path, or at that of which the act is the last part.
fn shows(operation: &Operation) -> Option<&'static Operation> {
    let path = match operation.method.as_str() {
        "POST" => operation.path.rsplit_once('/').map_or("", |(path, _)| path),
        _ => &operation.path,
    };
    operations()
        .iter()
        .find(|one| one.is_get() && one.path == path)
}

async fn show(asked: &Call) -> Option<Answer> {
    let shows = shows(asked.operation)?;
    Some(asked.by.get(&shows.at(&asked.names)).await)
}

/// A secret is shown once, and so is what was found while something was saved.
fn forget_what_is_said_once(answer: &mut Answer, there: &Answer) {
    for name in ["secret", "warnings"] {
        if there.body.get(name).is_none()
            && let Some(members) = answer.body.as_object_mut()
        {
            members.remove(name);
        }
    }
}

fn check_same(what: &str, answered: &Answer, there: &Answer) {
    assert_eq!(there.status, 200, "{what}: {}", there.text);
    assert_eq!(answered.body, there.body, "{what}");
    assert_eq!(answered.header("etag"), there.header("etag"), "{what}");
    let (Some(version), Some(tag)) = (answered.body["version"].as_i64(), answered.header("etag"))
    else {
        return;
    };
    assert!(
        tag == format!("\"{version}\"") || tag.starts_with(&format!("\"{version}+")),
        "{what}: version {version} with the tag {tag}"
    );
}

#[tokio::test]
async fn what_is_made_is_where_location_says() {
    let world = World::start().await;
    let makes = |one: &Operation| one.method == "POST" && one.answers("201") && !one.is_public;
    each(those(makes), async |operation| {
        let asked = call(&world, &world.here, operation, "owner").await;
        let mut made = asked.send().await;
        let location = made
            .header("location")
            .unwrap_or_else(|| panic!("{}: {}", operation.id, made.text))
            .to_owned();
        if made.header("etag").is_none() {
            panic!("{}: 201 without ETag", operation.id);
        }
        let there = asked.by.get(&location).await;
        forget_what_is_said_once(&mut made, &there);
        // What the clock changes has no tag afterwards.
        if there.header("etag").is_none() {
            made.headers.remove("etag");
        }
        check_same(&operation.id, &made, &there);
    })
    .await;
}

#[tokio::test]
async fn what_a_change_answers_is_what_is_there() {
    let world = World::start().await;
    let changes = |one: &Operation| {
        one.is_about_a_record()
            && one.method != "DELETE"
            && shows(one).is_some()
            && !WORK_ONCE.contains(&one.id.as_str())
    };
    each(those(changes), async |operation| {
        let asked = call(&world, &world.here, operation, "owner").await;
        let mut changed = asked.send().await;
        if ANSWER_MORE.contains(&operation.id.as_str()) {
            return;
        }
        let there = show(&asked).await.expect("an operation that shows it");
        forget_what_is_said_once(&mut changed, &there);
        if there.header("etag").is_none() {
            changed.headers.remove("etag");
        }
        check_same(&operation.id, &changed, &there);
    })
    .await;
}

#[tokio::test]
async fn what_is_deleted_is_gone() {
    let world = World::start().await;
    each(those(|one| one.method == "DELETE"), async |operation| {
        let asked = call(&world, &world.here, operation, "owner").await;
        let deleted = asked.send().await;
        assert_eq!(
            (deleted.status, deleted.text.as_str()),
            (204, ""),
            "{}",
            operation.id
        );
        if operation.id == "delete_current_session" {
            asked.send().await.problem(401, "unauthenticated");
            return;
        }
        asked.send().await.problem(404, "not_found");
        if let Some(there) = show(&asked).await
            && !LEAVE_A_TRACE.contains(&operation.id.as_str())
        {
            there.problem(404, "not_found");
        }
    })
    .await;
}
