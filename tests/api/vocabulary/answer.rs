//! An answer, and what a test expects of it.

use serde_json::Value;

use super::{schema, watch};

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
    pub text: String,
    what: String,
}

/// Sends a request and checks the answer against the document.
pub async fn send(method: reqwest::Method, path: &str, request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = response.text().await.expect("a text");
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    let answer = Answer {
        status,
        headers,
        body,
        text,
        what: format!("{method} {path}"),
    };
    watch::check(&answer.what, &answer);
    schema::check(&method, path, &answer);
    answer
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.what, self.text);
        self.body
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        self.expect(200)
    }

    #[track_caller]
    pub fn created(self) -> Value {
        assert!(
            self.status != 201 || self.headers.contains_key("location"),
            "{}: 201 without Location",
            self.what
        );
        self.expect(201)
    }

    #[track_caller]
    pub fn no_content(self) {
        self.expect(204);
    }

    #[track_caller]
    pub fn not_modified(self) {
        self.expect(304);
    }

    /// A problem document with this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}: {}",
            self.what,
            self.text
        );
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.what
        );
        self.body
    }

    /// 422 that names exactly this member of the body.
    #[track_caller]
    pub fn refused_at(self, pointer: &str) -> Value {
        self.problem_at(422, "validation_failed", pointer)
    }

    /// A problem that names exactly this member of the body.
    #[track_caller]
    pub fn problem_at(self, status: u16, code: &str, pointer: &str) -> Value {
        let what = self.what.clone();
        let problem = self.problem(status, code);
        let pointers: Vec<&str> = problem["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .filter_map(|error| error["pointer"].as_str())
            .collect();
        assert_eq!(pointers, [pointer], "{what}: {problem}");
        problem
    }
}
