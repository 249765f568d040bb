//! The operations as the document lists them: what the walking tests walk.

use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;

use futures_util::FutureExt as _;
use relais::db::Id;
use serde_json::{Value, json};

/// One operation.
pub struct Operation {
    pub id: String,
    /// In capitals.
    pub method: String,
    /// With its `{names}`.
    pub path: String,
    /// Written out.
    parameters: Vec<Value>,
    /// The media type and the schema, written out.
    pub body: Option<(String, Value)>,
    responses: Value,
    /// Whether nobody needs to sign in for it.
    pub is_public: bool,
}

/// A component where there is a reference to one.
pub fn resolve(value: &Value) -> &Value {
    match value["$ref"].as_str() {
        Some(place) => crate::vocabulary::schema::document()
            .pointer(place.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{place} is in the document")),
        None => value,
    }
}

/// All operations, in the order of the document.
pub fn operations() -> &'static [Operation] {
    static OPERATIONS: OnceLock<Vec<Operation>> = OnceLock::new();
    OPERATIONS.get_or_init(|| {
        let mut operations = Vec::new();
        for (path, item) in crate::vocabulary::schema::document()["paths"]
            .as_object()
            .unwrap()
        {
            for (method, operation) in item.as_object().unwrap() {
                operations.push(Operation::read(path, method, operation));
            }
        }
        operations
    })
}

/// The operations that `wanted` says.
pub fn those(wanted: impl Fn(&Operation) -> bool) -> Vec<&'static Operation> {
    let found: Vec<&Operation> = operations().iter().filter(|one| wanted(one)).collect();
    assert!(!found.is_empty(), "the document has such operations");
    found
}

/// Every path of the document, with the methods that it takes.
pub fn paths() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut paths: Vec<(&str, Vec<&str>)> = Vec::new();
    for operation in operations() {
        match paths.iter_mut().find(|(path, _)| *path == operation.path) {
            Some((_, methods)) => methods.push(&operation.method),
            None => paths.push((&operation.path, vec![&operation.method])),
        }
    }
    paths
}

impl Operation {
    fn read(path: &str, method: &str, operation: &Value) -> Self {
        let body = operation["requestBody"]["content"]
            .as_object()
            .map(|content| {
                let media_type = ["application/json", "text/csv", "text/calendar"]
                    .into_iter()
                    .find(|one| content.contains_key(*one))
                    .unwrap_or_else(|| panic!("{method} {path}: a body that the tests can make"));
                let schema = &content[media_type]["schema"];
                (media_type.to_owned(), resolve(schema).clone())
            });
        Self {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            parameters: operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| resolve(one).clone())
                .collect(),
            body,
            responses: operation["responses"].clone(),
            is_public: operation["security"] == json!([{}]),
        }
    }

    pub fn is_get(&self) -> bool {
        self.method == "GET"
    }

    /// Whether it is about what is in a team.
    pub fn is_in_team(&self) -> bool {
        self.path.starts_with("/v1/teams/{team_id}")
    }

    /// Whether it changes a team.
    pub fn writes_to_team(&self) -> bool {
        self.is_in_team() && !self.is_get()
    }

    /// The names in the path.
    pub fn names(&self) -> Vec<&str> {
        self.path
            .split('{')
            .skip(1)
            .filter_map(|rest| Some(rest.split_once('}')?.0))
            .collect()
    }

    /// The query parameters, written out.
    pub fn query(&self) -> impl Iterator<Item = &Value> {
        self.parameters.iter().filter(|one| one["in"] == "query")
    }

    pub fn takes_query(&self, name: &str) -> bool {
        self.query().any(|one| one["name"] == name)
    }

    pub fn takes_header(&self, name: &str) -> bool {
        self.parameters
            .iter()
            .any(|one| one["in"] == "header" && one["name"] == name)
    }

    /// Whether it has an answer with this status.
    pub fn answers(&self, status: &str) -> bool {
        !self.responses[status].is_null()
    }

    /// The schema of an item, where it answers with a page of a list.
    pub fn item(&self) -> Option<&Value> {
        let schema = &self.responses["200"]["content"]["application/json"]["schema"];
        schema["$ref"]
            .as_str()
            .filter(|place| place.ends_with("Page"))?;
        Some(resolve(&resolve(schema)["properties"]["items"]["items"]))
    }

    /// What the list can be sorted by.
    pub fn sorts(&self) -> Vec<String> {
        let Some(sort) = self.query().find(|one| one["name"] == "sort") else {
            return Vec::new();
        };
        let schema = resolve(&sort["schema"]);
        schema["enum"]
            .as_array()
            .unwrap_or_else(|| panic!("{}: sort lists what it takes: {schema}", self.id))
            .iter()
            .filter_map(Value::as_str)
            // Each is there upward and downward.
            .filter(|word| !word.starts_with('-'))
            .map(str::to_owned)
            .collect()
    }

    /// Whether it is about a record that is there already, so that `If-Match` has something to match: a PATCH, a
    /// PUT, a DELETE, or an act (`…/{id}/verb`; what makes another record is called `create_…`).
    pub fn is_about_a_record(&self) -> bool {
        let mut parts = self.path.rsplit('/');
        let (last, before) = (parts.next(), parts.next());
        match self.method.as_str() {
            "PATCH" | "PUT" | "DELETE" => true,
            "POST" => {
                !last.unwrap_or_default().starts_with('{')
                    && before.unwrap_or_default().starts_with('{')
                    && before != Some("{team_id}")
                    && !self.id.starts_with("create_")
            }
            _ => false,
        }
    }

    /// The path with these values in the places of its names.
    pub fn at(&self, names: &[(String, String)]) -> String {
        let mut path = self.path.clone();
        for (name, value) in names {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        assert!(
            !path.contains('{'),
            "{}: the fixture leaves out a part of {path}",
            self.id
        );
        path
    }
}

