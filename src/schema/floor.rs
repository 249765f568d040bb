//! Tables of the floor: keys, secrets, replies that are kept, the journal.

diesel::table! {
    use crate::db::types::sql::{UtcInstant};
    use diesel::sql_types::{Binary, Nullable, Text};

    signing_keys (id) {
        id -> Text,
        sealed -> Binary,
        created_at -> UtcInstant,
        active_at -> UtcInstant,
        retired_at -> Nullable<UtcInstant>,
    }
}

diesel::table! {
    use crate::db::types::sql::{};
    use diesel::sql_types::{Binary, Text};

    server_secrets (name) {
        name -> Text,
        sealed -> Binary,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant};
    use diesel::sql_types::{BigInt, Text};

    sign_in_failures (subject) {
        subject -> Text,
        failures -> BigInt,
        last_at -> UtcInstant,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{Binary, Nullable, SmallInt, Text};

    idempotent_replies (team_id, account_id, key) {
        team_id -> Uuid,
        account_id -> Uuid,
        key -> Text,
        fingerprint -> Binary,
        status -> SmallInt,
        etag -> Nullable<Text>,
        location -> Nullable<Text>,
        body -> Binary,
        created_at -> UtcInstant,
    }
}

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    journal (team_id, revision, position) {
        team_id -> Uuid,
        revision -> BigInt,
        position -> BigInt,
        at -> UtcInstant,
        actor_id -> Nullable<Uuid>,
        on_behalf_of_id -> Nullable<Uuid>,
        kind -> Text,
        record_id -> Uuid,
        action -> Text,
        changes -> Json,
        note -> Nullable<Text>,
        campaign_id -> Nullable<Uuid>,
        previous_campaign_id -> Nullable<Uuid>,
    }
}
