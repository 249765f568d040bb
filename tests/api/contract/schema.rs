//! The tables of a team cannot refer to another team: `team_id` is in every key.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{QueryableByName, sql_query};
use relais::db::{AnyConnection, DbError};

use crate::vocabulary::TestApp;

/// What belongs to no team.
const WITHOUT_A_TEAM: [&str; 11] = [
    "__diesel_schema_migrations",
    "accounts",
    "account_passwords",
    "sessions",
    "refresh_tokens",
    "signing_keys",
    "server_secrets",
    "sign_in_failures",
    "teams",
    // One namespace over all teams, on purpose.
    "public_slugs",
    "sqlite_sequence",
];

#[derive(Debug, QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    key_name: String,
    /// The columns, separated by commas.
    #[diesel(sql_type = Text)]
    columns: String,
}

const SQLITE: &str = "
    SELECT m.name AS table_name, 'primary key' AS key_name,
           (SELECT group_concat(name) FROM pragma_table_info(m.name) WHERE pk > 0) AS columns
      FROM sqlite_master m WHERE m.type = 'table'
    UNION ALL
    SELECT m.name, i.name, (SELECT group_concat(name) FROM pragma_index_info(i.name))
      FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND i.\"unique\" = 1
    UNION ALL
    SELECT m.name, 'foreign key to ' || f.\"table\" || ' ' || f.id, group_concat(f.\"from\")
      FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
     WHERE m.type = 'table' AND f.\"table\" NOT IN ('accounts')
     GROUP BY m.name, f.id";

const POSTGRES: &str = "
    SELECT t.relname::text AS table_name, c.conname::text AS key_name,
           (SELECT string_agg(a.attname::text, ',') FROM pg_attribute a
             WHERE a.attrelid = t.oid AND a.attnum = ANY (c.conkey)) AS columns
      FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
      LEFT JOIN pg_class f ON f.oid = c.confrelid
     WHERE c.contype IN ('p', 'u', 'f') AND t.relnamespace = 'public'::regnamespace
       AND coalesce(f.relname, '') <> 'accounts'
    UNION ALL
    SELECT t.relname::text, i.relname::text,
           (SELECT string_agg(a.attname::text, ',') FROM pg_attribute a
             WHERE a.attrelid = t.oid AND a.attnum = ANY (x.indkey))
      FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
     WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace";

fn load(conn: &mut AnyConnection) -> Result<Vec<Key>, DbError> {
    Ok(match conn {
        AnyConnection::Sqlite(conn) => sql_query(SQLITE).load(conn)?,
        AnyConnection::Postgres(conn) => sql_query(POSTGRES).load(conn)?,
    })
}

#[tokio::test]
async fn every_key_of_a_team_table_has_the_team() {
    let app = TestApp::start().await;
    let keys = app.db.read(load).await.unwrap();
    assert!(keys.len() > 40, "the query finds the keys: {}", keys.len());
    let wrong: Vec<String> = keys
        .iter()
        .filter(|key| !WITHOUT_A_TEAM.contains(&key.table_name.as_str()))
        .filter(|key| !key.columns.split(',').any(|column| column == "team_id"))
        .map(|key| format!("{}: {} ({})", key.table_name, key.key_name, key.columns))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
