//! The one error type at the edge: a problem document (RFC 9457).
//!
//! The surprising rule: the cause of an internal error is logged here, once, and never sent.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::db::{DbError, Failure};

/// Every code that a problem can have. Stable: clients branch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Code {
    MalformedJson,
    InvalidQuery,
    UnknownParameter,
    InvalidHeader,
    InvalidCursor,
    MalformedRequest,
    Unauthenticated,
    TokenExpired,
    InvalidCredentials,
    InsufficientRole,
    InsufficientScope,
    SignUpClosed,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    InvalidTransition,
    AlreadyExists,
    DependencyCycle,
    CapacityExceeded,
    OverAllocated,
    StillReferenced,
    VersionConflict,
    PayloadTooLarge,
    UriTooLong,
    UnsupportedMediaType,
    ValidationFailed,
    IdempotencyKeyReused,
    RateLimited,
    Internal,
    Unavailable,
    Draining,
    StorageFull,
}

/// A line of the table of codes.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The code on the wire.
    pub code: &'static str,
    /// The HTTP status it comes with.
    pub status: u16,
    /// One line for people; the same for every problem with the code.
    pub title: &'static str,
    /// What happened and what to do, for the documentation.
    pub help: &'static str,
}

const fn entry(code: &'static str, status: u16, title: &'static str, help: &'static str) -> Entry {
    Entry {
        code,
        status,
        title,
        help,
    }
}

impl Code {
    /// All of them, in the order of their status.
    pub const ALL: [Self; 32] = [
        Self::MalformedJson,
        Self::InvalidQuery,
        Self::UnknownParameter,
        Self::InvalidHeader,
        Self::InvalidCursor,
        Self::MalformedRequest,
        Self::Unauthenticated,
        Self::TokenExpired,
        Self::InvalidCredentials,
        Self::InsufficientRole,
        Self::InsufficientScope,
        Self::SignUpClosed,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::InvalidTransition,
        Self::AlreadyExists,
        Self::DependencyCycle,
        Self::CapacityExceeded,
        Self::OverAllocated,
        Self::StillReferenced,
        Self::VersionConflict,
        Self::PayloadTooLarge,
        Self::UriTooLong,
        Self::UnsupportedMediaType,
        Self::ValidationFailed,
        Self::IdempotencyKeyReused,
        Self::RateLimited,
        Self::Internal,
        Self::Unavailable,
        Self::Draining,
        Self::StorageFull,
    ];

