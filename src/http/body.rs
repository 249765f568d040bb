//! The body of a request, read as a `T` that cannot hold a wrong value.
//!
//! The surprising rule: the digest of the raw bytes is left with the request, because an Idempotency-Key is
//! bound to exactly those bytes.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::codes::Code;
use super::problem::Problem;
use super::strict;

/// How large a JSON body may be, in bytes.
pub const LIMIT: usize = 256 * 1024;
/// How large the body of a batch may be, in bytes.
pub const BATCH_LIMIT: usize = 1024 * 1024;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);

/// The SHA-256 of the body, as the request carried it.
#[derive(Debug, Clone, Copy)]
pub struct BodyDigest(pub [u8; 32]);

/// A JSON body of at most `MAX` bytes.
#[derive(Debug)]
pub struct Body<T, const MAX: usize = LIMIT>(pub T);

impl<T: DeserializeOwned + 'static, const MAX: usize> FromRequest for Body<T, MAX> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let patch = request.method() == actix_web::http::Method::PATCH;
            expect_type(
                &request,
                if patch {
                    &["application/merge-patch+json", "application/json"]
                } else {
                    &["application/json"]
                },
            )?;
            let bytes = collect(&request, payload, MAX).await?;
            let value = strict::parse(&bytes)?;
            strict::read(value).map(Self).map_err(Problem::fields)
        })
    }
}

/// Checks the content type against those that the operation takes.
///
/// # Errors
/// `unsupported_media_type`, with the list.
pub fn expect_type(request: &HttpRequest, supported: &[&str]) -> Result<(), Problem> {
    let given = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut parts = given.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    // In another encoding the bytes would mean something else.
    let is_utf_8 = parts
        .filter_map(|part| part.strip_prefix("charset="))
        .all(|charset| matches!(charset.trim_matches('"'), "utf-8" | "utf8" | "us-ascii"));
    if is_utf_8 && supported.contains(&kind) {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType)
        .detail(format!("Send the body as {}.", supported.join(" or ")))
        .member("supported", supported))
}

/// Reads the whole body, at most `limit` bytes within 15 seconds, and leaves its digest with the request.
///
/// # Errors
/// `payload_too_large`, `request_timeout`, or `malformed_request` when it ends early.
pub async fn collect(
    request: &HttpRequest,
    mut payload: Payload,
    limit: usize,
) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(Code::PayloadTooLarge)
            .detail(format!("The body may have {limit} bytes."))
            .member("limit_bytes", limit)
    };
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    if announced.is_some_and(|announced| announced > limit) {
        return Err(too_large());
    }
    let read = async {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| {
                Problem::new(Code::MalformedRequest).detail("The body ended early.")
            })?;
            if bytes.len().saturating_add(chunk.len()) > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    };
    let bytes = tokio::time::timeout(PATIENCE, read)
        .await
        .map_err(|_| Problem::new(Code::RequestTimeout))??;
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    request.extensions_mut().insert(BodyDigest(digest));
    Ok(bytes)
}
