//! Every answer against the OpenAPI document: the status is documented, the body matches its schema.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use actix_web::dev::ResourceDef;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::answer::Answer;

/// The document, made once: every answer of the suite is compared with it.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(relais::openapi::made)
}

struct Operation {
    method: String,
    pattern: ResourceDef,
    id: String,
    responses: Value,
}

fn operations() -> &'static [Operation] {
    static OPERATIONS: OnceLock<Vec<Operation>> = OnceLock::new();
    OPERATIONS.get_or_init(|| {
        let mut operations = Vec::new();
        for (path, item) in document()["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                operations.push(Operation {
                    method: method.to_uppercase(),
                    pattern: ResourceDef::new(path.as_str()),
                    id: operation["operationId"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned(),
                    responses: operation["responses"].clone(),
                });
            }
        }
        // `/members/me` before `/members/{id}`: what has fewer variables is meant. And `{slug}.ics` before `{slug}`.
        operations.sort_by_key(|operation| {
            let pattern = operation.pattern.pattern().unwrap_or("");
            (pattern.matches('{').count(), Reverse(pattern.len()))
        });
        operations
    })
}

/// Fails the test when the answer is not what the document says.
#[track_caller]
pub fn check(method: &reqwest::Method, path: &str, answer: &Answer) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let method = match method.as_str() {
        "HEAD" => "GET",
        method => method,
    };
    let Some(operation) = operations()
        .iter()
        .find(|operation| operation.method == method && operation.pattern.is_match(path))
    else {
        return;
    };
    // An address that is more literal than the operation's (`/tasks/batch`) has no such method, so no operation answers.
    if answer.status == 405 {
        return;
    }
    let status = answer.status.to_string();
    let response = resolve(&operation.responses[&status]);
    assert!(
        !response.is_null(),
        "{} answers {status}, which is not documented: {}",
        operation.id,
        answer.text
    );
    check_media_type(operation, response, answer);
    // With `fields`, items lack on purpose what the schema says they have.
    if answer.body.is_null() || query.split('&').any(|pair| pair.starts_with("fields=")) {
        return;
    }
    let Some((media_type, content)) = response["content"]
        .as_object()
        .and_then(|content| content.iter().next())
    else {
        panic!(
            "{} answers {status} with a body that is not documented",
            operation.id
        );
    };
    let schema = &content["schema"];
    let validator = validator(&format!("{} {status} {media_type}", operation.id), schema);
    let errors: Vec<String> = validator
        .iter_errors(&answer.body)
        .map(|error| format!("{}: {error}", error.instance_path))
        .collect();
    assert!(
        errors.is_empty(),
        "{} answers {status} with a body that does not match its schema:\n{}\n{}",
        operation.id,
        errors.join("\n"),
        answer.text
    );
}

/// An answer has a media type that the document names, and none when it is empty.
#[track_caller]
fn check_media_type(operation: &Operation, response: &Value, answer: &Answer) {
    let sent = answer.header("content-type").unwrap_or_default();
    let sent = sent.split(';').next().unwrap_or_default();
    if answer.text.is_empty() {
        return; // also to HEAD
    }
    assert!(
        !response["content"][sent].is_null(),
        "{} answers {} as {sent:?}, which is not documented",
        operation.id,
        answer.status
    );
}

fn resolve(value: &Value) -> &Value {
    match value["$ref"].as_str() {
        Some(place) => document()
            .pointer(place.trim_start_matches('#'))
            .unwrap_or(&Value::Null),
        None => value,
    }
}

fn validator(key: &str, schema: &Value) -> Arc<Validator> {
    static VALIDATORS: OnceLock<Mutex<HashMap<String, Arc<Validator>>>> = OnceLock::new();
    let validators = VALIDATORS.get_or_init(Mutex::default);
    let mut validators = validators
        .lock()
        .unwrap_or_else(|poison| poison.into_inner());
    Arc::clone(validators.entry(key.to_owned()).or_insert_with(|| {
        let mut root = schema.clone();
        root["components"] = json!({"schemas": document()["components"]["schemas"]});
        root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        Arc::new(jsonschema::validator_for(&root).expect("a schema that compiles"))
    }))
}
