//! What a handler answers when all went well: status, version, place, bytes.
//!
//! The surprising rule: the bytes are made inside the transaction, so that a retry with the same
//! Idempotency-Key gets exactly them again.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::codes::Code;
use super::expand::Expanded;
use super::page::{Page, PageRequest};
use super::problem::Problem;

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) body: Bytes,
    /// What a retry gets instead of `body`, where that holds a secret that is shown once.
    pub(crate) replay: Option<Bytes>,
    pub(crate) is_replayed: bool,
    pub(crate) content_type: &'static str,
}

/// The strong entity tag of a record's version.
#[must_use]
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

impl Reply {
    fn json(status: u16, body: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self {
            status,
            etag: None,
            location: None,
            link: None,
            body: serde_json::to_vec(body).map_err(Problem::internal)?.into(),
            replay: None,
            is_replayed: false,
            content_type: "application/json",
        })
    }

    /// 200 with `body`.
    ///
    /// # Errors
    /// When `body` cannot be written as JSON.
    pub fn ok(body: &impl Serialize) -> Result<Self, Problem> {
        Self::json(200, body)
    }

    /// 200 with a record and its version as `ETag`.
    ///
    /// # Errors
    /// When `body` cannot be written as JSON.
    pub fn record(body: &impl Serialize, version: i64) -> Result<Self, Problem> {
        Ok(Self {
            etag: Some(etag(version)),
            ..Self::json(200, body)?
        })
    }

    /// 201 with a new record, its version and its address.
    ///
    /// # Errors
    /// When `body` cannot be written as JSON.
    pub fn created(body: &impl Serialize, version: i64, location: String) -> Result<Self, Problem> {
        Ok(Self {
            etag: Some(etag(version)),
            location: Some(location),
            ..Self::json(201, body)?
        })
    }

    /// 200 with a page of a list.
    ///
    /// # Errors
    /// `invalid_query` when `fields` names a member that the items do not have.
    pub fn page<T: Serialize + ToSchema>(
        page: &Page<T>,
        request: &PageRequest,
    ) -> Result<Self, Problem> {
        Self::page_beside(page, request, None::<()>)
    }

    /// 200 with a page of a list and, where that was asked for, what its items refer to.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub fn page_beside<T: Serialize + ToSchema>(
        page: &Page<T>,
        request: &PageRequest,
        expanded: Option<impl Serialize>,
    ) -> Result<Self, Problem> {
        let mut reply = match request.fields() {
            None => Self::json(
                200,
                &Expanded {
                    shown: page,
                    expanded,
                },
            )?,
            Some(fields) => Self::json(
                200,
                &Expanded {
                    shown: with_fields(page, fields)?,
                    expanded,
                },
            )?,
        };
        reply.link = page
            .next_cursor
            .as_deref()
            .map(|cursor| request.link(cursor));
        Ok(reply)
    }

    /// 204 without a body.
    #[must_use]
    pub fn no_content() -> Self {
        Self {
            status: 204,
            etag: None,
            location: None,
            link: None,
            body: Bytes::new(),
            replay: None,
            is_replayed: false,
            content_type: "application/json",
        }
    }

    /// 200 with text of another media type.
    #[must_use]
    pub fn text(media_type: &'static str, text: String) -> Self {
        Self {
            body: text.into(),
            ..Self::no_content().status(200).content_type(media_type)
        }
    }

    /// The same with this tag.
    #[must_use]
    pub fn tagged(mut self, etag: String) -> Self {
        self.etag = Some(etag);
        self
    }

    /// The same with this status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with the record's address.
    #[must_use]
    pub fn location(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }

    /// The same as another media type.
    #[must_use]
    pub fn content_type(mut self, media_type: &'static str) -> Self {
        self.content_type = media_type;
        self
    }

    /// A retry gets `body` instead of this one, which holds a secret.
    ///
    /// # Errors
    /// When `body` cannot be written as JSON.
    pub fn replayed_as(mut self, body: &impl Serialize) -> Result<Self, Problem> {
        self.replay = Some(serde_json::to_vec(body).map_err(Problem::internal)?.into());
        Ok(self)
    }

    /// 304 with this tag.
    #[must_use]
    pub fn not_modified(etag: String) -> Self {
        Self {
            etag: Some(etag),
            ..Self::no_content().status(304)
        }
    }
}

fn with_fields<T: Serialize + ToSchema>(
    page: &Page<T>,
    fields: &[String],
) -> Result<Value, Problem> {
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    let known = members(&T::schema(), &schemas);
    if fields.iter().any(|field| !known.contains(field)) {
        return Err(Problem::parameter(
            Code::InvalidQuery,
            "fields",
            format!("The items have the members {}.", known.join(", ")),
        ));
    }
    let mut value = serde_json::to_value(page).map_err(Problem::internal)?;
    if let Some(Value::Array(items)) = value.get_mut("items") {
        for item in items {
            if let Value::Object(all) = item {
                let kept: Map<String, Value> = std::mem::take(all)
                    .into_iter()
                    .filter(|(name, _)| fields.contains(name))
                    .collect();
                *all = kept;
            }
        }
    }
    Ok(value)
}

/// The members of a schema, those of the schemas that it is put together from included.
fn members(schema: &RefOr<Schema>, schemas: &[(String, RefOr<Schema>)]) -> Vec<String> {
    match schema {
        RefOr::T(Schema::Object(object)) => object.properties.keys().cloned().collect(),
        RefOr::T(Schema::AllOf(all)) => all
            .items
            .iter()
            .flat_map(|part| members(part, schemas))
            .collect(),
        RefOr::T(_) => Vec::new(),
        RefOr::Ref(place) => schemas
            .iter()
            .find(|(name, _)| place.ref_location.ends_with(&format!("/{name}")))
            .map(|(_, part)| members(part, schemas))
            .unwrap_or_default(),
    }
}

impl Responder for Reply {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = HttpResponse::build(status);
        for (name, value) in [
            (header::ETAG, &self.etag),
            (header::LOCATION, &self.location),
            (header::LINK, &self.link),
        ] {
            if let Some(value) = value {
                response.insert_header((name, value.as_str()));
            }
        }
        if self.etag.is_some() {
            // A browser keeps the answer under its address, and a deputy gets another one there.
            response.append_header((header::VARY, "On-Behalf-Of"));
        }
        response.insert_header((
            header::CACHE_CONTROL,
            if self.etag.is_some() {
                "private, no-cache"
            } else {
                "no-store"
            },
        ));
        if self.is_replayed {
            response.insert_header((
                HeaderName::from_static("idempotent-replayed"),
                HeaderValue::from_static("true"),
            ));
        }
        if self.body.is_empty() {
            return response.finish();
        }
        response.insert_header((header::CONTENT_TYPE, self.content_type));
        response.body(self.body)
    }
}
