//! Nothing of another team can be reached or referred to.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use relais::db::Id;
use serde_json::{Value, json};

use super::fixtures::{Call, Payload, call};
use super::operations::{Operation, each, example, resolve, those};
use super::world::{World, record_named};
use crate::vocabulary::Answer;

#[track_caller]
fn check_absent(what: &str, answer: &Answer) {
    assert_eq!(
        (answer.status, answer.body["code"].as_str()),
        (404, Some("not_found")),
        "{what}: {}",
        answer.text
    );
}

#[tokio::test]
async fn an_id_of_another_team_in_the_path_is_not_found() {
    let world = World::start().await;
    let named = those(|one| one.is_in_team() && one.names().len() > 1);
    each(named, async |operation| {
        let asked = call(&world, &world.here, operation, "owner").await;
        let far = call(&world, &world.far, operation, "owner").await;
        let near = call(&world, &world.here, operation, "owner").await;
        let names = operation.names();
        let before = world.revisions().await;
        for name in names.iter().filter(|name| **name != "team_id") {
            let what = format!("{} at {name}", operation.id);
            for value in [
                far.name(name),
                &Id::new().to_string(),
                "nonsense",
                "00000000-0000-0000-0000-000000000000",
            ] {
                check_absent(&what, &asked.at(name, value).send().await);
            }
        }
        if let [.., "task_id", part] = names.as_slice()
            && *part != "predecessor_id"
        {
            // A part of another task is no part of this one.
            let what = format!("{} at {part}", operation.id);
            check_absent(&what, &asked.at(part, near.name(part)).send().await);
        }
        if names.contains(&"task_id") {
            check_absent(&operation.id, &asked.at("task_id", "FAR-1").send().await);
        }
        assert_eq!(
            before,
            world.revisions().await,
            "{} changed something",
            operation.id
        );
    })
    .await;
}

/// The places of the members that refer to a record, as pointers; `0` is the first item of an array.
fn references(schema: &Value, place: &str, found: &mut Vec<(String, String)>) {
    let schema = resolve(schema);
    for choices in ["oneOf", "anyOf", "allOf"] {
        for one in schema[choices].as_array().into_iter().flatten() {
            references(one, place, found);
        }
    }
    if !schema["items"].is_null() {
        references(&schema["items"], &format!("{place}/0"), found);
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{place}/{name}");
        if name.ends_with("_id") || name.ends_with("_ids") || name == "id" {
            found.push((place.clone(), name.clone()));
        }
        if name == "hosts" {
            // A list of ids, called by what they are.
            found.push((format!("{place}/0"), name.clone()));
        }
        references(member, &place, found);
    }
}

/// The body with `value` at the place, and what must be around it.
fn put(schema: &Value, body: &mut Value, place: &[&str], value: Value) {
    let schema = resolve(schema);
    let Some((first, rest)) = place.split_first() else {
        *body = value;
        return;
    };
    if *first == "0" {
        let items = &schema["items"];
        if !body.is_array() {
            *body = json!([example(items)]);
        }
        put(items, &mut body[0], rest, value);
    } else {
        put(
            &schema["properties"][*first],
            &mut body[*first],
            rest,
            value,
        );
    }
}

/// The item of a batch whose members have this one.
fn variants(operation: &Operation, asked: &Call) -> Vec<Value> {
    let Payload::Json(body) = &asked.payload else {
        return Vec::new();
    };
    match (operation.id.as_str(), body["operations"].as_array()) {
        ("change_tasks", Some(all)) => all.iter().map(|one| json!({"operations": [one]})).collect(),
        _ => vec![body.clone()],
    }
}

#[tokio::test]
async fn an_id_of_another_team_in_the_body_is_refused_at_its_place() {
    let world = World::start().await;
    let tried = AtomicU32::new(0);
    let hosted = AtomicU32::new(0);
    each(those(Operation::writes_to_team), async |operation| {
        let Some((_, schema)) = &operation.body else {
            return;
        };
        let mut found = Vec::new();
        references(schema, "", &mut found);
        found.sort();
        found.dedup();
        for (place, name) in found {
            let Some(foreign) = record_named(&world.far, &name).await else {
                continue;
            };
            let asked = call(&world, &world.here, operation, "owner").await;
            for body in variants(operation, &asked) {
                check_refused(&world, &asked, schema, body, &place, &foreign).await;
                tried.fetch_add(1, Relaxed);
                hosted.fetch_add(u32::from(name == "hosts"), Relaxed);
            }
        }
    })
    .await;
    let tried = tried.into_inner();
    assert!(tried > 15, "only {tried} places were found");
    assert!(hosted.into_inner() >= 3, "events and series have hosts");
}

