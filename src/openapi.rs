//! The OpenAPI document: what the handlers say, and what all operations share.
//!
//! The surprising rule: what is common (problems, security, headers, paging, path parameters) is added here, in
//! one pass over the finished document. A handler says only what is its own.
#![allow(
    clippy::indexing_slicing,
    reason = "a JSON value answers null for what it has not, and the document is made at start and in every test"
)]

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

use crate::http::operations::Operations;
use crate::http::values::MAX_SAFE;
use crate::http::{Code, ServiceConfig};
use crate::server;

mod shared;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Relais",
        description = "The project-management API for teams that run online communities.\n\nA team plans **campaigns**, breaks them into **tasks**, and **delegates** the tasks: an offer that is answered, handed on, submitted and confirmed. Everything that happens is a numbered **revision** in the team's journal.\n\n**Begin:** make an account (`POST /v1/accounts`), sign in (`POST /v1/sessions`), press *Authorize* with the `access_token`, and make a team (`POST /v1/teams`).\n\n**Writing:** send `If-Match` with the record's `ETag` so that nobody's change is lost, and `Idempotency-Key` so that a retry does nothing twice. **Reading:** lists come in pages (`limit`, `cursor`); `fields` leaves out what you do not need, `expand` shows beside the answer what its ids name; `If-None-Match` answers 304 when nothing has changed. **Errors** are problem documents (RFC 9457) with a stable `code`; see `/problems`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        contact(
            name = "The Relais contributors",
            url = "https://github.com/relais-project/relais"
        )
    ),
    components(schemas(crate::http::problem::FieldError))
)]
struct Base;

/// The areas, in reading order.
const TAGS: [(&str, &str); 36] = [
    ("accounts", "Signing up, the own profile."),
    ("sessions", "Signing in and out, access and refresh tokens."),
    ("teams", "Teams: the tenants. Everything else lives in one."),
    ("members", "Who is in a team, in which role."),
    ("invitations", "Asking people into a team."),
    ("ownership", "Handing over ownership, with acceptance."),
    ("roles", "Who may do what."),
    (
        "working-hours",
        "When members work: minutes for each weekday, from a day on.",
    ),
    ("holidays", "Days on which the team does not work."),
    (
        "absences",
        "When members do not work, and who stands in for them.",
    ),
    (
        "deputies",
        "Acting in the place of another member, for a while and on the record.",
    ),
    (
        "campaigns",
        "Initiatives with an objective, a period, a lead and a budget.",
    ),
    ("milestones", "Dated points that tasks lead up to."),
    ("events", "Online events: when, where, who may come."),
    ("outbox", "What people who registered were told by e-mail."),
    (
        "calendars",
        "Events as iCalendar files: for one download, to subscribe to, and in from other calendars.",
    ),
    ("tasks", "Pieces of work."),
    ("dependencies", "What must come before what."),
    ("checklist", "Small steps of a task."),
    ("comments", "What people say about a task."),
    (
        "delegations",
        "Handing a task to someone: offered, answered, handed on, submitted, confirmed.",
    ),
    (
        "time-entries",
        "What members have worked: entered by hand, or measured by a timer.",
    ),
    (
        "registrations",
        "Who comes to an event, who waits for a seat, and who was there.",
    ),
    (
        "public",
        "What people without an account can do: see an event, register, look after their own place.",
    ),
    (
        "resources",
        "What can be promised: people, things, licences, spaces, and money; and what is free of it.",
    ),
    (
        "allocations",
        "What is promised to what, and whether it fits.",
    ),
    (
        "money",
        "What money is planned for in campaigns, what was spent, and what is left.",
    ),
    ("progress", "How far things are, derived from the tasks."),
    (
        "workload",
        "Who has how much to do, how much time is free, and whom to ask.",
    ),
    ("imports", "Tasks from a table."),
    ("trash", "What was deleted and can be restored for 30 days."),
    ("journal", "What happened: the change feed."),
    ("me", "The own view over all teams."),
    ("problems", "The error codes, explained."),
    ("service", "Is the server alive and ready?"),
    ("keys", "The public keys that check access tokens."),
];

