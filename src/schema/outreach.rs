//! Tables of `outreach`: campaigns, milestones, events and who registers for them.

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
        left_out -> Json,
        external_id -> Nullable<Text>,
        created_at -> UtcInstant,
        updated_at -> UtcInstant,
        version -> BigInt,
        deleted_at -> Nullable<UtcInstant>,
        trash_root_id -> Nullable<Uuid>,
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
        note -> Nullable<Text>,
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
