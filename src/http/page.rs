//! Pages of a list: keyset, never offset.
//!
//! The surprising rule: a list with nulls is two lists, first the rows that have the key and then those that
//! have not. Both are plain ranges of one index on both databases, in either direction, and nulls come last.

use std::borrow::Cow;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::codes::Code;
use super::problem::Problem;
use super::query::pairs;
use crate::db::Id;
use crate::db::rows::Direction;

/// How many rows a page has when nobody asks.
const DEFAULT_LIMIT: i64 = 25;
/// How many it may have.
const MOST: i64 = 100;
/// How far `include_total` counts.
pub const TOTAL_CAP: i64 = 10_000;
/// The parameters that are about the page and not about what is in the list.
const ABOUT_THE_PAGE: [&str; 5] = ["limit", "cursor", "fields", "expand", "include_total"];

/// Where a page ended: the last row's key and id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cursor {
    /// What the list is: a digest of its address, filters and sort.
    list: String,
    key: Value,
    id: Id,
}

/// Which page is asked for.
#[derive(Debug, Clone)]
pub struct PageRequest {
    limit: i64,
    cursor: Option<Cursor>,
    sort: Option<String>,
    fields: Option<Vec<String>>,
    include_total: bool,
    list: String,
    /// The address of the list without the cursor, for the `Link` header.
    address: String,
}

impl FromRequest for PageRequest {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

impl PageRequest {
    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let mut pairs = pairs(request)?;
        let mut page = Self {
            limit: DEFAULT_LIMIT,
            cursor: None,
            sort: None,
            fields: None,
            include_total: false,
            list: String::new(),
            address: String::new(),
        };
        let mut cursor = None;
        for (name, value) in &pairs {
            let refuse = |detail: &str| Problem::parameter(Code::InvalidQuery, name, detail);
            match name.as_str() {
                "limit" => {
                    page.limit = value
                        .parse()
                        .ok()
                        .filter(|limit| (1..=MOST).contains(limit))
                        .ok_or_else(|| refuse("A whole number from 1 to 100."))?;
                }
                "cursor" => cursor = Some(value.clone()),
                "sort" => page.sort = Some(value.clone()),
                "fields" => {
                    page.fields = Some(value.split(',').map(|one| one.trim().to_owned()).collect());
                }
                "include_total" => {
                    page.include_total = value.parse().map_err(|_| refuse("true or false."))?;
                }
                _ => {}
            }
        }
        page.address = address(request.path(), &pairs);
        pairs.retain(|(name, _)| !ABOUT_THE_PAGE.contains(&name.as_str()));
        pairs.sort();
        let mut digest = Sha256::new();
        digest.update(request.path());
        for (name, value) in &pairs {
            digest.update(format!("\n{}:{name}={value}", name.len()));
        }
        page.list = URL_SAFE_NO_PAD.encode(digest.finalize().get(..9).unwrap_or_default());
        page.cursor = cursor.map(|text| page.decode(&text)).transpose()?;
        Ok(page)
    }

    fn decode(&self, text: &str) -> Result<Cursor, Problem> {
        let cursor: Option<Cursor> = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        cursor
            .filter(|cursor| cursor.list == self.list)
            .ok_or_else(|| Problem::new(Code::InvalidCursor))
    }

    /// How many rows to load: one more than the page has, to learn whether another page follows.
    #[must_use]
    pub const fn fetch(&self) -> i64 {
        self.limit.saturating_add(1)
    }

    /// How many rows the page lacks after `loaded`.
    #[must_use]
    pub fn still_missing(&self, loaded: usize) -> i64 {
        self.fetch()
            .saturating_sub(i64::try_from(loaded).unwrap_or(i64::MAX))
    }

    /// Whether the total was asked for.
    #[must_use]
    pub const fn wants_total(&self) -> bool {
        self.include_total
    }

    /// What the list is sorted by, and which way; `-` before the name means downward.
    ///
    /// # Errors
    /// `invalid_query` when the list does not sort by it.
    pub fn sort<S>(&self, default: (S, Direction)) -> Result<(S, Direction), Problem>
    where
        S: std::str::FromStr<Err = super::values::UnknownWord>,
    {
        let Some(text) = &self.sort else {
            return Ok(default);
        };
        let (name, direction) = match text.strip_prefix('-') {
            Some(name) => (name, Direction::Descending),
            None => (text.as_str(), Direction::Ascending),
        };
        name.parse().map(|sort| (sort, direction)).map_err(|words| {
            Problem::parameter(
                Code::InvalidQuery,
                "sort",
                format!("{words} With - before it the list runs downward."),
            )
        })
    }

