//! The tables, as Diesel sees them. Kept by hand beside `migrations/`: the types are our own
//! (see [`crate::db::types`]), which no generator knows. A test compares both databases with this file.

#![allow(missing_docs)]

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
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    teams (id) {
        id -> Uuid,
        key -> Text,
        name -> Text,
        time_zone -> Text,
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
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    journal (team_id, revision, position) {
        team_id -> Uuid,
        revision -> BigInt,
        position -> BigInt,
        at -> UtcInstant,
        actor_id -> Nullable<Uuid>,
        kind -> Text,
        record_id -> Uuid,
        action -> Text,
        changes -> Json,
        note -> Nullable<Text>,
        campaign_id -> Nullable<Uuid>,
        previous_campaign_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Date, Nullable, Text};

    campaigns (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        name -> Text,
        objective -> Text,
        description -> Text,
        starts_on -> Nullable<Date>,
        ends_on -> Nullable<Date>,
        lead_id -> Nullable<Uuid>,
        budget -> Nullable<Json>,
        colour -> Nullable<Text>,
        status -> Text,
        search -> Text,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
        deleted_at -> Nullable<UtcInstant>,
        trash_root_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Date, Nullable, Text};

    milestones (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        campaign_id -> Uuid,
        name -> Text,
        description -> Text,
        due_on -> Nullable<Date>,
        search -> Text,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
        deleted_at -> Nullable<UtcInstant>,
        trash_root_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    use crate::db::types::sql::Uuid;
    use diesel::sql_types::Text;

    public_slugs (slug) {
        slug -> Text,
        team_id -> Uuid,
        event_id -> Uuid,
    }
}

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    events (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        campaign_id -> Nullable<Uuid>,
        series_id -> Nullable<Uuid>,
        occurrence -> Nullable<Text>,
        overrides -> Json,
        title -> Text,
        description -> Text,
        kind -> Text,
        starts -> Json,
        ends -> Json,
        starts_at -> UtcInstant,
        ends_at -> UtcInstant,
        platform -> Nullable<Text>,
        join_url -> Nullable<Text>,
        capacity -> Nullable<BigInt>,
        registration -> Json,
        hosts -> Json,
        visibility -> Text,
        slug -> Nullable<Text>,
        status -> Text,
        status_reason -> Nullable<Text>,
        external_id -> Nullable<Text>,
        sequence -> BigInt,
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
    use diesel::sql_types::{BigInt, Nullable, Text};

    event_series (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        rule -> Text,
        starts -> Json,
        duration_seconds -> BigInt,
        pattern -> Json,
        total -> BigInt,
        made -> BigInt,
        next_at -> Nullable<UtcInstant>,
        moved_by_clocks -> Json,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Binary, Text};

    agenda_items (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        event_id -> Uuid,
        title -> Text,
        description -> Text,
        starts_after_minutes -> BigInt,
        duration_minutes -> BigInt,
        speakers -> Json,
        position -> Binary,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::Uuid;

    event_hosts (team_id, event_id, member_id) {
        team_id -> Uuid,
        event_id -> Uuid,
        member_id -> Uuid,
    }
}

diesel::table! {
    use crate::db::types::sql::{UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Text};

    calendar_feeds (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        member_id -> Uuid,
        scope -> Text,
        label -> Text,
        created_at -> UtcInstant,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::db::types::sql::Uuid;
    use diesel::sql_types::Binary;

    calendar_feed_secrets (team_id, feed_id) {
        team_id -> Uuid,
        feed_id -> Uuid,
        digest -> Binary,
    }
}

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Nullable, Text};

    letters (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        cause -> Text,
        kind -> Text,
        event_id -> Uuid,
        registration_id -> Nullable<Uuid>,
        recipient -> Text,
        name -> Text,
        locale -> Text,
        details -> Json,
        state -> Text,
        attempts -> BigInt,
        next_attempt_at -> UtcInstant,
        claimed_until -> Nullable<UtcInstant>,
        last_error -> Nullable<Text>,
        created_at -> UtcInstant,
        sent_at -> Nullable<UtcInstant>,
    }
}

diesel::table! {
    use crate::db::types::sql::{Json, UtcInstant, Uuid};
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};

    registrations (team_id, id) {
        team_id -> Uuid,
        id -> Uuid,
        event_id -> Uuid,
        email -> Text,
        name -> Text,
        name_key -> Binary,
        locale -> Text,
        seats -> BigInt,
        companions -> Json,
        answers -> Json,
        state -> Text,
        origin -> Text,
        utm_source -> Nullable<Text>,
        utm_medium -> Nullable<Text>,
        utm_campaign -> Nullable<Text>,
        secret_number -> BigInt,
        letters -> BigInt,
        letters_since -> Nullable<UtcInstant>,
        check_in_code -> Text,
        queue_number -> Nullable<BigInt>,
        queued_at -> Nullable<UtcInstant>,
        offer_expires_at -> Nullable<UtcInstant>,
        expired_offers -> BigInt,
        passed_over_count -> BigInt,
        passed_over_reason -> Nullable<Text>,
        checked_in_at -> Nullable<UtcInstant>,
        erased_at -> Nullable<UtcInstant>,
        search -> Text,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
    }
}

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

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    account_passwords,
    sessions,
    refresh_tokens,
    signing_keys,
    server_secrets,
    sign_in_failures,
    idempotent_replies,
    teams,
    members,
    invitations,
    invitation_secrets,
    ownership_offers,
    journal,
    campaigns,
    milestones,
    public_slugs,
    events,
    event_series,
    event_hosts,
    agenda_items,
    calendar_feeds,
    calendar_feed_secrets,
    letters,
    registrations,
    tasks,
    task_labels,
    task_participants,
    task_dependencies,
    checklist_items,
    comments,
    delegations,
);
