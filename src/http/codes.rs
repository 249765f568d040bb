//! The table of codes that a problem can have: code, status, title, help.
//!
//! The surprising rule: this table is the documentation too. `/problems` and the OpenAPI document are read off it.

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
    NotADeputy,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    InvalidTransition,
    AlreadyExists,
    DependencyCycle,
    DeputyCycle,
    AlreadyInForce,
    CapacityExceeded,
    OverAllocated,
    StillReferenced,
    LastOwner,
    StillInTrash,
    OtherCurrency,
    RegistrationClosed,
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
    pub const ALL: [Self; 39] = [
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
        Self::NotADeputy,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::InvalidTransition,
        Self::AlreadyExists,
        Self::DependencyCycle,
        Self::DeputyCycle,
        Self::AlreadyInForce,
        Self::CapacityExceeded,
        Self::OverAllocated,
        Self::StillReferenced,
        Self::LastOwner,
        Self::StillInTrash,
        Self::OtherCurrency,
        Self::RegistrationClosed,
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
            Self::NotADeputy => entry(
                "not_a_deputy",
                403,
                "You are no deputy of that member",
                "`On-Behalf-Of` names a member who has not made you their deputy for now: the period has not begun, is over or was ended, or there never was one. GET …/deputies?deputy_id=me shows yours.",
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
            Self::DeputyCycle => entry(
                "deputy_cycle",
                409,
                "The deputies would form a circle",
                "`path` lists the members of the circle, each of whom is to be the deputy of the one before.",
            ),
            Self::AlreadyInForce => entry(
                "already_in_force",
                409,
                "It is in force already",
                "What is in force is not changed, so that the past stays what it was. Make a new record that is valid from a later day.",
            ),
            Self::CapacityExceeded => entry(
                "capacity_exceeded",
                409,
                "The capacity would be exceeded",
                "There are not enough free places or units. Of resources, `findings` name the interval, what is wanted, what is there, who takes it, and what would fit instead.",
            ),
            Self::OverAllocated => entry(
                "over_allocated",
                409,
                "The resource would be allocated beyond its limit",
                "`findings` name the interval, what is wanted, what is there, who takes it, and what would fit instead.",
            ),
            Self::StillReferenced => entry(
                "still_referenced",
                409,
                "Something still refers to it",
                "The answer counts what refers to it; move or end that first.",
            ),
            Self::StillInTrash => entry(
                "still_in_trash",
                409,
                "What it belongs to is in the trash",
                "`trash_id` is the entry of the trash that has to be restored first.",
            ),
            Self::OtherCurrency => entry(
                "other_currency",
                409,
                "The campaign counts in another currency by now",
                "There is no exchange. `own_currency` is that of the money, `currency` what its campaign counts in. Enter the money anew in that, or take everything in it out of the campaign first: its budget, lines, expenses and promises of money.",
            ),
            Self::RegistrationClosed => entry(
                "registration_closed",
                409,
                "Registration is not open",
                "`reason` says why: `closed`, `not_yet` (see `opens_at`), `over` (see `closes_at`), `event_begun` or `event_cancelled`. More may come.",
            ),
            Self::LastOwner => entry(
                "last_owner",
                409,
                "A team needs an owner",
                "The member is the last owner of the team, who can neither leave nor take a lower role. Offer the ownership to somebody first.",
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
