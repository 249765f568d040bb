//! The OpenAPI document is current, complete, and its examples are true.

use serde_json::{Value, json};

use relais::http::Code;

fn operations() -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in crate::vocabulary::schema::document()["paths"]
        .as_object()
        .unwrap()
    {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((path.clone(), method.clone(), operation.clone()));
        }
    }
    operations
}

fn resolve(value: &Value) -> Value {
    match value["$ref"].as_str() {
        Some(place) => crate::vocabulary::schema::document()
            .pointer(place.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{place} is there"))
            .clone(),
        None => value.clone(),
    }
}

#[test]
fn the_committed_document_is_current() {
    let committed = std::fs::read_to_string("openapi/openapi.json").unwrap_or_default();
    assert!(
        committed == relais::openapi::text(),
        "openapi/openapi.json is stale; renew it with: cargo run -- openapi > openapi.new && mv openapi.new openapi/openapi.json"
    );
}

#[test]
fn every_operation_is_explained() {
    let mut ids = Vec::new();
    for (path, method, operation) in operations() {
        let what = format!("{method} {path}");
        let id = operation["operationId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(id.contains('_'), "{what}: operationId is verb_resource");
        assert!(!ids.contains(&id), "{id} is there twice");
        ids.push(id);
        assert_eq!(
            operation["tags"].as_array().map(Vec::len),
            Some(1),
            "{what}: one tag"
        );
        for member in ["summary", "description"] {
            assert!(
                operation[member]
                    .as_str()
                    .is_some_and(|text| text.len() > 5),
                "{what}: {member}"
            );
        }
        let summary = operation["summary"].as_str().unwrap();
        assert!(
            !summary.ends_with('.'),
            "{what}: the summary is a title, without a full stop"
        );
    }
}

#[test]
fn every_tag_is_described() {
    let document = crate::vocabulary::schema::document();
    let described: Vec<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    for (path, method, operation) in operations() {
        let tag = operation["tags"][0].as_str().unwrap_or_default();
        assert!(
            described.contains(&tag),
            "{method} {path}: the tag {tag} is not described"
        );
    }
}

/// What a schema's example must validate against: the schema with the components beside it.
fn violations(schema: &Value, example: &Value) -> Vec<String> {
    let mut root = schema.clone();
    root["components"] =
        json!({"schemas": crate::vocabulary::schema::document()["components"]["schemas"]});
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    let validator = jsonschema::validator_for(&root).expect("a schema that compiles");
    validator
        .iter_errors(example)
        .map(|error| format!("{}: {error}", error.instance_path))
        .collect()
}

#[test]
fn examples_validate() {
    let document = crate::vocabulary::schema::document();
    let mut wrong = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let several = schema["examples"].as_array().cloned().unwrap_or_default();
        let one = schema.get("example").cloned();
        for example in several.into_iter().chain(one) {
            let found = violations(schema, &example);
            if !found.is_empty() {
                wrong.push(format!("{name}: {}", found.join("; ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_body_has_an_example() {
    let mut missing = Vec::new();
    for (path, method, operation) in operations() {
        let bodies = [&operation["requestBody"]].into_iter().chain(
            operation["responses"]
                .as_object()
                .unwrap()
                .iter()
                .filter(|(status, _)| status.starts_with('2'))
                .map(|(_, response)| response),
        );
        for body in bodies {
            let Some(content) = body["content"]["application/json"].as_object() else {
                continue;
            };
            let schema = resolve(&content["schema"]);
            // A page shows its items' example.
            let schema = match &schema["properties"]["items"]["items"] {
                Value::Null => schema,
                items => resolve(items),
            };
            let has_example = content.contains_key("example")
                || content.contains_key("examples")
                || schema.get("example").is_some()
                || schema.get("examples").is_some();
            if !has_example {
                missing.push(format!("{method} {path}: {}", content["schema"]));
            }
        }
    }
    assert!(missing.is_empty(), "no example:\n{}", missing.join("\n"));
}

#[test]
fn every_error_is_a_problem_document() {
    for (path, method, operation) in operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            if !status.starts_with('4') && !status.starts_with('5') {
                continue;
            }
            let response = resolve(response);
            assert_eq!(
                response["content"]["application/problem+json"]["schema"]["$ref"],
                "#/components/schemas/Problem",
                "{method} {path} {status}"
            );
        }
    }
}

#[test]
fn nullable_members_of_answers_are_always_present() {
    let document = crate::vocabulary::schema::document();
    for (path, method, operation) in operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let Some(place) = response["content"]["application/json"]["schema"]["$ref"].as_str()
            else {
                continue;
            };
            let schema = document.pointer(place.trim_start_matches('#')).unwrap();
            let required: Vec<&str> = schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            for (name, _) in schema["properties"].as_object().into_iter().flatten() {
                // There exactly when it was asked for.
                if name == "expanded" {
                    continue;
                }
                assert!(
                    required.contains(&name.as_str()),
                    "{method} {path} {status}: {name} of {place} is not required"
                );
            }
        }
    }
}

#[test]
fn request_bodies_refuse_unknown_members() {
    let document = crate::vocabulary::schema::document();
    for (path, method, operation) in operations() {
        let Some(place) =
            operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()
        else {
            continue;
        };
        let schema = document.pointer(place.trim_start_matches('#')).unwrap();
        assert_eq!(
            schema["additionalProperties"], false,
            "{method} {path}: {place} takes unknown members"
        );
    }
}

#[test]
fn every_code_is_in_the_table_once() {
    let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.entry().code).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
    for code in Code::ALL {
        let entry = code.entry();
        assert!(
            entry.help.ends_with('.'),
            "{}: the help is a sentence",
            entry.code
        );
        assert!((400..600).contains(&entry.status));
    }
}
