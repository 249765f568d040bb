//! The body of an import: a file, alone or in a form.
//!
//! The surprising rule: a form is read whole before it is taken apart, so that the limits of every other body
//! (size, 15 seconds) hold for it too, and its digest binds an Idempotency-Key.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::columns::{Mapped, Said, read_mapping};
use super::table::{self, Table};
use crate::http::body::{collect, expect_type};
use crate::http::{Code, Problem};

const FORM: &str = "multipart/form-data";
/// What a form needs besides its file.
const FORM_BYTES: usize = 64 * 1024;

static TABLE: Accepted = Accepted {
    content_type: "text/csv",
    most: table::MAX_BYTES,
    parts: &["mapping"],
    wanted: "Send a CSV file.",
};

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

/// A CSV file, and which column is what, if it came in a form that says so.
#[derive(Debug)]
pub struct TableUpload<M> {
    file: Bytes,
    mapping: Option<M>,
}

impl<M: Mapped + DeserializeOwned> FromRequest for TableUpload<M> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let sent = receive(request, payload, &TABLE).await?;
            let mapping = sent.parts.get("mapping");
            Ok(Self {
                mapping: mapping.map(|bytes| read_mapping(bytes)).transpose()?,
                file: sent.file,
            })
        })
    }
}

/// A table, and what was said of its columns.
#[derive(Debug)]
pub struct SentTable<M> {
    /// The table.
    pub table: Table,
    /// Which column is what.
    pub mapping: M,
    /// Where that was said.
    pub said: Said,
}

impl<M: Mapped> TableUpload<M> {
    /// Reads the table. The form's mapping counts, or else the query's. Takes a while: not for a thread that serves others.
    ///
    /// # Errors
    /// `payload_too_large`; `validation_failed` where the table is none.
    pub fn read(self, in_query: impl Into<M>) -> Result<SentTable<M>, Problem> {
        let table = Table::read(&self.file)?;
        let (mapping, said) = match self.mapping {
            Some(mapping) => (mapping, Said::InForm),
            None => (in_query.into(), Said::InQuery),
        };
        Ok(SentTable {
            table,
            mapping,
            said,
        })
    }
}

/// The refusal of a file that is too large.
#[must_use]
pub fn too_large(most: usize) -> Problem {
    Problem::new(Code::PayloadTooLarge)
        .detail(format!("The file may have {most} bytes."))
        .member("limit_bytes", most)
}
