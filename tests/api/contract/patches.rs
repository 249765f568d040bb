//! JSON Merge Patch: null clears what can be empty, and is refused at everything else.

use serde_json::{Value, json};

use super::fixtures::call;
use super::operations::{Operation, each, is_nullable, resolve, those};
use super::world::World;

fn members(operation: &Operation) -> Vec<(String, bool)> {
    let schema = &operation.body.as_ref().expect("a patch").1;
    schema["properties"]
        .as_object()
        .expect("members")
        .iter()
        .map(|(name, member)| {
            let nullable = is_nullable(member) || is_nullable(resolve(member));
            (name.clone(), nullable)
        })
        .collect()
}

#[tokio::test]
async fn null_clears_what_can_be_empty_and_nothing_else() {
    let world = World::start().await;
    let mut wrong = Vec::new();
    for operation in those(|one| one.method == "PATCH") {
        let asked = call(&world, &world.here, operation, "owner").await;
        for (name, nullable) in members(operation) {
            let what = format!("{}: {name}", operation.id);
            let before = world.revisions().await;
            let answer = asked.sending(json!({name.as_str(): null})).send().await;
            if nullable {
                if answer.status != 200 || !answer.body[&name].is_null() {
                    wrong.push(format!("{what} is not cleared: {}", answer.text));
                }
                continue;
            }
            let pointers: Vec<&str> = answer.body["errors"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|error| error["pointer"].as_str())
                .collect();
            if (answer.status, pointers.as_slice()) != (422, &[format!("/{name}").as_str()]) {
                wrong.push(format!("{what} takes null: {}", answer.text));
            }
            assert_eq!(before, world.revisions().await, "{what}");
        }
        // Nothing to change is no change.
        let before = world.revisions().await;
        let answer = asked.sending(json!({})).send().await;
        assert_eq!(answer.status, 200, "{}: {}", operation.id, answer.text);
        assert_eq!(before, world.revisions().await, "{}", operation.id);
        for not_an_object in [json!([]), json!(null), json!("x"), Value::Bool(true)] {
            let answer = asked.sending(not_an_object.clone()).send().await;
            if answer.status != 422 {
                wrong.push(format!(
                    "{} takes {not_an_object}: {}",
                    operation.id, answer.text
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_merge_patch_may_be_called_one() {
    let world = World::start().await;
    each(those(|one| one.method == "PATCH"), async |operation| {
        let asked = call(&world, &world.here, operation, "owner").await;
        let patched = asked
            .by
            .request("PATCH", &asked.path())
            .raw("application/merge-patch+json", "{}")
            .await;
        assert_eq!(patched.status, 200, "{}: {}", operation.id, patched.text);
    })
    .await;
}
