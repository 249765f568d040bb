//! What is refused, and where it is said to be.

use serde::Deserialize;
use serde_json::json;

use super::{parse, read};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Inner {
    amount: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Outer {
    name: String,
    count: Option<i64>,
    inner: Option<Inner>,
}

fn pointers(value: serde_json::Value) -> Vec<String> {
    read::<Outer>(value)
        .unwrap_err()
        .into_iter()
        .filter_map(|error| error.pointer)
        .collect()
}

#[test]
fn names_every_wrong_member() {
    let found = pointers(json!({"name": 1, "count": "x", "other": true, "inner": [5]}));
    assert_eq!(found, ["/name", "/count", "/other", "/inner"]);
}

#[test]
fn names_what_is_missing_and_what_is_deep() {
    assert_eq!(pointers(json!({})), ["/name"]);
    assert_eq!(
        pointers(json!({"inner": {"amount": "x"}, "name": 2, "count": "x", "other": 1})),
        ["/inner/amount", "/name", "/count", "/other"]
    );
    assert_eq!(
        pointers(json!({"name": "a", "inner": {"amount": 1.5}})),
        ["/inner/amount",]
    );
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct List {
    items: Vec<Inner>,
    whole: Inner,
    #[serde(default)]
    labels: Vec<String>,
}

#[test]
fn names_every_wrong_item_of_a_list_where_it_was_sent() {
    let item = |amount: serde_json::Value| json!({"amount": amount});
    let body = json!({
        "items": [item(json!("a")), item(json!(1)), {}, item(json!(null)), item(json!(2)), 7, {"amount": 1, "vat": 1}],
        "whole": {"amount": "x"},
        "labels": ["a", 1, "b", 2, 3],
    });
    let found: Vec<String> = read::<List>(body)
        .unwrap_err()
        .into_iter()
        .filter_map(|error| error.pointer)
        .collect();
    assert_eq!(
        found,
        [
            "/items/0/amount",
            "/items/2/amount",
            "/items/3/amount",
            "/items/5",
            "/items/6/vat",
            "/whole/amount",
            "/labels/1",
            "/labels/3",
            "/labels/4"
        ]
    );
}

#[test]
fn refuses_an_array_for_an_object() {
    assert_eq!(pointers(json!(["a"])), [""]);
}

#[test]
fn refuses_members_twice_and_text_behind_the_end() {
    assert!(parse(br#"{"a": 1, "a": 2}"#).is_err());
    assert!(parse(br#"{"a": 1} x"#).is_err());
    assert!(parse(b"\"\\ud800\"").is_err());
    assert!(parse("[".repeat(40).as_bytes()).is_err());
    let deep = format!("{}1{}", "[".repeat(33), "]".repeat(33));
    assert!(parse(deep.as_bytes()).is_err());
    let fine = format!("{}1{}", "[".repeat(32), "]".repeat(32));
    assert!(parse(fine.as_bytes()).is_ok());
}
