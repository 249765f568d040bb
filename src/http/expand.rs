//! What an answer refers to, shown beside it: `expand=assignee,campaign`.
//!
//! The surprising rule: nothing is put in the place of an id. What the ids name comes in one member `expanded`, by kind
//! and by id and each record once, so no field changes its type, and a hundred tasks of one campaign carry it once.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;
use serde::{Deserialize, Serialize};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, RefBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr, Required};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::Problem;
use super::query::AnyOf;
use crate::db::Id;

/// Which references are wanted: words of `R`, a `text_enum!`.
#[derive(Debug, Deserialize)]
#[serde(bound = "R: std::str::FromStr, R::Err: std::fmt::Display")]
pub struct Expand<R> {
    expand: Option<AnyOf<R>>,
}

impl<R> Expand<R> {
    /// The references, where some were asked for.
    #[must_use]
    pub fn references(&self) -> Option<&[R]> {
        self.expand.as_ref().map(|wanted| wanted.0.as_slice())
    }
}

impl<R: ToSchema> IntoParams for Expand<R> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let words = words::<R>();
        let any = words.join("|");
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(200))
            .pattern(Some(format!("^({any})(,({any}))*$")))
            .build();
        let description = format!(
            "Which references to show beside the answer, in its member `expanded`: any of {}, separated by commas. What \
             its own address would not show (in the trash, left, not for the caller's role) is not there either.",
            words
                .iter()
                .map(|word| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(", ")
        );
        let example: Vec<&str> = words.iter().take(2).map(String::as_str).collect();
        vec![
            ParameterBuilder::new()
                .name("expand")
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(schema))
                .example(Some(example.join(",").into()))
                .build(),
        ]
    }
}

fn words<R: ToSchema>() -> Vec<String> {
    match R::schema() {
        RefOr::T(Schema::Object(object)) => object
            .enum_values
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

/// Records by their ids.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct ById<T>(BTreeMap<Id, T>);

impl<T> ById<T> {
    /// What `load` finds of these; for none it is not asked.
    ///
    /// # Errors
    /// What the database answers.
    pub fn of(
        ids: BTreeSet<Id>,
        load: impl FnOnce(BTreeSet<Id>) -> QueryResult<Vec<(Id, T)>>,
    ) -> Result<Self, Problem> {
        let found = if ids.is_empty() {
            Vec::new()
        } else {
            load(ids)?
        };
        Ok(Self(found.into_iter().collect()))
    }

    /// The record with this id.
    #[must_use]
    pub fn get(&self, id: Id) -> Option<&T> {
        self.0.get(&id)
    }
}

impl<T: ToSchema> PartialSchema for ById<T> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .description(Some("Records by their ids."))
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::Ref(
                Ref::from_schema_name(T::name()),
            ))))
            .into()
    }
}

impl<T: ToSchema> ToSchema for ById<T> {
    fn name() -> Cow<'static, str> {
        format!("{}sById", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

/// A record or a page, with what it refers to beside it where that was asked for.
#[derive(Debug, Serialize)]
pub struct Expanded<T, E> {
    #[serde(flatten)]
    pub(crate) shown: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expanded: Option<E>,
}

/// The schema of what is shown, and `expanded`: the one member that is not always there, so that whoever does not ask
/// gets what a change answers, byte for byte.
impl<T: ToSchema, E: ToSchema> PartialSchema for Expanded<T, E> {
    fn schema() -> RefOr<Schema> {
        let expanded = RefBuilder::new()
            .ref_location_from_schema_name(E::name())
            .description(Some(
                "What the ids in the answer name; there when `expand` was sent.",
            ))
            .build();
        match T::schema() {
            RefOr::T(Schema::Object(mut object)) => {
                object
                    .properties
                    .insert("expanded".to_owned(), expanded.into());
                object.into()
            }
            RefOr::T(Schema::AllOf(mut all)) => {
                let part = ObjectBuilder::new().property("expanded", expanded);
                all.items.push(part.into());
                RefOr::T(Schema::AllOf(all))
            }
            other => other,
        }
    }
}

impl<T: ToSchema, E: ToSchema> ToSchema for Expanded<T, E> {
    /// A page keeps its name, because no other page of the same rows is documented beside it.
    fn name() -> Cow<'static, str> {
        let name = T::name();
        if name.ends_with("Page") {
            name
        } else {
            format!("Expanded{name}").into()
        }
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
        schemas.push((E::name().into_owned(), E::schema()));
        E::schemas(schemas);
    }
}
