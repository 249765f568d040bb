//! Additions to Diesel's vocabulary: a tuple comparison for keyset pages, a pattern for text search, and a
//! member of a document.
//!
//! The surprising rule: the comparison is written as SQL's row values, `(a, b) > (x, y)`. Spelled out with
//! `OR`, neither database starts in the middle of the index, and the last page costs more than the first.

use diesel::backend::Backend;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::result::QueryResult;
use diesel::sql_types::Bool;

/// How many ids one query names at most: databases take more, but no statement is to grow with the data.
pub const CHUNK: usize = 500;

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// `(key, id) > (value, last)`, or `<` when the list runs downward: the rows behind a page's last one.
#[derive(Debug, Clone, Copy)]
pub struct Behind<K, I, V, L> {
    columns: (K, I),
    values: (V, L),
    direction: Direction,
}

/// The rows behind the one whose key is `value` and whose id is `last`.
pub fn behind<K, I, V, L>(
    columns: (K, I),
    values: (V, L),
    direction: Direction,
) -> Behind<K, I, V::Expression, L::Expression>
where
    K: Expression,
    I: Expression,
    K::SqlType: diesel::sql_types::SqlType,
    I::SqlType: diesel::sql_types::SqlType,
    V: diesel::expression::AsExpression<K::SqlType>,
    L: diesel::expression::AsExpression<I::SqlType>,
{
    Behind {
        columns,
        values: (values.0.as_expression(), values.1.as_expression()),
        direction,
    }
}

impl<K, I, V, L> Expression for Behind<K, I, V, L> {
    type SqlType = diesel::sql_types::Nullable<Bool>;
}

impl<K, I, V, L, QS> AppearsOnTable<QS> for Behind<K, I, V, L>
where
    K: AppearsOnTable<QS>,
    I: AppearsOnTable<QS>,
{
}

impl<K, I, V, L, QS> SelectableExpression<QS> for Behind<K, I, V, L>
where
    K: SelectableExpression<QS>,
    I: SelectableExpression<QS>,
{
}

impl<K, I, V, L> ValidGrouping<()> for Behind<K, I, V, L> {
    type IsAggregate = is_aggregate::No;
}

impl<K, I, V, L> QueryId for Behind<K, I, V, L> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB, K, I, V, L> QueryFragment<DB> for Behind<K, I, V, L>
where
    DB: Backend,
    K: QueryFragment<DB>,
    I: QueryFragment<DB>,
    V: QueryFragment<DB>,
    L: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        self.columns.0.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.columns.1.walk_ast(out.reborrow())?;
        out.push_sql(match self.direction {
            Direction::Ascending => ") > (",
            Direction::Descending => ") < (",
        });
        self.values.0.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.values.1.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

diesel::infix_operator!(Member, " ->> ", diesel::sql_types::Text);

/// A member of a document in a column, as text: `column ->> 'name'`, which both databases know. An object is
/// its JSON. Say `column.nullable()`: the answer is null where the document has no such member.
pub fn member<E>(column: E, name: &'static str) -> Member<E, MemberName>
where
    E: Expression,
{
    use diesel::expression::AsExpression;
    Member::new(
        column,
        AsExpression::<diesel::sql_types::Text>::as_expression(name),
    )
}

type MemberName =
    <&'static str as diesel::expression::AsExpression<diesel::sql_types::Text>>::Expression;

/// A statement whose text is always the same. Diesel keeps no UPDATE prepared, because a changeset may take as many
/// forms as it has fields; where it has one form only, reading it anew costs more than running it.
#[derive(Debug, Clone, Copy)]
pub struct Steady<Q>(pub Q);

impl<Q> QueryId for Steady<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Steady<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, Conn> RunQueryDsl<Conn> for Steady<Q> {}

impl<DB: Backend, Q: QueryFragment<DB>> QueryFragment<DB> for Steady<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

/// The columns of a row, for `.returning(…)`: there is no `as_returning` on the combined backend.
pub fn columns<T: diesel::Selectable<super::MultiBackend>>() -> T::SelectExpression {
    T::construct_selection()
}

/// How many rows one statement writes at most; the widest table takes 30 parameters a row, and PostgreSQL takes
/// 65,535 a statement.
pub const AT_ONCE: usize = 500;

/// The rows of a query whose nullable reference is any of these ids or, where `true` stands beside them, none at all.
///
/// `query = one_of!(query, tasks::campaign_id, wanted.resolve());`
#[macro_export]
macro_rules! one_of {
    ($query:expr, $column:expr, $wanted:expr) => {
        match $wanted {
            (ids, false) => $query.filter($column.eq_any(ids)),
            (ids, true) if ids.is_empty() => $query.filter($column.is_null()),
            (ids, true) => {
                $query.filter($column.is_null().or($column.eq_any(ids).assume_not_null()))
            }
        }
    };
}

/// Inserts a slice of rows: with few statements on PostgreSQL, where each costs a way to the server and back, and
/// one by one on SQLite, which has them at hand. The combined backend knows no insert of several rows.
///
/// `insert_all!(conn, table, rows)`
#[macro_export]
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {{
        use diesel::RunQueryDsl as _;
        match $conn {
            $crate::db::AnyConnection::Postgres(conn) => {
                for some in $rows.chunks($crate::db::rows::AT_ONCE) {
                    // A statement for one row is prepared once and kept; one for many is not.
                    match some {
                        [one] => diesel::insert_into($table).values(one).execute(conn)?,
                        some => diesel::insert_into($table).values(some).execute(conn)?,
                    };
                }
            }
            $crate::db::AnyConnection::Sqlite(conn) => {
                for row in $rows {
                    diesel::insert_into($table).values(row).execute(conn)?;
                }
            }
        }
    }};
}

/// The `LIKE` pattern that finds `words` anywhere in text that was folded by [`fold`]; the escape
/// character is `!`, because PostgreSQL and SQLite disagree about the backslash.
#[must_use]
pub fn pattern(words: &str) -> String {
    let mut pattern = String::from("%");
    for character in fold(words).chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// The character that [`pattern`] escapes with.
pub const ESCAPE: char = '!';

/// Text as it is searched: lower case and without accents, in Rust, because the two databases fold
/// differently (SQLite knows ASCII only).
#[must_use]
pub fn fold(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;
    text.nfkd()
        .filter(|character| !is_combining_mark(*character))
        .flat_map(char::to_lowercase)
        .collect()
}