async fn check_refused(
    world: &World,
    asked: &Call,
    schema: &Value,
    mut body: Value,
    place: &str,
    foreign: &str,
) {
    let parts: Vec<&str> = place.split('/').skip(1).collect();
    // An operation of a batch that is made knows no id, and one that deletes knows nothing else.
    let op = body["operations"][0]["op"].clone();
    if (op == "create" && place.ends_with("/0/id")) || (op == "delete" && !place.ends_with("/0/id"))
    {
        return;
    }
    let schema = match parts.first() {
        Some(&"operations") => {
            &json!({"properties": {"operations": {"items": {"properties": {"participants": {"items": {"$ref": "#/components/schemas/Participant"}}}}}}})
        }
        _ => schema,
    };
    if matches!(parts.as_slice(), ["before_id"]) {
        body = json!({});
    }
    put(schema, &mut body, &parts, json!(foreign));
    let what = format!("{} at {place}: {body}", asked.operation.id);
    let before = world.revisions().await;
    let refused = asked.sending(body).send().await;
    assert_eq!(before, world.revisions().await, "{what} changed something");
    if place.ends_with("/0/id") {
        check_absent(&what, &refused);
        return;
    }
    assert_eq!(refused.status, 422, "{what}: {}", refused.text);
    let errors = refused.body["errors"].as_array().expect("errors");
    let pointers: Vec<&str> = errors
        .iter()
        .filter_map(|error| error["pointer"].as_str())
        .collect();
    assert_eq!(pointers, [place], "{what}: {}", refused.text);
    // Whether it is there, in another team, is not told.
    let text = refused.text.replace(foreign, "");
    let unknown = Id::new().to_string();
    let mut body = match &asked.payload {
        Payload::Json(body) if op.is_null() => body.clone(),
        _ => return,
    };
    if matches!(parts.as_slice(), ["before_id"]) {
        body = json!({});
    }
    put(schema, &mut body, &parts, json!(unknown));
    let absent = asked.sending(body).send().await;
    let without_request_id = |text: &str, answer: &Answer| {
        text.replace(answer.body["request_id"].as_str().unwrap_or("-"), "")
    };
    assert_eq!(
        without_request_id(&text, &refused),
        without_request_id(&absent.text.replace(&unknown, ""), &absent),
        "{what}: it differs from an id that names nothing"
    );
}

#[tokio::test]
async fn an_id_of_another_team_in_a_filter_finds_nothing() {
    let world = World::start().await;
    each(
        those(|one| one.is_in_team() && one.is_get()),
        async |operation| {
            let filters = operation
                .query()
                .filter_map(|one| one["name"].as_str())
                .filter(|name| name.ends_with("_id"));
            for name in filters {
                let foreign = match name {
                    "external_id" => continue,
                    "delegator_id" | "participant_id" => world.far.member.id.clone(),
                    name => record_named(&world.far, name).await.expect("a record"),
                };
                let asked = call(&world, &world.here, operation, "owner").await;
                let (found, absent) = (
                    asked.with(&format!("{name}={foreign}")).send().await,
                    asked.with(&format!("{name}={}", Id::new())).send().await,
                );
                // Some list members beside what they are shown for.
                let list = match operation.id.as_str() {
                    "get_workload" => "members",
                    "list_task_candidates" => "candidates",
                    _ => "items",
                };
                assert_eq!(
                    (found.status, &found.body[list]),
                    (absent.status, &absent.body[list]),
                    "{}?{name}: {}",
                    operation.id,
                    found.text
                );
                if found.status == 200 {
                    assert_eq!(found.body[list], json!([]), "{}?{name}", operation.id);
                }
            }
        },
    )
    .await;
}

#[tokio::test]
async fn an_id_of_another_team_in_the_query_of_a_change_is_refused() {
    let world = World::start().await;
    each(those(Operation::writes_to_team), async |operation| {
        for name in operation.query().filter_map(|one| one["name"].as_str()) {
            if !name.ends_with("_id") {
                continue;
            }
            let Some(foreign) = record_named(&world.far, name).await else {
                continue;
            };
            let asked = call(&world, &world.here, operation, "owner").await;
            let before = world.revisions().await;
            let (found, absent) = (
                asked.with(&format!("{name}={foreign}")).send().await,
                asked.with(&format!("{name}={}", Id::new())).send().await,
            );
            for answer in [found, absent] {
                assert_eq!(
                    (
                        answer.status,
                        answer.body["errors"][0]["parameter"].as_str()
                    ),
                    (400, Some(name)),
                    "{}?{name}: {}",
                    operation.id,
                    answer.text
                );
            }
            assert_eq!(before, world.revisions().await, "{}", operation.id);
        }
    })
    .await;
}