/// The document, finished. Makes it anew, which takes a tenth of a second and some MiB: the server does so twice, for what
/// it must know of it at the start and for the first who asks for it, and keeps neither.
pub fn made() -> Value {
    finished(&ServiceConfig::document(Base::openapi(), server::operations).document)
}

/// What the server must know of the document.
pub fn operations() -> Operations {
    let collected = ServiceConfig::document(Base::openapi(), server::operations);
    Operations::of(&finished(&collected.document), &collected.addresses)
}

fn finished(collected: &OpenApi) -> Value {
    let mut document = serde_json::to_value(collected).unwrap_or_else(|_| json!({}));
    finish(&mut document);
    document
}

/// The document as it is committed: indented, with a newline at the end.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&made()).unwrap_or_default();
    text.push('\n');
    text
}

fn finish(document: &mut Value) {
    document["openapi"] = json!("3.1.0");
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    document["servers"] = json!([{"url": "/", "description": "The server that this document comes from: production, staging or local.", "x-internal": false}]);
    document["security"] = json!([{"access_token": []}]);
    let mut used: Vec<String> = Vec::new();
    let paths = document["paths"].take();
    let mut finished = Map::new();
    for (path, item) in into_object(paths) {
        let mut operations = Map::new();
        for (method, mut operation) in into_object(item) {
            shared::complete(&path, &method, &mut operation);
            used.extend(tags(&operation));
            operations.insert(method, operation);
        }
        finished.insert(path, Value::Object(operations));
    }
    document["paths"] = Value::Object(finished);
    document["tags"] = TAGS
        .iter()
        .filter(|(name, _)| used.iter().any(|tag| tag == name))
        .map(|(name, description)| json!({"name": name, "description": description}))
        .collect();
    add_components(&mut document["components"]);
    name_time_zones(&mut document["components"]["schemas"]["TimeZone"]);
    let simple = simple_schemas(&document["components"]["schemas"]);
    mend(document, &simple);
    prune(document);
    sort(&mut document["components"]["schemas"]);
}

/// Leaves out the components that nothing refers to, and those that only such ones refer to.
fn prune(document: &mut Value) {
    loop {
        let mut used = HashSet::new();
        references(document, &mut used);
        let mut pruned = false;
        for kind in ["schemas", "responses", "headers", "parameters"] {
            if let Some(components) = document["components"][kind].as_object_mut() {
                let before = components.len();
                components.retain(|name, _| used.contains(&format!("#/components/{kind}/{name}")));
                pruned |= components.len() < before;
            }
        }
        if !pruned {
            return;
        }
    }
}

fn references(value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(members) => {
            for (name, child) in members {
                match child.as_str() {
                    Some(place) if name == "$ref" => {
                        found.insert(place.to_owned());
                    }
                    _ => references(child, found),
                }
            }
        }
        _ => {}
    }
}

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn tags(operation: &Value) -> Vec<String> {
    operation["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn sort(value: &mut Value) {
    if let Value::Object(members) = value {
        members.sort_keys();
    }
}

fn add_components(components: &mut Value) {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.entry().code).collect();
    components["schemas"]["Problem"] = json!({
        "type": "object",
        "description": "What went wrong (RFC 9457). Some codes add members, such as `allowed`, `current_etag` or `required`.",
        "required": ["type", "title", "status", "code", "detail", "request_id", "errors"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "maxLength": 100, "description": "Where the code is explained."},
            "title": {"type": "string", "maxLength": 200, "description": "What the code means, for people."},
            "status": {"type": "integer", "format": "int32", "minimum": 400, "maximum": 599, "description": "The HTTP status."},
            "code": {"type": "string", "maxLength": 100, "examples": codes, "description": "What went wrong, for programs. Stable; more may come: have a default branch."},
            "detail": {"type": "string", "maxLength": 2000, "description": "What went wrong here and what to do."},
            "request_id": {"type": ["string", "null"], "maxLength": 64, "description": "The id of the request, as in the header X-Request-Id."},
            "errors": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/FieldError"}, "description": "Each field that is refused."},
        },
        "example": {"type": "/problems/validation-failed", "title": "The request is not valid", "status": 422, "code": "validation_failed", "detail": "/title: At most 200 characters.", "request_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", "errors": [{"pointer": "/title", "parameter": null, "code": "too_long", "detail": "At most 200 characters.", "params": {"max": 200}}]},
    });
    components["securitySchemes"] = json!({
        // "RFC8725" in one word: a linter looks for just that.
        "access_token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The `access_token` of POST /v1/sessions: a JWT (RFC 9068, checked as RFC8725 says) that lives ten minutes."}
    });
    components["responses"] = shared::responses();
    components["headers"] = shared::headers();
    components["parameters"] = shared::parameters();
}

