//! How urgent a task is.
//!
//! The surprising rule: on the wire it is a word, in the table a small number, so that it sorts.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::SmallInt;

/// How urgent a task is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = SmallInt)]
pub enum Priority {
    /// Nobody has said.
    None,
    /// Can wait.
    Low,
    /// As usual.
    #[default]
    Normal,
    /// Before others.
    High,
    /// Before everything else.
    Urgent,
}

crate::text_column!(Priority);

impl Priority {
    /// All of them, least urgent first.
    pub const ALL: &'static [Self] = &[
        Self::None,
        Self::Low,
        Self::Normal,
        Self::High,
        Self::Urgent,
    ];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|priority| priority.as_str() == text)
    }

    const fn rank(self) -> &'static i16 {
        match self {
            Self::None => &0,
            Self::Low => &1,
            Self::Normal => &2,
            Self::High => &3,
            Self::Urgent => &4,
        }
    }
}

impl<DB> FromSql<SmallInt, DB> for Priority
where
    DB: diesel::backend::Backend,
    i16: FromSql<SmallInt, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let rank = <i16 as FromSql<_, DB>>::from_sql(value)?;
        Self::ALL
            .iter()
            .copied()
            .find(|priority| *priority.rank() == rank)
            .ok_or_else(|| format!("an unknown priority: {rank}").into())
    }
}

impl<DB> ToSql<SmallInt, DB> for Priority
where
    DB: diesel::backend::Backend,
    i16: ToSql<SmallInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <i16 as ToSql<_, DB>>::to_sql(self.rank(), out)
    }
}

#[cfg(test)]
mod tests {
    use super::Priority;

    #[test]
    fn ranks_sort_like_the_words_are_listed() {
        let ranks: Vec<i16> = Priority::ALL.iter().map(|one| *one.rank()).collect();
        assert!(ranks.is_sorted_by(|one, next| one < next));
        for priority in Priority::ALL {
            assert_eq!(Priority::parse(priority.as_str()), Some(*priority));
        }
    }
}
