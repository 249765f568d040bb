//! The body of an import: a CSV file, alone or in a form with its mapping.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use utoipa::ToSchema;

use super::columns::{Columns, Field, Mapping};
use super::plan::Input;
use crate::http::imports::columns::read_mapping;
use crate::http::imports::table::MAX_BYTES;
use crate::http::imports::{Accepted, Said, Table, receive};
use crate::http::{Problem, Query};

static ACCEPTED: Accepted = Accepted {
    content_type: "text/csv",
    most: MAX_BYTES,
    parts: &["mapping"],
    wanted: "Send a CSV file.",
};

/// A table in a form.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"file": "title,role,due_date\nCut the release branch,Branch Manager,2024-03-19\n", "mapping": {"assignee": "role"}}))]
pub struct ImportForm {
    /// The CSV file, UTF-8, at most 5 MiB and 10,000 rows.
    #[schema(value_type = String, format = Binary, max_length = 5_242_880)]
    #[allow(dead_code)]
    file: Bytes,
    /// Which column is what, as JSON. It may be left out, and then so may the query's.
    #[allow(dead_code)]
    mapping: Option<Mapping>,
}

/// What was sent: the file, and the mapping of the form if it has one.
#[derive(Debug)]
pub struct Upload {
    file: Bytes,
    mapping: Option<Mapping>,
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let sent = receive(request, payload, &ACCEPTED).await?;
            let mapping = sent.parts.get("mapping");
            let is_field = |name: &str| Field::parse(name).is_some();
            Ok(Self {
                mapping: mapping
                    .map(|bytes| read_mapping(bytes, is_field))
                    .transpose()?,
                file: sent.file,
            })
        })
    }
}

impl Upload {
    /// Reads the table and finds its columns, by the form's mapping or else the query's. Takes a while: not for
    /// a thread that serves others.
    ///
    /// # Errors
    /// `payload_too_large`; `validation_failed` where the table or the mapping is wrong.
    pub fn read(self, in_query: Mapping) -> Result<Input, Problem> {
        let table = Table::read(&self.file)?;
        let (mapping, said) = match self.mapping {
            Some(mapping) => (mapping, Said::InForm),
            None => (in_query, Said::InQuery),
        };
        let columns = Columns::find(&table, &mapping, said).map_err(Problem::fields)?;
        Ok(Input { table, columns })
    }
}

/// The mapping of the query, which a form may leave out.
pub type MappingQuery = Query<Mapping>;
