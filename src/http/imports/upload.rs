//! The body of an import: a file, alone or in a form.
//!
//! The surprising rule: a form is read whole before it is taken apart, so that the limits of every other body
//! (size, 15 seconds) hold for it too, and its digest binds an Idempotency-Key.

use std::collections::BTreeMap;

use actix_multipart::Multipart;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::web::Bytes;
use futures_util::StreamExt as _;

use crate::http::body::{collect, expect_type};
use crate::http::{Code, Problem};

const FORM: &str = "multipart/form-data";
/// What a form needs besides its file.
const FORM_BYTES: usize = 64 * 1024;

/// What an import takes.
#[derive(Debug)]
pub struct Accepted {
    /// The content type of a file that is sent alone.
    pub content_type: &'static str,
    /// How large the file may be, in bytes.
    pub most: usize,
    /// The parts that a form may have besides `file`.
    pub parts: &'static [&'static str],
    /// What to send, for whoever sends a form without a file.
    pub wanted: &'static str,
}

/// What was sent: the file, and the other parts of the form if it came in one.
#[derive(Debug)]
pub struct Sent {
    /// The file.
    pub file: Bytes,
    /// The other parts, by their names.
    pub parts: BTreeMap<&'static str, Bytes>,
}

/// Reads the body.
///
/// # Errors
/// `unsupported_media_type`, `payload_too_large`, `malformed_request`, `request_timeout`; `validation_failed` at a part
/// that is unknown, there twice, or missing.
pub async fn receive(
    request: HttpRequest,
    payload: Payload,
    accepted: &'static Accepted,
) -> Result<Sent, Problem> {
    expect_type(&request, &[accepted.content_type, FORM])?;
    if expect_type(&request, &[accepted.content_type]).is_ok() {
        return Ok(Sent {
            file: collect(&request, payload, accepted.most).await?,
            parts: BTreeMap::new(),
        });
    }
    let body = collect(&request, payload, accepted.most + FORM_BYTES).await?;
    take_apart(&request, body, accepted).await
}

async fn take_apart(
    request: &HttpRequest,
    body: Bytes,
    accepted: &'static Accepted,
) -> Result<Sent, Problem> {
    let malformed = |error: actix_multipart::MultipartError| {
        Problem::new(Code::MalformedRequest).detail(format!("The form cannot be read: {error}."))
    };
    let whole = futures_util::stream::once(std::future::ready(Ok(body)));
    let mut form = Multipart::new(request.headers(), whole);
    let (mut file, mut parts) = (None, BTreeMap::new());
    while let Some(part) = form.next().await {
        let mut part = part.map_err(malformed)?;
        let name: String = part.name().unwrap_or_default().chars().take(100).collect();
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            bytes.extend_from_slice(&chunk.map_err(malformed)?);
        }
        let bytes = Bytes::from(bytes);
        let known = accepted.parts.iter().find(|part| **part == name).copied();
        let is_second = match (name.as_str(), known) {
            ("file", _) => file.replace(bytes).is_some(),
            (_, Some(part)) => parts.insert(part, bytes).is_some(),
            (_, None) => {
                return Err(Problem::field(
                    &format!("/{name}"),
                    "unknown_member",
                    unknown_part(accepted),
                ));
            }
        };
        if is_second {
            return Err(Problem::field(
                &format!("/{name}"),
                "duplicate",
                "Send this part once.",
            ));
        }
    }
    let file = file.ok_or_else(|| Problem::field("/file", "required", accepted.wanted))?;
    if file.len() > accepted.most {
        return Err(too_large(accepted.most));
    }
    Ok(Sent { file, parts })
}

fn unknown_part(accepted: &Accepted) -> String {
    match accepted.parts {
        [] => "A form has the part file.".to_owned(),
        parts => format!("A form has the parts file and {}.", parts.join(", ")),
    }
}

/// The refusal of a file that is too large.
#[must_use]
pub fn too_large(most: usize) -> Problem {
    Problem::new(Code::PayloadTooLarge)
        .detail(format!("The file may have {most} bytes."))
        .member("limit_bytes", most)
}