    /// The table: code, status, title, help.
    #[must_use]
    pub const fn entry(self) -> Entry {
        match self {
            Self::MalformedJson => entry(
                "malformed_json",
                400,
                "The body is not JSON",
                "The request body could not be read as one JSON object: broken syntax, a member twice, text behind the end, or more than 32 levels. Send valid JSON.",
            ),
            Self::InvalidQuery => entry(
                "invalid_query",
                400,
                "A query parameter is not valid",
                "A query parameter has a value that it cannot have; `errors` names it and says what it takes.",
            ),
            Self::UnknownParameter => entry(
                "unknown_parameter",
                400,
                "A query parameter is unknown",
                "The operation has no such query parameter. Nothing is ignored silently, so that a typing error in a filter does not show everything.",
            ),
            Self::InvalidHeader => entry(
                "invalid_header",
                400,
                "A header is not valid",
                "A request header such as Idempotency-Key or If-Match does not have the form it needs.",
            ),
            Self::InvalidCursor => entry(
                "invalid_cursor",
                400,
                "The cursor is not valid",
                "The cursor was not made by this list with these filters and this sort. Begin again without a cursor.",
            ),
            Self::MalformedRequest => entry(
                "malformed_request",
                400,
                "The request could not be read",
                "The request could not be read as HTTP, or its body ended early.",
            ),
            Self::Unauthenticated => entry(
                "unauthenticated",
                401,
                "Sign in first",
                "The operation needs a valid access token in the header `Authorization: Bearer …`. Sign in with POST /v1/sessions.",
            ),
            Self::TokenExpired => entry(
                "token_expired",
                401,
                "The access token has expired",
                "Get a new one with POST /v1/sessions/refresh.",
            ),
            Self::InvalidCredentials => entry(
                "invalid_credentials",
                401,
                "The credentials are not valid",
                "E-mail and password do not belong together, the account is disabled, or the refresh token is not valid any more.",
            ),
            Self::InsufficientRole => entry(
                "insufficient_role",
                403,
                "Your role does not allow this",
                "`required` names the permission that is missing. GET /v1/roles shows which role has it.",
            ),
            Self::InsufficientScope => entry(
                "insufficient_scope",
                403,
                "The token's scope does not allow this",
                "`required` names the scope that the token lacks.",
            ),
            Self::SignUpClosed => entry(
                "sign_up_closed",
                403,
                "Signing up is not open here",
                "This server takes new accounts only with an invitation, or not at all. Ask a team lead for an invitation.",
            ),
            Self::NotFound => entry(
                "not_found",
                404,
                "Not found",
                "There is no such thing, or you may not see it. Both look alike.",
            ),
            Self::MethodNotAllowed => entry(
                "method_not_allowed",
                405,
                "The method is not allowed here",
                "The header `Allow` lists what the address takes.",
            ),
            Self::RequestTimeout => entry(
                "request_timeout",
                408,
                "The request took too long to arrive",
                "The body did not arrive within 15 seconds. Nothing was changed.",
            ),
            Self::InvalidTransition => entry(
                "invalid_transition",
                409,
                "The state does not allow this",
                "`from` is the present state, `allowed` lists the states that can follow it.",
            ),
            Self::AlreadyExists => entry(
                "already_exists",
                409,
                "It exists already",
                "Something with the same unique value is there already.",
            ),
            Self::DependencyCycle => entry(
                "dependency_cycle",
                409,
                "The dependency would close a circle",
                "`path` lists the tasks of the circle.",
            ),
            Self::CapacityExceeded => entry(
                "capacity_exceeded",
                409,
                "The capacity would be exceeded",
                "There are not enough free places or units.",
            ),
            Self::OverAllocated => entry(
                "over_allocated",
                409,
                "The resource would be allocated beyond its limit",
                "The answer names the interval, what is wanted, and what is there.",
            ),
            Self::StillReferenced => entry(
                "still_referenced",
                409,
                "Something still refers to it",
                "The answer counts what refers to it; move or end that first.",
            ),
            Self::VersionConflict => entry(
                "version_conflict",
                412,
                "Somebody changed it meanwhile",
                "`If-Match` names an older version. `current_etag` is the present one: read again, merge, and repeat.",
            ),
            Self::PayloadTooLarge => entry(
                "payload_too_large",
                413,
                "The body is too large",
                "`limit_bytes` is the most that the operation takes.",
            ),
            Self::UriTooLong => entry(
                "uri_too_long",
                414,
                "The address is too long",
                "At most 8,192 bytes.",
            ),
            Self::UnsupportedMediaType => entry(
                "unsupported_media_type",
                415,
                "The content type is not supported",
                "`supported` lists what the operation takes.",
            ),
            Self::ValidationFailed => entry(
                "validation_failed",
                422,
                "The request is not valid",
                "`errors` names each field that is refused, with a code and what to do.",
            ),
            Self::IdempotencyKeyReused => entry(
                "idempotency_key_reused",
                422,
                "The Idempotency-Key was used for another request",
                "Use a new key for a new request.",
            ),
            Self::RateLimited => entry(
                "rate_limited",
                429,
                "Too many requests",
                "Wait as many seconds as `Retry-After` says.",
            ),
            Self::Internal => entry(
                "internal",
                500,
                "Something went wrong on the server",
                "The request id helps the operator to find the cause in the log.",
            ),
            Self::Unavailable => entry(
                "unavailable",
                503,
                "The service is not available right now",
                "The database is out of reach or overloaded. Try again after `Retry-After` seconds; nothing was changed.",
            ),
            Self::Draining => entry(
                "draining",
                503,
                "The server is stopping",
                "Try again; another server will answer.",
            ),
            Self::StorageFull => entry(
                "storage_full",
                503,
                "The storage is full",
                "Nothing was changed. The operator has to make room.",
            ),
        }
    }

    /// The part of the address under `/problems/` where the code is explained.
    #[must_use]
    pub fn slug(self) -> String {
        self.entry().code.replace('_', "-")
    }
}

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
    pub fn fields(errors: Vec<FieldError>) -> Self {
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
        let detail = detail.into();
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

    /// The same problem with `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The same problem with `Allow`.
    #[must_use]
    pub fn allow(mut self, methods: String) -> Self {
        self.0.allow = Some(methods);
        self
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
