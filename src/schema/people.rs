//! Tables of `people`: accounts and sessions, teams and their members.

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    accounts (id) {
        id -> Uuid,
        email -> Text,
        name -> Text,
        locale -> Text,
        time_zone -> Text,
        disabled_at -> Nullable<UtcInstant>,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{Text};

    account_passwords (account_id) {
        account_id -> Uuid,
        hash -> Text,
        changed_at -> UtcInstant,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{Nullable, Text};

    sessions (id) {
        id -> Uuid,
        account_id -> Uuid,
        user_agent -> Nullable<Text>,
        address -> Nullable<Text>,
        created_at -> UtcInstant,
        last_used_at -> UtcInstant,
        expires_at -> UtcInstant,
        ended_at -> Nullable<UtcInstant>,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{Binary, Nullable};

    refresh_tokens (digest) {
        digest -> Binary,
        session_id -> Uuid,
        issued_at -> UtcInstant,
        rotated_at -> Nullable<UtcInstant>,
        replayed_at -> Nullable<UtcInstant>,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    teams (id) {
        id -> Uuid,
        key -> Text,
        name -> Text,
        time_zone -> Text,
        absence_approval -> Text,
        absent_offers -> Text,
        revision -> BigInt,
        last_task_number -> BigInt,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
        deleted_at -> Nullable<UtcInstant>,
    }
}

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    members (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        account_id -> Uuid,
        role -> Text,
        display_name -> Text,
        handle -> Text,
        job_title -> Nullable<Text>,
        skills -> Json,
        search -> Text,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
        left_at -> Nullable<UtcInstant>,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    invitations (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        email -> Text,
        role -> Text,
        state -> Text,
        invited_by_id -> Uuid,
        created_at -> UtcInstant,
        expires_at -> UtcInstant,
        answered_at -> Nullable<UtcInstant>,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::{Uuid};
    use diesel::sql_types::{Binary};

    invitation_secrets (team_id, invitation_id) {
        team_id -> Uuid,
        invitation_id -> Uuid,
        digest -> Binary,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};

    ownership_offers (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        from_member_id -> Uuid,
        to_member_id -> Uuid,
        is_shared -> Bool,
        state -> Text,
        created_at -> UtcInstant,
        answered_at -> Nullable<UtcInstant>,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Date, Nullable, Text};

    working_hours (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        member_id -> Nullable<Uuid>,
        valid_from_on -> Date,
        monday_minutes -> BigInt,
        tuesday_minutes -> BigInt,
        wednesday_minutes -> BigInt,
        thursday_minutes -> BigInt,
        friday_minutes -> BigInt,
        saturday_minutes -> BigInt,
        sunday_minutes -> BigInt,
        time_zone -> Text,
        note -> Nullable<Text>,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Date, Nullable, Text};

    holidays (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        name -> Text,
        first_on -> Date,
        last_on -> Date,
        external_id -> Nullable<Text>,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Date, Nullable, Text};

    absences (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        member_id -> Uuid,
        first_on -> Date,
        last_on -> Date,
        minutes_per_day -> Nullable<BigInt>,
        kind -> Text,
        note -> Nullable<Text>,
        note_changed_at -> Nullable<UtcInstant>,
        substitute_id -> Nullable<Uuid>,
        state -> Text,
        requested_by_id -> Uuid,
        decided_by_id -> Nullable<Uuid>,
        decided_at -> Nullable<UtcInstant>,
        decision_note -> Nullable<Text>,
        begun_at -> Nullable<UtcInstant>,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    deputies (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        member_id -> Uuid,
        deputy_id -> Uuid,
        starts_at -> UtcInstant,
        ends_at -> UtcInstant,
        note -> Nullable<Text>,
        ended_at -> Nullable<UtcInstant>,
        ended_by_id -> Nullable<Uuid>,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
    }
}
