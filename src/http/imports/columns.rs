//! Which column of a table is what.
//!
//! The surprising rule: a column is recognised by its name unless the mapping says otherwise; an empty name in
//! the mapping means that no column is it.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use serde::de::DeserializeOwned;
use serde_json::json;

use super::table::Table;
use crate::db::rows::fold;
use crate::http::{FieldError, Problem, Text, strict};

/// The name of a column; empty for none.
pub type ColumnName = Text<0, 100>;

/// What a column can say about a row's record.
pub trait ColumnField: Copy + Debug + Eq + Hash + 'static {
    /// All of them.
    const EACH: &'static [Self];

    /// Its name in a mapping.
    fn word(self) -> &'static str;

    /// The names by which a column is recognised, the likeliest first; compared without case, accents and
    /// punctuation.
    fn names(self) -> &'static [&'static str];

    /// What is asked of whoever sends a table without such a column; none where it may be missing.
    fn demanded(self) -> Option<&'static str>;
}

/// Which column is what, as it was said.
pub trait Mapped {
    /// What columns can say.
    type Field: ColumnField;

    /// The column of a field; none where nothing was said.
    fn of(&self, field: Self::Field) -> Option<&ColumnName>;

    /// Whether a mapping has this member.
    #[must_use]
    fn knows(name: &str) -> bool {
        Self::Field::EACH.iter().any(|field| field.word() == name)
    }
}

/// Where the mapping was said, for what is refused about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// In the query.
    InQuery,
    /// In the part `mapping` of the form.
    InForm,
}

impl Said {
    fn refuse(self, field: &str, code: &str, detail: String) -> FieldError {
        match self {
            Self::InQuery => FieldError::parameter(field, code, detail),
            Self::InForm => FieldError::body(format!("/mapping/{field}"), code, detail),
        }
    }
}

/// The index of each field's column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns<F: Eq + Hash>(HashMap<F, usize>);

impl<F: ColumnField> Columns<F> {
    /// Finds the columns of a table.
    ///
    /// # Errors
    /// Names in the mapping that the table does not have, and a table without a column that is demanded.
    pub fn find(
        table: &Table,
        mapping: &impl Mapped<Field = F>,
        said: Said,
    ) -> Result<Self, Vec<FieldError>> {
        let mut found = HashMap::new();
        let mut errors = Vec::new();
        for field in F::EACH.iter().copied() {
            let Some(name) = mapping.of(field).filter(|name| !name.as_str().is_empty()) else {
                continue;
            };
            match table.column(name.as_str()) {
                Some(index) => {
                    found.insert(field, index);
                }
                None => errors.push(unknown_column(table, field.word(), name, said)),
            }
        }
        let header: Vec<String> = table.header.iter().map(|name| plain(name)).collect();
        for field in F::EACH.iter().copied() {
            if mapping.of(field).is_some() {
                continue;
            }
            let recognised = field.names().iter().find_map(|name| {
                let index = header.iter().position(|column| column == name)?;
                (!found.values().any(|taken| *taken == index)).then_some(index)
            });
            if let Some(index) = recognised {
                found.insert(field, index);
            }
        }
        if errors.is_empty() {
            let missing = F::EACH.iter().filter(|field| !found.contains_key(field));
            errors.extend(missing.filter_map(|field| {
                let detail = format!("{} There are: {}.", field.demanded()?, there(table));
                Some(said.refuse(field.word(), "required", shortened(&detail)))
            }));
        }
        if errors.is_empty() {
            Ok(Self(found))
        } else {
            Err(errors)
        }
    }

    /// The index of a field's column.
    #[must_use]
    pub fn of(&self, field: F) -> Option<usize> {
        self.0.get(&field).copied()
    }

    /// What a column is taken for: one field, or several where the mapping says so.
    #[must_use]
    pub fn at(&self, index: usize) -> Vec<F> {
        F::EACH
            .iter()
            .copied()
            .filter(|field| self.of(*field) == Some(index))
            .collect()
    }
}

/// A name in a mapping that the table does not have.
#[must_use]
pub fn unknown_column(table: &Table, field: &str, name: &ColumnName, said: Said) -> FieldError {
    let detail = format!("There is no such column. There are: {}.", there(table));
    said.refuse(field, "unknown_column", shortened(&detail))
        .with(json!({"column": name}))
}

fn there(table: &Table) -> String {
    table.header.join(", ")
}

/// Reads the part `mapping` of a form.
pub(super) fn read_mapping<M: Mapped + DeserializeOwned>(bytes: &[u8]) -> Result<M, Problem> {
    let value = strict::parse(bytes)?;
    let unknown: Vec<FieldError> = value
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys())
        .filter(|name| !M::knows(name))
        .map(|name| {
            FieldError::body(
                format!("/mapping/{name}"),
                "unknown_member",
                "There is no such field.",
            )
        })
        .collect();
    if !unknown.is_empty() {
        return Err(Problem::fields(unknown));
    }
    strict::read(value).map_err(|errors| Problem::fields(errors).below("/mapping"))
}

/// A text as it is compared: without case and accents, single spaces.
#[must_use]
pub fn normalised(text: &str) -> String {
    let folded = fold(text);
    let words: Vec<&str> = folded.split_whitespace().collect();
    words.join(" ")
}

/// A column's name without case, accents and punctuation: `Start_Date` is `start date`.
#[must_use]
pub fn plain(name: &str) -> String {
    let spaced: String = name
        .chars()
        .map(|character| {
            if character.is_alphanumeric() {
                character
            } else {
                ' '
            }
        })
        .collect();
    normalised(&spaced)
}

/// As much of a text as a problem's detail holds.
fn shortened(text: &str) -> String {
    text.chars().take(1_000).collect()
}
