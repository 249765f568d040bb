//! What every operation shares: parameters, headers, problem responses.
//!
//! The surprising rule: which of them an operation gets is read off the operation itself (its method, its path,
//! whether it has a body, whether it answers with a page), so a new operation is complete by itself.

use serde_json::{Map, Value, json};

use crate::http::Code;

/// Operations that nobody needs to sign in for.
const PUBLIC: [&str; 9] = [
    "create_account",
    "create_session",
    "refresh_session",
    "get_jwks",
    "list_problems",
    "get_problem",
    "get_health",
    "get_readiness",
    "get_openapi",
];

/// Operations that heed no Idempotency-Key: before some nobody is known to whom it could be bound, two change
/// nothing, and after one a retry finds the password changed.
const WITHOUT_IDEMPOTENCY: [&str; 6] = [
    "create_account",
    "create_session",
    "refresh_session",
    "inspect_invitation",
    "check_allocations",
    "change_password",
];

/// Operations on what has no version: a session is there or not.
const WITHOUT_VERSION: [&str; 2] = ["delete_current_session", "delete_my_session"];

/// Operations outside a team whose answer carries a version.
const VERSIONED: [&str; 7] = [
    "get_me",
    "update_me",
    "create_account",
    "create_team",
    "get_public_event_calendar",
    "get_registration_calendar",
    "get_calendar",
];

/// `*`, or entity tags separated by commas (RFC 9110, section 8.8.3).
const ENTITY_TAGS: &str = r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#;

pub(super) fn complete(path: &str, method: &str, operation: &mut Value) {
    let id = operation["operationId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let is_public = PUBLIC.contains(&id.as_str()) || path.starts_with("/v1/public/");
    let is_team = path.starts_with("/v1/teams/{team_id}");
    let has_tag = is_team || VERSIONED.contains(&id.as_str());
    let is_write = method != "get";
    let has_body = operation.get("requestBody").is_some();
    let has_version = !is_public && is_about_a_record(path, method, &id);
    if is_public {
        // Optional rather than none: a token does no harm, and linters see that it was thought of.
        operation["security"] = json!([{}]);
    }

    if operation["description"]
        .as_str()
        .unwrap_or_default()
        .is_empty()
    {
        let summary = operation["summary"].as_str().unwrap_or_default();
        operation["description"] = json!(format!("{summary}."));
    }
    let can_be_tried = is_team && can_be_tried(path, method, operation);
    add_parameters(path, &id, is_write, has_tag, is_public, operation);
    if has_version {
        add_parameter(operation, "IfMatch");
    }
    if is_team {
        add_parameter(operation, "OnBehalfOf");
    }
    if can_be_tried && !takes_query(operation, "validate_only") {
        add_parameter(operation, "ValidateOnly");
    }
    let mut statuses = problem_statuses(path, is_public, is_team, is_write, has_body, &id);
    // The operations of a batch have versions of their own.
    if has_version || path.ends_with("/batch") {
        statuses.push(412);
    }
    let pages = answers_page(operation);
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    if can_be_tried
        && !responses.contains_key("200")
        && let Some(mut tried) = responses.get("201").cloned()
    {
        tried["description"] = json!("With `validate_only=true`: what would be made. Nothing was.");
        responses.insert("200".to_owned(), tried);
    }
    for (status, response) in responses.iter_mut() {
        if response["description"]
            .as_str()
            .unwrap_or_default()
            .is_empty()
        {
            response["description"] = json!(describe(status, pages));
        }
        add_headers(status, response, method, has_tag, pages);
    }
    if method == "get" && has_tag && !responses.contains_key("304") {
        responses.insert(
            "304".to_owned(),
            json!({"$ref": "#/components/responses/NotModified"}),
        );
    }
    for status in statuses {
        responses
            .entry(status.to_string())
            .or_insert_with(|| json!({"$ref": format!("#/components/responses/Problem{status}")}));
    }
    responses.sort_keys();
}

fn describe(status: &str, pages: bool) -> &'static str {
    match status {
        "200" if pages => "A page of the list.",
        "200" => "The record, as it is now.",
        "201" => "It was made.",
        "202" => "It was taken.",
        "204" => "Done; there is nothing to say.",
        "207" => "One result for each operation.",
        _ => "The answer.",
    }
}

