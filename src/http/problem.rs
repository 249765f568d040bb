//! The one error type at the edge: a problem document (RFC 9457).
//!
//! The surprising rule: the cause of an internal error is logged here, once, and never sent.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::codes::Code;
use crate::db::{DbError, Failure};

/// One thing that is wrong with the request.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Where in the body, as a JSON Pointer (RFC 6901); null when it is not in the body.
    #[schema(required = true, example = "/title", max_length = 1000)]
    pub pointer: Option<String>,
    /// Which query or path parameter; null when it is in the body.
    #[schema(required = true, max_length = 200)]
    pub parameter: Option<String>,
    /// What is wrong, for programs. More may come: have a default branch.
    #[schema(example = "too_long", max_length = 100)]
    pub code: String,
    /// What is wrong and what to do, for people.
    #[schema(example = "At most 200 characters.", max_length = 1000)]
    pub detail: String,
    /// The figures behind it.
    #[schema(value_type = Object, example = json!({"max": 200}))]
    pub params: Value,
}

impl FieldError {
    /// Something wrong in the body, at `pointer` (`/title`).
    #[must_use]
    pub fn body(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self {
            pointer: Some(pointer.into()),
            parameter: None,
            code: code.to_owned(),
            detail: detail.into(),
            params: json!({}),
        }
    }

    /// Something wrong with a query or path parameter.
    #[must_use]
    pub fn parameter(name: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self {
            pointer: None,
            parameter: Some(name.into()),
            code: code.to_owned(),
            detail: detail.into(),
            params: json!({}),
        }
    }

    /// The same with figures.
    #[must_use]
    pub fn with(mut self, params: Value) -> Self {
        self.params = params;
        self
    }

    /// The same, below `prefix` (`/items/3`).
    #[must_use]
    pub fn below(mut self, prefix: &str) -> Self {
        self.pointer = self.pointer.map(|pointer| format!("{prefix}{pointer}"));
        self
    }
}

/// How many characters of what the client sent come back to it: the name of a member may be as long as the body.
const LONGEST_ECHO: usize = 199;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_ECHO) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A refusal or failure, on its way to the client.
#[derive(Clone)]
pub struct Problem(Box<Facts>);

#[derive(Clone)]
struct Facts {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    members: Map<String, Value>,
    retry_after: Option<u64>,
    allow: Option<String>,
    request_id: Option<String>,
}

impl Problem {
    /// A problem whose detail is what the table says.
    #[must_use]
    pub fn new(code: Code) -> Self {
        let retry_after = match code {
            Code::Unavailable | Code::Draining => Some(1),
            Code::StorageFull => Some(60),
            _ => None,
        };
        Self(Box::new(Facts {
            code,
            detail: code.entry().help.to_owned(),
            errors: Vec::new(),
            members: Map::new(),
            retry_after,
            allow: None,
            request_id: None,
        }))
    }

    /// Fields that are refused.
    #[must_use]
    pub fn fields(mut errors: Vec<FieldError>) -> Self {
        for error in &mut errors {
            error.pointer = error.pointer.as_deref().map(shortened);
        }
        let detail = match errors.as_slice() {
            [one] => format!(
                "{}: {}",
                one.pointer
                    .as_deref()
                    .or(one.parameter.as_deref())
                    .unwrap_or("body"),
                one.detail
            ),
            many => format!("{} fields are not valid.", many.len()),
        };
        let mut problem = Self::new(Code::ValidationFailed).detail(detail);
        problem.0.errors = errors;
        problem
    }

