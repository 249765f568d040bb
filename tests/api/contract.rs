//! What holds for every operation, read off the OpenAPI document, so that a new one is covered the day it
//! appears.

#[test]
fn the_committed_document_is_current() {
    let committed = std::fs::read_to_string("openapi/openapi.json").unwrap_or_default();
    assert!(
        committed == relais::openapi::text(),
        "openapi/openapi.json is stale; renew it with: cargo run -- openapi > openapi.new && mv openapi.new openapi/openapi.json"
    );
}