    /// The key and id of the row that the page begins behind.
    ///
    /// # Errors
    /// `invalid_cursor` when the key is of another kind.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<(K, Id)>, Problem> {
        self.cursor
            .as_ref()
            .map(|cursor| {
                serde_json::from_value(cursor.key.clone())
                    .map(|key| (key, cursor.id))
                    .map_err(|_| Problem::new(Code::InvalidCursor))
            })
            .transpose()
    }

    /// Makes the page from up to [`Self::fetch`] rows; `key` says what a row sorts by.
    pub fn page<T, K: Serialize>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> (K, Id)) -> Page<T> {
        let most = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > most;
        rows.truncate(most);
        let next_cursor = rows.last().filter(|_| has_more).map(|last| {
            let (key, id) = key(last);
            let cursor = Cursor {
                list: self.list.clone(),
                key: serde_json::to_value(key).unwrap_or(Value::Null),
                id,
            };
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
        });
        Page {
            items: rows,
            next_cursor,
            total: None,
            total_is_exact: None,
        }
    }

    /// The members of an item that were asked for, where some were.
    #[must_use]
    pub fn fields(&self) -> Option<&[String]> {
        self.fields.as_deref()
    }

    /// The `Link` header for the page that follows.
    #[must_use]
    pub fn link(&self, next_cursor: &str) -> String {
        let joint = if self.address.contains('?') { '&' } else { '?' };
        format!(
            "<{}{joint}cursor={next_cursor}>; rel=\"next\"",
            self.address
        )
    }
}

fn address(path: &str, pairs: &[(String, String)]) -> String {
    let query: Vec<String> = pairs
        .iter()
        .filter(|(name, _)| name != "cursor")
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", query.join("&"))
    }
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b',' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// A page of a list.
#[derive(Debug, Clone, Serialize)]
pub struct Page<T> {
    /// The rows, at most as many as `limit` says.
    pub items: Vec<T>,
    /// Where the next page begins; null on the last page.
    pub next_cursor: Option<String>,
    /// How many rows the whole list has, counted up to 10,000; null unless `include_total=true`.
    pub total: Option<i64>,
    /// Whether `total` is the whole number; null unless `include_total=true`.
    pub total_is_exact: Option<bool>,
}

// By hand, because a derived schema of a generic type is named after the generic type alone.
impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let nullable = |kind| SchemaType::from_iter([kind, Type::Null]);
        ObjectBuilder::new()
            .description(Some("A page of a list."))
            .property(
                "items",
                ArrayBuilder::new()
                    .items(RefOr::Ref(Ref::from_schema_name(T::name())))
                    .max_items(Some(100))
                    .description(Some("The rows, at most as many as `limit` says.")),
            )
            .property(
                "next_cursor",
                ObjectBuilder::new()
                    .schema_type(nullable(Type::String))
                    .max_length(Some(4000))
                    .description(Some("Where the next page begins; null on the last page.")),
            )
            .property(
                "total",
                ObjectBuilder::new()
                    .schema_type(nullable(Type::Integer))
                    .minimum(Some(0))
                    .maximum(Some(TOTAL_CAP))
                    .description(Some(
                        "How many rows the whole list has, counted up to 10,000; null unless `include_total=true`.",
                    )),
            )
            .property(
                "total_is_exact",
                ObjectBuilder::new()
                    .schema_type(nullable(Type::Boolean))
                    .description(Some(
                        "Whether `total` is the whole number; null unless `include_total=true`.",
                    )),
            )
            .required("items")
            .required("next_cursor")
            .required("total")
            .required("total_is_exact")
            .into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        format!("{}Page", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T> Page<T> {
    /// The same page with other rows in the places of these.
    #[must_use]
    pub fn map<U>(self, into: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(into).collect(),
            next_cursor: self.next_cursor,
            total: self.total,
            total_is_exact: self.total_is_exact,
        }
    }

    /// The page with the total, counted by loading at most [`TOTAL_CAP`] + 1 ids.
    #[must_use]
    pub fn with_total(mut self, counted: usize) -> Self {
        let counted = i64::try_from(counted).unwrap_or(i64::MAX);
        self.total = Some(counted.min(TOTAL_CAP));
        self.total_is_exact = Some(counted <= TOTAL_CAP);
        self
    }
}

