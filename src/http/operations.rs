//! What the OpenAPI document says an address takes: which methods, which query parameters.
//!
//! The surprising rule: the server asks its own document. A request is routed by it, a parameter that is not documented is
//! refused, and 405 lists the documented methods, so document and behaviour cannot part.

use std::any::TypeId;
use std::collections::HashMap;

use actix_web::http::Method;
use serde_json::Value;

/// The operations, by address.
#[derive(Default)]
pub struct Operations {
    /// Of two addresses that a path fits, the more literal one has it: `/tasks/batch` before `/tasks/{task_id}`.
    tree: matchit::Router<usize>,
    methods: Vec<Vec<(Method, Vec<String>)>>,
    by_handler: HashMap<TypeId, usize>,
}

impl Operations {
    /// Reads the finished document; `addresses` says where each handler answers.
    #[must_use]
    pub fn of(document: &Value, addresses: &HashMap<TypeId, String>) -> Self {
        let mut operations = Self::default();
        let paths = document.get("paths").and_then(Value::as_object);
        for (pattern, item) in paths.into_iter().flatten() {
            let Some(item) = item.as_object() else {
                continue;
            };
            let place = operations.methods.len();
            if let Err(conflict) = operations.tree.insert(pattern, place) {
                log::error!("{pattern} is not served: {conflict}");
                continue;
            }
            operations.methods.push(
                item.iter()
                    .filter_map(|(method, operation)| {
                        let method = Method::from_bytes(method.to_uppercase().as_bytes()).ok()?;
                        operation
                            .is_object()
                            .then(|| (method, parameters(document, operation)))
                    })
                    .collect(),
            );
            for (handler, _) in addresses.iter().filter(|(_, one)| *one == pattern) {
                operations.by_handler.insert(*handler, place);
            }
        }
        operations
    }

    /// The address that a path fits.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<usize> {
        self.tree.at(path).ok().map(|found| *found.value)
    }

    /// The address that a handler answers at.
    #[must_use]
    pub fn address_of(&self, handler: TypeId) -> Option<usize> {
        self.by_handler.get(&handler).copied()
    }

    /// The query parameters of an operation.
    #[must_use]
    pub fn parameters(&self, method: &Method, address: usize) -> &[String] {
        self.methods
            .get(address)
            .and_then(|methods| methods.iter().find(|(one, _)| one == method))
            .map_or(&[], |(_, parameters)| parameters.as_slice())
    }

    /// What `Allow` says of an address: nothing when there is no such address.
    #[must_use]
    pub fn allow(&self, path: &str) -> Option<String> {
        let methods = self.methods.get(self.find(path)?)?;
        let mut methods: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
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
