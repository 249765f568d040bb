//! What the OpenAPI document says an address takes: which methods, which query parameters.
//!
//! The surprising rule: the server asks its own document. A parameter that is not documented is refused, and
//! 405 lists the documented methods, so document and behaviour cannot part.

use std::cmp::Reverse;
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
    /// The addresses that this one would take for its own: `/tasks/batch` beside `/tasks/{task_id}`.
    more_literal: Vec<usize>,
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
                more_literal: Vec::new(),
            });
        }
        operations.find_more_literal();
        operations
    }

    fn find_more_literal(&mut self) {
        let patterns: Vec<String> = self.addresses.iter().map(Address::text).collect();
        for (own, address) in patterns.iter().zip(&mut self.addresses) {
            address.more_literal = patterns
                .iter()
                .enumerate()
                .filter(|(_, other)| *other != own && address.pattern.is_match(other))
                .map(|(index, _)| index)
                .collect();
        }
    }

    /// What `Allow` says where a request that was routed to `pattern` is meant for a more literal address, which does
    /// not take its method: `GET …/tasks/batch` is no task called "batch".
    #[must_use]
    pub fn meant_elsewhere(&self, pattern: &str, path: &str) -> Option<String> {
        let address = self.addresses.get(*self.by_pattern.get(pattern)?)?;
        address
            .more_literal
            .iter()
            .filter_map(|index| self.addresses.get(*index))
            .find(|other| other.pattern.is_match(path))
            .map(Address::allow)
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
        // `/tasks/batch` is meant before `/tasks/{task_id}`: the pattern with the fewest variables. Of two with as many,
        // the one that says more: `/events/{slug}.ics` before `/events/{slug}`.
        self.addresses
            .iter()
            .filter(|address| address.pattern.is_match(path))
            .min_by_key(|address| {
                let text = address.text();
                (text.matches('{').count(), Reverse(text.len()))
            })
            .map(Address::allow)
    }
}

impl Address {
    fn text(&self) -> String {
        self.pattern.pattern().unwrap_or_default().to_owned()
    }

    fn allow(&self) -> String {
        let mut methods: Vec<&str> = self
            .methods
            .iter()
            .map(|(method, _)| method.as_str())
            .collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        methods.join(", ")
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