    /// One field of the body that is refused.
    #[must_use]
    pub fn field(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError::body(pointer, code, detail)])
    }

    /// A query parameter that is refused.
    #[must_use]
    pub fn parameter(code: Code, name: &str, detail: impl Into<String>) -> Self {
        let (name, detail) = (shortened(name), detail.into());
        let mut problem = Self::new(code).detail(format!("{name}: {detail}"));
        problem.0.errors = vec![FieldError::parameter(name, code.entry().code, detail)];
        problem
    }

    /// Nothing is there, or nothing that the caller may see.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// The state machine does not allow it.
    #[must_use]
    pub fn transition(from: &str, to: &str, allowed: &[&str]) -> Self {
        let possible = if allowed.is_empty() {
            "nothing can follow it".to_owned()
        } else {
            format!("possible from it: {}", allowed.join(", "))
        };
        Self::new(Code::InvalidTransition)
            .detail(format!("{from} cannot become {to}; {possible}."))
            .member("from", from)
            .member("to", to)
            .member("allowed", allowed)
    }

    /// Something went wrong that is not the client's doing. The cause is logged and not sent.
    #[track_caller]
    #[must_use]
    pub fn internal(cause: impl fmt::Display) -> Self {
        log::error!(
            "internal error at {}: {cause}",
            std::panic::Location::caller()
        );
        Self::new(Code::Internal)
    }

    /// The same problem with this detail.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// The same problem with one member more.
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.0.members.insert(name.to_owned(), value);
        self
    }

    /// The same problem, naming the field of the body that it is about. The field says what the problem says, so the detail
    /// comes first.
    #[must_use]
    pub fn at(mut self, pointer: &str) -> Self {
        let (code, detail) = (self.0.code.entry().code, self.0.detail.clone());
        self.0.errors.push(FieldError::body(pointer, code, detail));
        self
    }

    /// The same problem with `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// An address that takes other methods.
    #[must_use]
    pub fn not_allowed(methods: String) -> Self {
        let mut problem =
            Self::new(Code::MethodNotAllowed).detail(format!("This address takes {methods}."));
        problem.0.allow = Some(methods);
        problem
    }

    /// The same problem, all its pointers below `prefix`.
    #[must_use]
    pub fn below(mut self, prefix: &str) -> Self {
        self.0.errors = self
            .0
            .errors
            .into_iter()
            .map(|error| error.below(prefix))
            .collect();
        if self.0.errors.is_empty() {
            self.0.members.insert("pointer".to_owned(), json!(prefix));
        }
        self
    }

    /// The same problem, answering the request with this id.
    #[must_use]
    pub fn for_request(mut self, id: &str) -> Self {
        self.0.request_id = Some(id.to_owned());
        self
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The fields it names.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> Value {
        let Facts { code, .. } = *self.0;
        let entry = code.entry();
        let mut document = Map::new();
        document.insert(
            "type".to_owned(),
            json!(format!("/problems/{}", code.slug())),
        );
        document.insert("title".to_owned(), json!(entry.title));
        document.insert("status".to_owned(), json!(entry.status));
        document.insert("code".to_owned(), json!(entry.code));
        document.insert("detail".to_owned(), json!(self.0.detail));
        document.insert("request_id".to_owned(), json!(self.0.request_id));
        document.insert("errors".to_owned(), json!(self.0.errors));
        document.extend(self.0.members.clone());
        Value::Object(document)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.document())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.0.code.entry().code, self.0.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.entry().status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if let Some(seconds) = self.0.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if let Some(allow) = &self.0.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        if self.status_code() == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        if self.0.code == Code::RequestTimeout {
            // The rest of the body may still trickle in: nothing more is read from this connection.
            response.force_close();
        }
        response.body(self.document().to_string())
    }
}

impl From<DbError> for Problem {
    #[track_caller]
    fn from(error: DbError) -> Self {
        match error {
            DbError::Query(diesel::result::Error::NotFound) => Self::not_found(),
            DbError::Unavailable(cause) => {
                log::warn!("the database is not available: {cause}");
                Self::new(Code::Unavailable)
            }
            DbError::StorageFull(cause) => {
                log::error!("the storage is full: {cause}");
                Self::new(Code::StorageFull)
            }
            DbError::Query(diesel::result::Error::DatabaseError(
                diesel::result::DatabaseErrorKind::UniqueViolation,
                info,
            )) => {
                log::warn!("a unique value was taken: {}", info.message());
                Self::new(Code::AlreadyExists)
            }
            error => Self::internal(error),
        }
    }
}

impl From<diesel::result::Error> for Problem {
    #[track_caller]
    fn from(error: diesel::result::Error) -> Self {
        DbError::from(error).into()
    }
}

impl Failure for Problem {
    fn is_unavailable(&self) -> bool {
        self.0.code == Code::Unavailable
    }
}
