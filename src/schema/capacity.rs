//! Tables of `capacity`: what can be promised, and what is promised to what.

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    resources (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        name -> Text,
        description -> Text,
        member_id -> Nullable<Uuid>,
        skills -> Json,
        owner_id -> Nullable<Uuid>,
        overbooking -> Text,
        units -> Nullable<BigInt>,
        booking -> Nullable<Text>,
        opening_hours -> Nullable<Json>,
        currency -> Nullable<Text>,
        limit_minor -> Nullable<BigInt>,
        search -> Text,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
        deleted_at -> Nullable<UtcInstant>,
        trash_root_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    use crate::db::types::sql::{Uuid};
    use diesel::sql_types::{Text};

    resource_skills (team_id, resource_id, skill) {
        team_id -> Uuid,
        resource_id -> Uuid,
        skill -> Text,
    }
}

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Date, Nullable, Text};

    allocations (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        resource_id -> Uuid,
        campaign_id -> Nullable<Uuid>,
        event_id -> Nullable<Uuid>,
        task_id -> Nullable<Uuid>,
        budget_line_id -> Nullable<Uuid>,
        first_on -> Nullable<Date>,
        last_on -> Nullable<Date>,
        starts_at -> Nullable<UtcInstant>,
        ends_at -> Nullable<UtcInstant>,
        amount -> Json,
        amount_minor -> Nullable<BigInt>,
        note -> Nullable<Text>,
        state -> Text,
        reason -> Nullable<Text>,
        requested_by_id -> Uuid,
        decided_by_id -> Nullable<Uuid>,
        decided_at -> Nullable<UtcInstant>,
        ended_at -> Nullable<UtcInstant>,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    budget_lines (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        campaign_id -> Uuid,
        resource_id -> Nullable<Uuid>,
        name -> Text,
        amount -> Json,
        note -> Nullable<Text>,
        search -> Text,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
        deleted_at -> Nullable<UtcInstant>,
        trash_root_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Date, Nullable, Text};

    expenses (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        campaign_id -> Nullable<Uuid>,
        allocation_id -> Nullable<Uuid>,
        budget_line_id -> Nullable<Uuid>,
        resource_id -> Nullable<Uuid>,
        amount -> Json,
        amount_minor -> BigInt,
        spent_on -> Date,
        note -> Nullable<Text>,
        receipt -> Nullable<Text>,
        search -> Text,
        entered_by_id -> Uuid,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
        deleted_at -> Nullable<UtcInstant>,
        trash_root_id -> Nullable<Uuid>,
    }
}
