//! Tables of `work`: tasks, what belongs to them, and delegations.

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Binary, Date, Nullable, SmallInt, Text};

    tasks (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        number -> BigInt,
        title -> Text,
        description -> Text,
        campaign_id -> Nullable<Uuid>,
        milestone_id -> Nullable<Uuid>,
        event_id -> Nullable<Uuid>,
        parent_id -> Nullable<Uuid>,
        starts_on -> Nullable<Date>,
        due_on -> Nullable<Date>,
        estimate_minutes -> Nullable<BigInt>,
        remaining_minutes -> Nullable<BigInt>,
        priority -> SmallInt,
        labels -> Json,
        participants -> Json,
        accountable_id -> Uuid,
        assignee_id -> Nullable<Uuid>,
        status -> Text,
        status_reason -> Nullable<Text>,
        position -> Binary,
        external_id -> Nullable<Text>,
        search -> Text,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        completed_at -> Nullable<UtcInstant>,
        version -> BigInt,
        deleted_at -> Nullable<UtcInstant>,
        trash_root_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    use crate::db::types::sql::{Uuid};
    use diesel::sql_types::{Text};

    task_labels (team_id, task_id, label) {
        team_id -> Uuid,
        task_id -> Uuid,
        label -> Text,
    }
}

diesel::table! {
    use crate::db::types::sql::{Uuid};
    use diesel::sql_types::{Text};

    task_participants (team_id, task_id, member_id, role) {
        team_id -> Uuid,
        task_id -> Uuid,
        member_id -> Uuid,
        role -> Text,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Text};

    task_dependencies (team_id, task_id, predecessor_id) {
        team_id -> Uuid,
        id -> Uuid,
        task_id -> Uuid,
        predecessor_id -> Uuid,
        #[sql_name = "type"]
        kind -> Text,
        lag_minutes -> BigInt,
        created_at -> UtcInstant,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Binary, Bool, Text};

    checklist_items (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        task_id -> Uuid,
        title -> Text,
        is_done -> Bool,
        position -> Binary,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    comments (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        task_id -> Uuid,
        author_id -> Uuid,
        body -> Text,
        mentions -> Json,
        unmatched_mentions -> Json,
        created_at -> UtcInstant,
        edited_at -> Nullable<UtcInstant>,
        deleted_at -> Nullable<UtcInstant>,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text};

    delegations (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        task_id -> Uuid,
        parent_id -> Nullable<Uuid>,
        delegator_id -> Uuid,
        delegate_id -> Uuid,
        in_place_of_id -> Nullable<Uuid>,
        state -> Text,
        authority -> Text,
        may_redelegate -> Bool,
        message -> Nullable<Text>,
        respond_by -> Nullable<UtcInstant>,
        due_on -> Nullable<Date>,
        proposed_due_on -> Nullable<Date>,
        proposed_scope -> Nullable<Text>,
        reason -> Nullable<Text>,
        submission_note -> Nullable<Text>,
        created_at -> UtcInstant,
        answered_at -> Nullable<UtcInstant>,
        submitted_at -> Nullable<UtcInstant>,
        ended_at -> Nullable<UtcInstant>,
        updated_at -> UtcInstant,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};

    time_entries (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        member_id -> Uuid,
        task_id -> Uuid,
        spent_on -> Date,
        minutes -> Nullable<Integer>,
        note -> Nullable<Text>,
        started_at -> Nullable<UtcInstant>,
        ended_at -> Nullable<UtcInstant>,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
    }
}