/// The example of an object's schema: its own, or one made of what it requires.
pub fn example(schema: &Value) -> Value {
    let schema = resolve(schema);
    for own in [&schema["example"], &schema["examples"][0]] {
        if !own.is_null() {
            return own.clone();
        }
    }
    for choices in ["oneOf", "anyOf", "allOf"] {
        if let Some(first) = schema[choices].get(0) {
            return example(first);
        }
    }
    if let Some(word) = schema["enum"].get(0) {
        return word.clone();
    }
    let Some(members) = schema["properties"].as_object() else {
        return json!("something");
    };
    let required = schema["required"].as_array();
    members
        .iter()
        .filter(|(name, _)| required.is_some_and(|all| all.contains(&json!(name))))
        .map(|(name, member)| (name.clone(), example(member)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// A query parameter with a value that it takes.
pub fn sample(parameter: &Value) -> String {
    let name = parameter["name"].as_str().expect("a name");
    let schema = resolve(&parameter["schema"]);
    let examples = [
        &parameter["example"],
        &schema["example"],
        &schema["examples"][0],
        &schema["enum"][0],
    ];
    let own = examples.iter().find_map(|value| value.as_str());
    let value = own.map_or_else(
        || match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("boolean"), _) => "false".to_owned(),
            (Some("integer"), _) => "0".to_owned(),
            (_, Some("date")) => "2024-02-01".to_owned(),
            (_, Some("date-time")) => "2024-02-01T00:00:00Z".to_owned(),
            (_, Some("uuid")) => Id::new().to_string(),
            _ => "something".to_owned(),
        },
        str::to_owned,
    );
    format!("{name}={value}")
}

/// Checks each of these on its own, and fails with all that failed: what is wrong with each is said above.
pub async fn each<C>(operations: Vec<&'static Operation>, check: C)
where
    C: AsyncFn(&'static Operation),
{
    let mut failed = Vec::new();
    for operation in operations {
        let checked = AssertUnwindSafe(check(operation)).catch_unwind().await;
        if checked.is_err() {
            failed.push(operation.id.as_str());
        }
    }
    assert!(failed.is_empty(), "see above: {failed:#?}");
}

/// Whether null is one of its values.
pub fn is_nullable(schema: &Value) -> bool {
    let is_null = |one: &Value| one == "null";
    is_null(&schema["type"])
        || schema["type"]
            .as_array()
            .is_some_and(|types| types.iter().any(is_null))
        || ["oneOf", "anyOf"].iter().any(|choices| {
            schema[choices]
                .as_array()
                .is_some_and(|all| all.iter().any(is_nullable))
        })
}
