//! `expand` wherever it is taken: what it shows is what the records' own addresses show.

use serde_json::{Map, Value};

use super::fixtures::{Call, call};
use super::operations::{Operation, each, those};
use super::rows::List;
use super::world::World;

fn expandable() -> Vec<&'static Operation> {
    those(|one| one.takes_query("expand"))
}

/// The words that `expand` takes, as the document says.
fn words(operation: &Operation) -> Vec<String> {
    let parameter = operation.query().find(|one| one["name"] == "expand");
    let pattern = parameter.unwrap()["schema"]["pattern"].as_str().unwrap();
    let words = pattern.strip_prefix("^(").unwrap().split(')').next();
    words.unwrap().split('|').map(str::to_owned).collect()
}

async fn asked(world: &World, operation: &'static Operation) -> Call {
    match operation.item() {
        Some(_) => List::filled(world, operation).await.call,
        None => call(world, &world.here, operation, "owner").await,
    }
}

fn maps(answer: &Value) -> &Map<String, Value> {
    answer["expanded"].as_object().expect("expanded")
}

#[tokio::test]
async fn what_is_expanded_is_what_its_own_address_shows() {
    let world = World::start().await;
    each(expandable(), async |operation| {
        let asked = asked(&world, operation).await;
        let plain = asked.send().await.ok();
        assert_eq!(plain.get("expanded"), None, "{}", operation.id);
        let words = words(operation);
        let whole = asked
            .with(&format!("expand={}", words.join(",")))
            .send()
            .await
            .ok();
        let mut shown = 0;
        for (kind, records) in maps(&whole) {
            for (id, record) in records.as_object().unwrap() {
                let team = record["team_id"].as_str().unwrap();
                let kind = kind.replace('_', "-");
                let path = format!("/v1/teams/{team}/{kind}/{id}");
                let mut own = asked.by.get(&path).await.ok();
                // What depends on who asks is not part of the record.
                for derived in ["chain", "allowed"] {
                    own.as_object_mut().unwrap().remove(derived);
                }
                assert_eq!(*record, own, "{}", operation.id);
                shown += 1;
            }
        }
        assert!(shown > 0, "{}: the fixture refers to nothing", operation.id);
        // One word at a time shows a part of that, and all kinds are there.
        for word in words {
            let part = asked.with(&format!("expand={word}")).send().await.ok();
            for (kind, records) in maps(&whole) {
                for (id, record) in maps(&part)[kind].as_object().unwrap() {
                    assert_eq!(records[id], *record, "{}?{word}", operation.id);
                }
            }
        }
        let mut without = whole;
        without.as_object_mut().unwrap().remove("expanded");
        assert_eq!(without, plain, "{}", operation.id);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_expanded_is_refused_with_what_can() {
    let world = World::start().await;
    each(expandable(), async |operation| {
        let asked = asked(&world, operation).await;
        let words = words(operation);
        for wrong in ["nonsense", "", &format!("{},", words[0]), "id"] {
            let refused = asked.with(&format!("expand={wrong}")).send().await;
            let problem = refused.problem(400, "invalid_query");
            let said = problem["detail"].as_str().unwrap();
            for word in &words {
                assert!(said.contains(word), "{}?{wrong}: {said}", operation.id);
            }
        }
    })
    .await;
}