/// Whether the operation is about a record that is there already, so that `If-Match` has something to match: a
/// PATCH, a PUT, a DELETE, or an act (`…/{id}/verb`).
fn is_about_a_record(path: &str, method: &str, id: &str) -> bool {
    let mut parts = path.rsplit('/');
    let (last, before) = (parts.next(), parts.next());
    let is_name = |part: Option<&str>| part.is_some_and(|part| part.starts_with('{'));
    let is_act = method == "post"
        && !id.starts_with("create_")
        && !is_name(last)
        && is_name(before)
        && before != Some("{team_id}");
    (is_act || matches!(method, "patch" | "put" | "delete")) && !WITHOUT_VERSION.contains(&id)
}

/// Whether `validate_only` is heeded: by what makes or changes records of a team.
fn can_be_tried(path: &str, method: &str, operation: &Value) -> bool {
    let makes = operation["responses"]
        .as_object()
        .is_some_and(|responses| responses.contains_key("201"));
    matches!(method, "patch" | "put") || makes || path.ends_with("/batch")
}

fn add_parameter(operation: &mut Value, name: &str) {
    let shared = json!({"$ref": format!("#/components/parameters/{name}")});
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(shared),
        None => operation["parameters"] = json!([shared]),
    }
}

fn takes_query(operation: &Value, name: &str) -> bool {
    operation["parameters"]
        .as_array()
        .is_some_and(|all| all.iter().any(|one| one["name"] == name))
}

/// Whether the operation answers with a page of a list.
fn answers_page(operation: &Value) -> bool {
    operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        .as_str()
        .is_some_and(|schema| schema.ends_with("Page"))
}

