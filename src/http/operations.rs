//! What the OpenAPI document says an address takes: which methods, which query parameters.
//!
//! The surprising rule: the server asks its own document. A parameter that is not documented is refused, and
//! 405 lists the documented methods, so document and behaviour cannot part.

use std::collections::HashMap;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use serde_json::Value;

/// The operations, by address.
#[derive(Default)]
pub struct Operations {
    addresses: Vec<Address>,
    by_pattern: HashMap<String, usize>,
}

struct Address {
    pattern: ResourceDef,
    methods: Vec<(Method, Vec<String>)>,
}

impl Operations {
    /// Reads the finished document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let mut operations = Self::default();
        let Some(paths) = document.get("paths").and_then(Value::as_object) else {
            return operations;
        };
        for (pattern, item) in paths {
            let Some(item) = item.as_object() else {
                continue;
            };
            let methods = item
                .iter()
                .filter_map(|(method, operation)| {
                    let method = Method::from_bytes(method.to_uppercase().as_bytes()).ok()?;
                    operation
                        .is_object()
                        .then(|| (method, parameters(document, operation)))
                })
                .collect();
            operations
                .by_pattern
                .insert(pattern.clone(), operations.addresses.len());
            operations.addresses.push(Address {
                pattern: ResourceDef::new(pattern.as_str()),
                methods,
            });
        }
        operations
    }

    /// The query parameters of an operation.
    #[must_use]
    pub fn parameters(&self, method: &Method, pattern: &str) -> &[String] {
        self.by_pattern
            .get(pattern)
            .and_then(|index| self.addresses.get(*index))
            .and_then(|address| address.methods.iter().find(|(one, _)| one == method))
            .map_or(&[], |(_, parameters)| parameters.as_slice())
    }

    /// What `Allow` says of an address: nothing when there is no such address.
    #[must_use]
    pub fn allow(&self, path: &str) -> Option<String> {
        // `/tasks/batch` is meant before `/tasks/{task_id}`: the pattern with the fewest variables.
        let variables = |address: &&Address| {
            address
                .pattern
                .pattern()
                .map_or(0, |pattern| pattern.matches('{').count())
        };
        let address = self
            .addresses
            .iter()
            .filter(|address| address.pattern.is_match(path))
            .min_by_key(variables)?;
        let mut methods: Vec<&str> = address
            .methods
            .iter()
            .map(|(method, _)| method.as_str())
            .collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        Some(methods.join(", "))
    }
}

fn parameters(document: &Value, operation: &Value) -> Vec<String> {
    let resolve = |parameter| match Value::get(parameter, "$ref").and_then(Value::as_str) {
        Some(place) => document.pointer(place.trim_start_matches('#')),
        None => Some(parameter),
    };
    operation
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(resolve)
        .filter(|parameter| parameter.get("in").and_then(Value::as_str) == Some("query"))
        .filter_map(|parameter| parameter.get("name").and_then(Value::as_str))
        .map(str::to_owned)
        .collect()
}
