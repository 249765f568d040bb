//! The caller: who asks, proved by an access token.
//!
//! The surprising rule: nothing here waits. Actix starts all extractors of a handler at once and the first
//! error wins; an extractor that had to ask the database would let a bad body answer 400 before 401.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::signing::TokenError;
use super::state::State;
use crate::db::Id;
use crate::http::edge::Account;
use crate::http::{Code, Problem, query, routes};

/// A person with a valid access token. Whether the session still lasts is asked with the first query.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The account.
    pub account_id: Id,
    /// The session.
    pub session_id: Id,
    /// The member in whose place the caller wants to act. Whether that is allowed is asked with the first query.
    pub on_behalf_of: Option<Id>,
}

impl Caller {
    /// Reads the token of a request, and refuses query parameters that the operation does not have.
    ///
    /// # Errors
    /// `unauthenticated` or `token_expired`; `unknown_parameter`.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let state = request
            .app_data::<web::Data<State>>()
            .ok_or_else(|| Problem::internal("the state is missing"))?;
        let caller = Self {
            on_behalf_of: on_behalf_of(request)?,
            ..identify(request, state)?
        };
        request.extensions_mut().insert(Account(caller.account_id));
        check_parameters(request, state)?;
        Ok(caller)
    }
}

/// The header in which a deputy names the member replaced.
pub const ON_BEHALF_OF: &str = "on-behalf-of";

fn on_behalf_of(request: &HttpRequest) -> Result<Option<Id>, Problem> {
    let mut values = request.headers().get_all(ON_BEHALF_OF);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let is_only = values.next().is_none();
    value
        .to_str()
        .ok()
        .filter(|_| is_only)
        .and_then(|text| text.trim().parse().ok())
        .map(Some)
        .ok_or_else(|| {
            Problem::new(Code::InvalidHeader)
                .detail("On-Behalf-Of takes the id of the member in whose place you act, once.")
        })
}

/// The caller of a request, without a look at anything but the token.
///
/// # Errors
/// `unauthenticated` or `token_expired`.
pub fn identify(request: &HttpRequest, state: &State) -> Result<Caller, Problem> {
    let unauthenticated = || Problem::new(Code::Unauthenticated);
    let value = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(unauthenticated)?;
    let (scheme, token) = value.split_once(' ').ok_or_else(unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(unauthenticated());
    }
    match state.keys.verify(token.trim(), state.clock.now().utc()) {
        Ok(claims) => Ok(Caller {
            account_id: claims.sub.into(),
            session_id: claims.sid.into(),
            on_behalf_of: None,
        }),
        Err(TokenError::Expired) => Err(Problem::new(Code::TokenExpired)),
        Err(TokenError::Invalid(reason)) => {
            log::debug!("an access token was refused: {reason}");
            Err(unauthenticated())
        }
    }
}

/// Refuses a query parameter that the document does not list for the operation.
///
/// # Errors
/// `unknown_parameter`.
pub fn check_parameters(request: &HttpRequest, state: &State) -> Result<(), Problem> {
    if request.query_string().is_empty() {
        return Ok(());
    }
    let known = routes::address(request).map_or(&[][..], |address| {
        state.operations.parameters(request.method(), address)
    });
    for (name, _) in query::pairs(request)? {
        if !known.contains(&name) {
            let detail = if known.is_empty() {
                "The operation takes no query parameters.".to_owned()
            } else {
                format!("The operation takes: {}.", known.join(", "))
            };
            return Err(Problem::parameter(Code::UnknownParameter, &name, detail));
        }
    }
    Ok(())
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// For operations without a caller: refuses query parameters that the document does not list.
#[derive(Debug, Clone, Copy)]
pub struct KnownParameters;

impl FromRequest for KnownParameters {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let checked = match request.app_data::<web::Data<State>>() {
            Some(state) => check_parameters(request, state),
            None => Err(Problem::internal("the state is missing")),
        };
        ready(checked.map(|()| Self))
    }
}