fn add_parameters(
    path: &str,
    id: &str,
    is_write: bool,
    has_tag: bool,
    is_public: bool,
    operation: &mut Value,
) {
    let pages = answers_page(operation);
    let mut parameters: Vec<Value> = Vec::new();
    for name in names(path) {
        parameters.push(path_parameter(name));
    }
    let own = operation["parameters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let declared: Vec<String> = own
        .iter()
        .filter(|parameter| parameter["in"] == "path")
        .filter_map(|parameter| parameter["name"].as_str())
        .map(str::to_owned)
        .collect();
    parameters.retain(|parameter| {
        !declared.contains(&parameter["name"].as_str().unwrap_or_default().to_owned())
    });
    parameters.extend(own.into_iter().map(parameter_schema));
    let mut shared = |name: &str| {
        parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
    };
    if pages {
        ["Limit", "Cursor", "Fields", "IncludeTotal"]
            .into_iter()
            .for_each(&mut shared);
    }
    if !is_write && has_tag {
        shared("IfNoneMatch");
    }
    if is_write && !is_public && !WITHOUT_IDEMPOTENCY.contains(&id) {
        shared("IdempotencyKey");
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
}

/// The names in a path: of `/a/{b}/{c}.ics`, b and c.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn path_parameter(name: &str) -> Value {
    let (schema, description) = match name {
        "task_id" => (
            json!({"type": "string", "maxLength": 40, "examples": ["K8S-12"]}),
            "The task: its id, or its key such as K8S-12.".to_owned(),
        ),
        "predecessor_id" => (
            json!({"type": "string", "maxLength": 40, "examples": ["K8S-11"]}),
            "The predecessor: its id, or its key such as K8S-11.".to_owned(),
        ),
        "link" => (
            json!({"type": "string", "maxLength": 100, "pattern": "^[A-Za-z0-9_-]+$"}),
            "The secret of the link that the person was sent.".to_owned(),
        ),
        "slug" => (
            json!({"type": "string", "minLength": 3, "maxLength": 80, "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "examples": ["whats-new-in-1-30-webinar"]}),
            "The public address of the event.".to_owned(),
        ),
        "code" => (
            json!({"type": "string", "enum": Code::ALL.map(Code::slug).to_vec()}),
            "The code, with hyphens.".to_owned(),
        ),
        name => (
            json!({"$ref": "#/components/schemas/Id"}),
            format!(
                "The id of the {}.",
                name.strip_suffix("_id").unwrap_or(name).replace('_', " ")
            ),
        ),
    };
    json!({"name": name, "in": "path", "required": true, "description": description, "schema": schema})
}

/// A query parameter is absent or has a value: it is never null, whatever `Option` suggests.
fn parameter_schema(mut parameter: Value) -> Value {
    if parameter["in"] != "query" {
        return parameter;
    }
    let is_sort = parameter["name"] == "sort";
    let schema = &mut parameter["schema"];
    if let Some(types) = schema["type"].as_array() {
        let rest: Vec<Value> = types
            .iter()
            .filter(|one| **one != "null")
            .cloned()
            .collect();
        if let [only] = rest.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let rest: Vec<Value> = choices
            .iter()
            .filter(|choice| choice["type"] != "null")
            .cloned()
            .collect();
        if let [only] = rest.as_slice() {
            *schema = only.clone();
        }
    }
    if is_sort {
        both_ways(&mut schema["enum"]);
        parameter["description"] = json!(
            "What the list is sorted by, and by the id where that is equal; with `-` before it the list runs downward. \
             Rows without the value come last either way."
        );
    }
    parameter
}

/// Every word also with `-` before it.
fn both_ways(words: &mut Value) {
    if let Some(words) = words.as_array_mut() {
        let down: Vec<Value> = words
            .iter()
            .filter_map(Value::as_str)
            .map(|word| json!(format!("-{word}")))
            .collect();
        words.extend(down);
    }
}

fn problem_statuses(
    path: &str,
    is_public: bool,
    is_team: bool,
    is_write: bool,
    has_body: bool,
    id: &str,
) -> Vec<u16> {
    let mut statuses = vec![400, 414, 429, 500, 503];
    let names_something = path.contains('{') || id.contains("invitation");
    if !is_public || matches!(id, "create_session" | "refresh_session") {
        statuses.push(401);
    }
    if is_team || id == "create_account" {
        statuses.push(403);
    }
    if names_something {
        statuses.push(404);
    }
    if is_write {
        statuses.extend([409, 422]);
    }
    if has_body {
        statuses.extend([408, 413, 415]);
    }
    statuses
}

fn add_headers(status: &str, response: &mut Value, method: &str, has_tag: bool, pages: bool) {
    let mut headers = into_headers(response["headers"].take());
    let mut shared = |name: &str, component: &str| {
        headers
            .entry(name.to_owned())
            .or_insert_with(|| json!({"$ref": format!("#/components/headers/{component}")}));
    };
    shared("X-Request-Id", "RequestId");
    shared("RateLimit", "RateLimit");
    shared("RateLimit-Policy", "RateLimitPolicy");
    shared("Access-Control-Allow-Origin", "Access-Control-Allow-Origin");
    if has_tag && matches!(status, "200" | "201") {
        shared("ETag", "ETag");
    }
    if status == "201" {
        shared("Location", "Location");
    }
    if pages && status == "200" {
        shared("Link", "Link");
    }
    if method != "get" {
        shared("Idempotent-Replayed", "IdempotentReplayed");
    }
    response["headers"] = Value::Object(headers);
}

fn into_headers(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The problem responses, one for each status that the table of codes has.
pub(super) fn responses() -> Value {
    let mut responses = Map::new();
    responses.insert(
        "NotModified".to_owned(),
        json!({
            "description": "Nothing has changed since the tag in If-None-Match.",
            "headers": common_headers(),
        }),
    );
    let mut statuses: Vec<u16> = Code::ALL.iter().map(|code| code.entry().status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    for status in statuses {
        let codes: Vec<Code> = Code::ALL
            .iter()
            .copied()
            .filter(|code| code.entry().status == status)
            .collect();
        let lines: Vec<String> = codes
            .iter()
            .map(|code| format!("- `{}`: {}", code.entry().code, code.entry().title))
            .collect();
        let mut headers = common_headers();
        if status == 429 || status == 503 {
            headers["Retry-After"] = json!({"$ref": "#/components/headers/RetryAfter"});
        }
        if status == 401 {
            headers["WWW-Authenticate"] = json!({"$ref": "#/components/headers/WwwAuthenticate"});
        }
        let example = codes.first().map(|code| {
            crate::http::Problem::new(*code)
                .for_request("0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55")
                .document()
        });
        responses.insert(
            format!("Problem{status}"),
            json!({
                "description": lines.join("\n"),
                "headers": headers,
                "content": {"application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": example,
                }},
            }),
        );
    }
    Value::Object(responses)
}

fn common_headers() -> Value {
    json!({
        "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
        "RateLimit": {"$ref": "#/components/headers/RateLimit"},
        "RateLimit-Policy": {"$ref": "#/components/headers/RateLimitPolicy"},
        "Access-Control-Allow-Origin": {"$ref": "#/components/headers/Access-Control-Allow-Origin"},
    })
}

pub(super) fn headers() -> Value {
    let text = |description: &str, example: &str, length: u32| json!({"description": description, "schema": {"type": "string", "maxLength": length, "examples": [example]}});
    json!({
        "RequestId": text("The request's id: yours, if you sent a well-formed one.", "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55", 64),
        "RateLimit": text("What is left in the bucket (r) and in how many seconds it is full again (t).", "\"default\";r=1199;t=60", 100),
        "RateLimitPolicy": text("How many requests (q) the bucket allows in how many seconds (w).", "\"default\";q=1200;w=60", 100),
        "Access-Control-Allow-Origin": text("The origin of the page that asks, where the server's settings allow it.", "https://app.example.org", 300),
        "ETag": text("The version of what is in the body. Answers that depend on the clock have none.", "\"12\"", 100),
        "Location": text("The address of the new record.", "/v1/teams/0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a55/tasks/0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56", 8192),
        "Link": text("The next page (rel=\"next\"), when there is one.", "</v1/teams?cursor=eyJ>; rel=\"next\"", 8192),
        "IdempotentReplayed": text("`true` when this is the kept answer to an earlier request with the same Idempotency-Key.", "true", 4),
        "RetryAfter": {"description": "How many seconds to wait.", "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86_400}},
        "WwwAuthenticate": text("How to sign in.", "Bearer", 200),
    })
}

pub(super) fn parameters() -> Value {
    json!({
        "Limit": {"name": "limit", "in": "query", "description": "How many rows a page has.", "schema": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 100, "default": 25}},
        "Cursor": {"name": "cursor", "in": "query", "description": "Where the page begins: `next_cursor` of the page before. Only with the same filters and sort.", "schema": {"type": "string", "maxLength": 4000, "pattern": "^[A-Za-z0-9_-]+$"}},
        "Fields": {"name": "fields", "in": "query", "description": "Only these members of each item, separated by commas, such as `id,title`. Items then lack the others, whatever their schema says.", "schema": {"type": "string", "maxLength": 1000}},
        "IncludeTotal": {"name": "include_total", "in": "query", "description": "Whether to count the whole list, up to 10,000.", "schema": {"type": "boolean", "default": false}},
        "IfNoneMatch": {"name": "If-None-Match", "in": "header", "description": "An ETag that you have; the answer is 304 when nothing has changed.", "schema": {"type": "string", "maxLength": 1000, "pattern": ENTITY_TAGS}},
        "OnBehalfOf": {"name": "On-Behalf-Of", "in": "header", "description": "The member in whose place you act, who has made you their deputy for now (see `/deputies`). You then have that member's rights, as far as rights are lent; the journal names you both.", "schema": {"$ref": "#/components/schemas/Id"}},
        "IfMatch": {"name": "If-Match", "in": "header", "description": "The ETag that the change is based on; 412 when somebody was faster.", "schema": {"type": "string", "maxLength": 1000, "pattern": ENTITY_TAGS}},
        "ValidateOnly": {"name": "validate_only", "in": "query", "description": "Whether only to check: everything is answered as if it had happened, and nothing changes.", "schema": {"type": "boolean", "default": false}},
        "IdempotencyKey": {"name": "Idempotency-Key", "in": "header", "description": "1 to 255 visible characters of your choice. A retry with the same key and request gets the same answer for 72 hours, and nothing happens twice.", "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}},
    })
}