/// A closed set, so that a client's form can offer it and a wrong name fails before it is sent.
fn name_time_zones(schema: &mut Value) {
    schema["enum"] = chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .collect();
}

/// The schemas that are a text, a number or a truth value: those may be written out where they are used.
fn simple_schemas(schemas: &Value) -> Map<String, Value> {
    schemas
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, schema)| {
            matches!(
                schema["type"].as_str(),
                Some("string" | "integer" | "number" | "boolean")
            )
        })
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect()
}

/// Mends what several generators choke on, and bounds what has no bound.
fn mend(value: &mut Value, simple: &Map<String, Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| mend(item, simple)),
        Value::Object(members) => {
            // Examples are data, not schemas.
            for (_, child) in members.iter_mut().filter(|(name, _)| {
                !matches!(name.as_str(), "example" | "examples" | "default" | "enum")
            }) {
                mend(child, simple);
            }
            write_out_nullable(members, simple);
            bound(members);
        }
        _ => {}
    }
}

/// `oneOf: [null, $ref]` of a simple schema becomes that schema with `null` among its types.
fn write_out_nullable(members: &mut Map<String, Value>, simple: &Map<String, Value>) {
    let Some(Value::Array(choices)) = members.get("oneOf") else {
        return;
    };
    let is_null = |choice: &Value| choice["type"] == "null";
    let [one, other] = choices.as_slice() else {
        return;
    };
    let referred = match (is_null(one), is_null(other)) {
        (true, false) => other,
        (false, true) => one,
        _ => return,
    };
    let Some(schema) = referred["$ref"]
        .as_str()
        .and_then(|place| place.rsplit('/').next())
        .and_then(|name| simple.get(name))
        .cloned()
    else {
        return;
    };
    members.shift_remove("oneOf");
    for (name, value) in into_object(schema) {
        let value = match name.as_str() {
            "type" => json!([value, "null"]),
            "enum" => {
                let mut words = value.as_array().cloned().unwrap_or_default();
                words.push(Value::Null);
                Value::Array(words)
            }
            _ => value,
        };
        members.entry(name).or_insert(value);
    }
}

fn bound(members: &mut Map<String, Value>) {
    let types: Vec<String> = match members.get("type") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => several
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => return,
    };
    let is = |name: &str| types.iter().any(|one| one == name);
    if is("string") && !members.contains_key("enum") {
        let longest = match members.get("format").and_then(Value::as_str) {
            Some("date") => 10,
            Some("uuid") => 36,
            Some("date-time") => 40,
            _ => 100_000,
        };
        members.entry("maxLength").or_insert(json!(longest));
    }
    if is("integer") {
        members.entry("format").or_insert(json!("int64"));
        members.entry("minimum").or_insert(json!(0));
        members.entry("maximum").or_insert(json!(MAX_SAFE));
    }
    if is("array") {
        members.entry("maxItems").or_insert(json!(10_000));
    }
}
