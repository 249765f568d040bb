//! Conditional requests: `If-None-Match` saves the answer, `If-Match` saves the change of somebody else.

use super::fixtures::call;
use super::operations::{Operation, each, operations, those};
use super::world::World;

/// Answers that depend on the clock and so have no tag. This list may only shrink.
const DEPEND_ON_THE_CLOCK: [&str; 6] = [
    "get_conflicts",
    "get_resource_availability",
    "list_invitations",
    "get_invitation",
    "list_trash",
    "list_outbox",
];

/// What has no version: a session is there or not.
const WITHOUT_VERSION: [&str; 2] = ["delete_current_session", "delete_my_session"];

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let world = World::start().await;
    let mut wrong = Vec::new();
    for operation in those(|one| one.is_in_team() && one.is_get()) {
        let asked = call(&world, &world.here, operation, "owner").await;
        let first = asked.send().await;
        assert_eq!(first.status, 200, "{}: {}", operation.id, first.text);
        let depends = DEPEND_ON_THE_CLOCK.contains(&operation.id.as_str());
        for (header, status) in [("nonsense", 400), ("", 400), ("\"nothing\"", 200)] {
            let again = asked.send_with(&[("if-none-match", header)]).await;
            if again.status != status {
                let what = &operation.id;
                wrong.push(format!(
                    "{what}: {} to If-None-Match: {header}",
                    again.status
                ));
            }
        }
        let Some(etag) = first.header("etag") else {
            if !depends {
                wrong.push(format!("{}: no ETag", operation.id));
            }
            continue;
        };
        if depends {
            wrong.push(format!(
                "{} has an ETag: take it from the list",
                operation.id
            ));
        }
        for (known, status) in [
            (etag.to_owned(), 304),
            (format!("\"nothing\", {etag}"), 304),
            ("*".to_owned(), 304),
        ] {
            let again = asked.send_with(&[("if-none-match", &known)]).await;
            if again.status != status {
                wrong.push(format!(
                    "{}: {} to If-None-Match: {known}",
                    operation.id, again.status
                ));
            }
            if status == 304 && (!again.text.is_empty() || again.header("etag") != Some(etag)) {
                wrong.push(format!(
                    "{}: 304 with a body or another tag: {:?}",
                    operation.id, again
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_change_that_is_based_on_an_old_version_is_refused() {
    let world = World::start().await;
    each(those(is_guarded), async |operation| {
        let what = &operation.id;
        let asked = call(&world, &world.here, operation, "owner").await;
        let before = world.revisions().await;
        let mut present = String::new();
        // A weak tag guards nothing.
        for stale in ["\"9007199254740991\"", "W/\"1\"", "\"8999\", \"8998\""] {
            let refused = asked.send_with(&[("if-match", stale)]).await;
            assert_eq!(refused.status, 412, "{what}: {stale}: {}", refused.text);
            let problem = refused.problem(412, "version_conflict");
            present = problem["current_etag"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            assert!(present.starts_with('"'), "{what}: {problem}");
        }
        asked
            .send_with(&[("if-match", "nonsense")])
            .await
            .problem(400, "invalid_header");
        assert_eq!(before, world.revisions().await, "{what} changed something");
        let done = asked.send_with(&[("if-match", &present)]).await;
        assert!(
            (200..300).contains(&done.status),
            "{what}: {} with {present}: {}",
            done.status,
            done.text
        );
    })
    .await;
}

fn is_guarded(operation: &Operation) -> bool {
    operation.is_about_a_record()
        && !operation.is_public
        && !WITHOUT_VERSION.contains(&operation.id.as_str())
}

#[test]
fn the_document_promises_if_match_where_it_is_honoured() {
    let wrong: Vec<&str> = operations()
        .iter()
        .filter(|one| one.takes_header("If-Match") != is_guarded(one))
        .map(|one| one.id.as_str())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