/// Loads a page of a boxed query, sorted by a column that is never null, then by the id.
///
/// `keyset_page!(query, conn, page, direction, Row, (column, id_column), KeyType, |row| row.key)`
#[macro_export]
macro_rules! keyset_page {
    ($query:expr, $conn:expr, $page:expr, $direction:expr, $row:ty,
     ($column:expr, $id:expr), $key_type:ty, $key:expr) => {{
        let page = $page;
        let rows = $crate::keyset_rows!(
            $query,
            $conn,
            page,
            $direction,
            $row,
            ($column, $id),
            $key_type
        );
        let key: fn(&$row) -> $key_type = $key;
        page.page(rows, |row: &$row| (key(row), row.id))
    }};
}

/// The rows that [`keyset_page`] makes its page of, for lists that are put together from several queries.
#[macro_export]
macro_rules! keyset_rows {
    ($query:expr, $conn:expr, $page:expr, $direction:expr, $row:ty,
     ($column:expr, $id:expr), $key_type:ty) => {{
        use $crate::db::rows::{Direction, behind};
        let (mut query, page, direction) = ($query, $page, $direction);
        if let Some((key, id)) = page.after::<$key_type>()? {
            query = query.filter(behind(($column, $id), (key, id), direction));
        }
        let query = match direction {
            Direction::Ascending => query.order(($column.asc(), $id.asc())),
            Direction::Descending => query.order(($column.desc(), $id.desc())),
        };
        let rows: Vec<$row> = query
            .limit(page.fetch())
            .select(<$row>::as_select())
            .load($conn)?;
        rows
    }};
}

/// The same as [`keyset_page`] for a column that may be null: rows without the key come last, in either
/// direction. `query` is evaluated twice, once for each part.
#[macro_export]
macro_rules! keyset_page_nulls_last {
    ($query:expr, $conn:expr, $page:expr, $direction:expr, $row:ty,
     ($column:expr, $id:expr), $key_type:ty, $key:expr) => {{
        let page = $page;
        let rows = $crate::keyset_rows_nulls_last!(
            $query,
            $conn,
            page,
            $direction,
            $row,
            ($column, $id),
            $key_type
        );
        let key: fn(&$row) -> Option<$key_type> = $key;
        page.page(rows, |row: &$row| (key(row), row.id))
    }};
}

/// The rows that [`keyset_page_nulls_last`] makes its page of.
#[macro_export]
macro_rules! keyset_rows_nulls_last {
    ($query:expr, $conn:expr, $page:expr, $direction:expr, $row:ty,
     ($column:expr, $id:expr), $key_type:ty) => {{
        use $crate::db::rows::{Direction, behind};
        let (page, direction) = ($page, $direction);
        let after = page.after::<Option<$key_type>>()?;
        let mut rows: Vec<$row> = Vec::new();
        if !matches!(after, Some((None, _))) {
            let mut query = $query.filter($column.is_not_null());
            if let Some((Some(key), id)) = after {
                query = query.filter(behind(($column, $id), (key, id), direction));
            }
            let query = match direction {
                Direction::Ascending => query.order(($column.asc(), $id.asc())),
                Direction::Descending => query.order(($column.desc(), $id.desc())),
            };
            rows = query
                .limit(page.fetch())
                .select(<$row>::as_select())
                .load($conn)?;
        }
        let missing = page.still_missing(rows.len());
        if missing > 0 {
            let mut query = $query.filter($column.is_null());
            if let Some((None, id)) = after {
                query = match direction {
                    Direction::Ascending => query.filter($id.gt(id)),
                    Direction::Descending => query.filter($id.lt(id)),
                };
            }
            // The key is null throughout and sorts nothing, but named it lets PostgreSQL see that the index of
            // the first part has these rows in order too.
            let query = match direction {
                Direction::Ascending => query.order(($column.asc(), $id.asc())),
                Direction::Descending => query.order(($column.desc(), $id.desc())),
            };
            rows.extend(
                query
                    .limit(missing)
                    .select(<$row>::as_select())
                    .load::<$row>($conn)?,
            );
        }
        rows
    }};
}
