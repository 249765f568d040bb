-- One set of statements for both databases. SQLite keeps blobs, integers and text as they are given under
-- the type names uuid, bytea, timestamptz, jsonb and boolean.
--
-- Every table of a team has team_id first in its primary key, in every unique index and in every foreign
-- key, so that the database itself refuses a reference from one team to another, and so that PostgreSQL
-- can be distributed by team.

-- ---------------------------------------------------------------- people: what belongs to no team

CREATE TABLE accounts (
    id          uuid PRIMARY KEY,
    email       text NOT NULL UNIQUE,
    name        text NOT NULL,
    locale      text NOT NULL,
    time_zone   text NOT NULL,
    disabled_at timestamptz,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     bigint NOT NULL
);

CREATE TABLE account_passwords (
    account_id uuid PRIMARY KEY REFERENCES accounts (id),
    hash       text NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE TABLE sessions (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES accounts (id),
    user_agent   text,
    address      text,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz
);
CREATE INDEX sessions_by_account ON sessions (account_id, created_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    digest      bytea PRIMARY KEY,
    session_id  uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    issued_at   timestamptz NOT NULL,
    rotated_at  timestamptz,
    replayed_at timestamptz
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE signing_keys (
    id         text PRIMARY KEY,
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL,
    active_at  timestamptz NOT NULL,
    retired_at timestamptz
);

CREATE TABLE server_secrets (
    name   text PRIMARY KEY,
    sealed bytea NOT NULL
);

CREATE TABLE sign_in_failures (
    subject  text PRIMARY KEY,
    failures bigint NOT NULL,
    last_at  timestamptz NOT NULL
);
CREATE INDEX sign_in_failures_by_age ON sign_in_failures (last_at);

-- The answers that a retry with the same Idempotency-Key gets again. What concerns no team has the nil id.
CREATE TABLE idempotent_replies (
    team_id     uuid NOT NULL,
    account_id  uuid NOT NULL REFERENCES accounts (id),
    key         text NOT NULL,
    fingerprint bytea NOT NULL,
    status      smallint NOT NULL,
    etag        text,
    location    text,
    body        bytea NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (team_id, account_id, key)
);
CREATE INDEX idempotent_replies_by_age ON idempotent_replies (created_at);

-- ---------------------------------------------------------------- people: teams

CREATE TABLE teams (
    id               uuid PRIMARY KEY,
    key              text NOT NULL,
    name             text NOT NULL,
    time_zone        text NOT NULL,
    absence_approval text NOT NULL,
    absent_offers    text NOT NULL,
    revision         bigint NOT NULL,
    last_task_number bigint NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    version          bigint NOT NULL,
    deleted_at       timestamptz
);

CREATE TABLE members (
    team_id      uuid NOT NULL REFERENCES teams (id),
    id           uuid NOT NULL,
    account_id   uuid NOT NULL REFERENCES accounts (id),
    role         text NOT NULL,
    display_name text NOT NULL,
    handle       text NOT NULL,
    job_title    text,
    skills       jsonb NOT NULL,
    search       text NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    version      bigint NOT NULL,
    left_at      timestamptz,
    PRIMARY KEY (team_id, id),
    UNIQUE (team_id, account_id),
    UNIQUE (team_id, handle)
);
CREATE INDEX members_by_account ON members (account_id, team_id);
CREATE INDEX members_by_creation ON members (team_id, created_at, id);

CREATE TABLE invitations (
    team_id       uuid NOT NULL REFERENCES teams (id),
    id            uuid NOT NULL,
    email         text NOT NULL,
    role          text NOT NULL,
    state         text NOT NULL,
    invited_by_id uuid NOT NULL,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    answered_at   timestamptz,
    version       bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, invited_by_id) REFERENCES members (team_id, id)
);
CREATE INDEX invitations_by_state ON invitations (team_id, state, created_at, id);

CREATE TABLE invitation_secrets (
    team_id       uuid NOT NULL,
    invitation_id uuid NOT NULL,
    digest        bytea NOT NULL,
    PRIMARY KEY (team_id, invitation_id),
    FOREIGN KEY (team_id, invitation_id) REFERENCES invitations (team_id, id) ON DELETE CASCADE
);

CREATE TABLE ownership_offers (
    team_id        uuid NOT NULL REFERENCES teams (id),
    id             uuid NOT NULL,
    from_member_id uuid NOT NULL,
    to_member_id   uuid NOT NULL,
    is_shared      boolean NOT NULL,
    state          text NOT NULL,
    created_at     timestamptz NOT NULL,
    answered_at    timestamptz,
    version        bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, from_member_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, to_member_id) REFERENCES members (team_id, id)
);
CREATE UNIQUE INDEX one_open_ownership_offer ON ownership_offers (team_id, to_member_id) WHERE state = 'offered';
CREATE INDEX ownership_offers_by_age ON ownership_offers (team_id, created_at, id);

-- ---------------------------------------------------------------- journal

CREATE TABLE journal (
    team_id              uuid NOT NULL REFERENCES teams (id),
    revision             bigint NOT NULL,
    position             bigint NOT NULL,
    at                   timestamptz NOT NULL,
    actor_id             uuid,
    on_behalf_of_id      uuid,
    kind                 text NOT NULL,
    record_id            uuid NOT NULL,
    action               text NOT NULL,
    changes              jsonb NOT NULL,
    note                 text,
    campaign_id          uuid,
    previous_campaign_id uuid,
    PRIMARY KEY (team_id, revision, position),
    FOREIGN KEY (team_id, actor_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, on_behalf_of_id) REFERENCES members (team_id, id)
);
CREATE INDEX journal_by_record ON journal (team_id, record_id, revision, position);
CREATE INDEX journal_by_campaign ON journal (team_id, campaign_id, revision, position) WHERE campaign_id IS NOT NULL;
CREATE INDEX journal_by_previous_campaign ON journal (team_id, previous_campaign_id, revision, position)
    WHERE previous_campaign_id IS NOT NULL;

-- ---------------------------------------------------------------- outreach

CREATE TABLE campaigns (
    team_id       uuid NOT NULL REFERENCES teams (id),
    id            uuid NOT NULL,
    name          text NOT NULL,
    objective     text NOT NULL,
    description   text NOT NULL,
    starts_on     date,
    ends_on       date,
    lead_id       uuid,
    budget        jsonb,
    colour        text,
    status        text NOT NULL,
    search        text NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    version       bigint NOT NULL,
    deleted_at    timestamptz,
    trash_root_id uuid,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, lead_id) REFERENCES members (team_id, id)
);
CREATE INDEX campaigns_by_creation ON campaigns (team_id, created_at, id);
CREATE INDEX campaigns_by_update ON campaigns (team_id, updated_at, id);
CREATE INDEX campaigns_by_start ON campaigns (team_id, starts_on, id);
CREATE INDEX campaigns_in_trash ON campaigns (team_id, deleted_at, id) WHERE trash_root_id = id;

CREATE TABLE milestones (
    team_id       uuid NOT NULL REFERENCES teams (id),
    id            uuid NOT NULL,
    campaign_id   uuid NOT NULL,
    name          text NOT NULL,
    description   text NOT NULL,
    due_on        date,
    search        text NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    version       bigint NOT NULL,
    deleted_at    timestamptz,
    trash_root_id uuid,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, campaign_id) REFERENCES campaigns (team_id, id)
);
CREATE INDEX milestones_by_campaign ON milestones (team_id, campaign_id, due_on, id);
CREATE INDEX milestones_by_due_date ON milestones (team_id, due_on, id);
CREATE INDEX milestones_by_creation ON milestones (team_id, created_at, id);
CREATE INDEX milestones_in_trash ON milestones (team_id, deleted_at, id) WHERE trash_root_id = id;
CREATE INDEX milestones_by_trash_root ON milestones (team_id, trash_root_id, id) WHERE trash_root_id IS NOT NULL;

-- The public address of an event's page, in one namespace over all teams.
CREATE TABLE public_slugs (
    slug     text PRIMARY KEY,
    team_id  uuid NOT NULL REFERENCES teams (id),
    event_id uuid NOT NULL
);
CREATE INDEX public_slugs_by_event ON public_slugs (team_id, event_id);

-- Events that come again by a rule (RFC 5545).
CREATE TABLE event_series (
    team_id          uuid NOT NULL REFERENCES teams (id),
    id               uuid NOT NULL,
    rule             text NOT NULL,
    starts           jsonb NOT NULL,
    duration_seconds bigint NOT NULL,
    pattern          jsonb NOT NULL,
    total            bigint NOT NULL,
    made             bigint NOT NULL,
    next_at          timestamptz,
    moved_by_clocks  jsonb NOT NULL,
    left_out         jsonb NOT NULL,
    external_id      text,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    version          bigint NOT NULL,
    deleted_at       timestamptz,
    trash_root_id    uuid,
    PRIMARY KEY (team_id, id),
    UNIQUE (team_id, external_id)
);
CREATE INDEX event_series_in_trash ON event_series (team_id, deleted_at, id) WHERE trash_root_id = id;
CREATE INDEX event_series_by_creation ON event_series (team_id, created_at, id);
CREATE INDEX event_series_to_make ON event_series (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE events (
    team_id       uuid NOT NULL REFERENCES teams (id),
    id            uuid NOT NULL,
    campaign_id   uuid,
    series_id     uuid,
    occurrence    text,
    overrides     jsonb NOT NULL,
    title         text NOT NULL,
    description   text NOT NULL,
    kind          text NOT NULL,
    starts        jsonb NOT NULL,
    ends          jsonb NOT NULL,
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL,
    platform      text,
    join_url      text,
    capacity      bigint,
    registration  jsonb NOT NULL,
    hosts         jsonb NOT NULL,
    visibility    text NOT NULL,
    slug          text,
    status        text NOT NULL,
    status_reason text,
    external_id   text,
    sequence      bigint NOT NULL,
    search        text NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    version       bigint NOT NULL,
    deleted_at    timestamptz,
    trash_root_id uuid,
    PRIMARY KEY (team_id, id),
    UNIQUE (team_id, external_id),
    FOREIGN KEY (team_id, campaign_id) REFERENCES campaigns (team_id, id),
    FOREIGN KEY (team_id, series_id) REFERENCES event_series (team_id, id)
);
CREATE INDEX events_by_start ON events (team_id, starts_at, id);
CREATE INDEX events_by_creation ON events (team_id, created_at, id);
CREATE INDEX events_by_update ON events (team_id, updated_at, id);
CREATE INDEX events_by_campaign ON events (team_id, campaign_id, starts_at, id);
CREATE INDEX events_by_series ON events (team_id, series_id, starts_at, id);
CREATE INDEX events_to_begin ON events (status, starts_at);
CREATE INDEX events_to_end ON events (status, ends_at);
CREATE INDEX events_in_trash ON events (team_id, deleted_at, id) WHERE trash_root_id = id;
CREATE INDEX events_by_trash_root ON events (team_id, trash_root_id, id) WHERE trash_root_id IS NOT NULL;

-- What events.hosts says, once more as rows, so that the database checks the members.
CREATE TABLE event_hosts (
    team_id   uuid NOT NULL,
    event_id  uuid NOT NULL,
    member_id uuid NOT NULL,
    PRIMARY KEY (team_id, event_id, member_id),
    FOREIGN KEY (team_id, event_id) REFERENCES events (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, member_id) REFERENCES members (team_id, id)
);
CREATE INDEX event_hosts_by_member ON event_hosts (team_id, member_id, event_id);

CREATE TABLE agenda_items (
    team_id              uuid NOT NULL,
    id                   uuid NOT NULL,
    event_id             uuid NOT NULL,
    title                text NOT NULL,
    description          text NOT NULL,
    starts_after_minutes bigint NOT NULL,
    duration_minutes     bigint NOT NULL,
    speakers             jsonb NOT NULL,
    position             bytea NOT NULL,
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz NOT NULL,
    version              bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, event_id) REFERENCES events (team_id, id) ON DELETE CASCADE
);
CREATE INDEX agenda_items_by_event ON agenda_items (team_id, event_id, position, id);

-- Calendars that members subscribe to, by a secret that is kept as its digest.
CREATE TABLE calendar_feeds (
    team_id    uuid NOT NULL,
    id         uuid NOT NULL,
    member_id  uuid NOT NULL,
    scope      text NOT NULL,
    label      text NOT NULL,
    created_at timestamptz NOT NULL,
    version    bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, member_id) REFERENCES members (team_id, id)
);
CREATE INDEX calendar_feeds_by_member ON calendar_feeds (team_id, member_id, created_at, id);

CREATE TABLE calendar_feed_secrets (
    team_id uuid NOT NULL,
    feed_id uuid NOT NULL,
    digest  bytea NOT NULL,
    PRIMARY KEY (team_id, feed_id),
    FOREIGN KEY (team_id, feed_id) REFERENCES calendar_feeds (team_id, id) ON DELETE CASCADE
);

-- Letters: what people are told by e-mail. A row holds no text and no secret: a letter is written when it is sent.
CREATE TABLE letters (
    team_id         uuid NOT NULL REFERENCES teams (id),
    id              uuid NOT NULL,
    cause           text NOT NULL,
    kind            text NOT NULL,
    event_id        uuid NOT NULL,
    registration_id uuid,
    recipient       text NOT NULL,
    name            text NOT NULL,
    locale          text NOT NULL,
    details         jsonb NOT NULL,
    state           text NOT NULL,
    attempts        bigint NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    claimed_until   timestamptz,
    last_error      text,
    created_at      timestamptz NOT NULL,
    sent_at         timestamptz,
    PRIMARY KEY (team_id, id),
    UNIQUE (team_id, cause),
    FOREIGN KEY (team_id, event_id) REFERENCES events (team_id, id) ON DELETE CASCADE
);
CREATE INDEX letters_due ON letters (state, next_attempt_at, team_id, id);
CREATE INDEX letters_by_creation ON letters (team_id, created_at, id);
CREATE INDEX letters_by_event ON letters (team_id, event_id, created_at, id);
CREATE INDEX letters_by_registration ON letters (team_id, registration_id) WHERE registration_id IS NOT NULL;

-- One place at an event: one for each e-mail address.
CREATE TABLE registrations (
    team_id            uuid NOT NULL,
    id                 uuid NOT NULL,
    event_id           uuid NOT NULL,
    email              text NOT NULL,
    name               text NOT NULL,
    name_key           bytea NOT NULL,
    locale             text NOT NULL,
    seats              bigint NOT NULL,
    companions         jsonb NOT NULL,
    answers            jsonb NOT NULL,
    note               text,
    state              text NOT NULL,
    origin             text NOT NULL,
    utm_source         text,
    utm_medium         text,
    utm_campaign       text,
    secret_number      bigint NOT NULL,
    letters            bigint NOT NULL,
    letters_since      timestamptz,
    check_in_code      text NOT NULL,
    queue_number       bigint,
    queued_at          timestamptz,
    offer_expires_at   timestamptz,
    expired_offers     bigint NOT NULL,
    passed_over_count  bigint NOT NULL,
    passed_over_reason text,
    checked_in_at      timestamptz,
    erased_at          timestamptz,
    search             text NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    version            bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    UNIQUE (team_id, event_id, email),
    UNIQUE (team_id, event_id, check_in_code),
    FOREIGN KEY (team_id, event_id) REFERENCES events (team_id, id) ON DELETE CASCADE
);
CREATE INDEX registrations_by_creation ON registrations (team_id, event_id, created_at, id);
CREATE INDEX registrations_by_name ON registrations (team_id, event_id, name_key, id);
CREATE INDEX registrations_by_state ON registrations (team_id, event_id, state, seats);
CREATE INDEX registrations_in_queue ON registrations (team_id, event_id, queue_number) WHERE queue_number IS NOT NULL;
CREATE INDEX registrations_offered ON registrations (offer_expires_at, team_id) WHERE offer_expires_at IS NOT NULL;
CREATE INDEX registrations_unverified ON registrations (state, updated_at, team_id);

-- ---------------------------------------------------------------- work

CREATE TABLE tasks (
    team_id           uuid NOT NULL REFERENCES teams (id),
    id                uuid NOT NULL,
    number            bigint NOT NULL,
    title             text NOT NULL,
    description       text NOT NULL,
    campaign_id       uuid,
    milestone_id      uuid,
    event_id          uuid,
    parent_id         uuid,
    starts_on         date,
    due_on            date,
    estimate_minutes  bigint,
    remaining_minutes bigint,
    priority          smallint NOT NULL,
    labels            jsonb NOT NULL,
    participants      jsonb NOT NULL,
    accountable_id    uuid NOT NULL,
    assignee_id       uuid,
    status            text NOT NULL,
    status_reason     text,
    position          bytea NOT NULL,
    external_id       text,
    search            text NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    completed_at      timestamptz,
    version           bigint NOT NULL,
    deleted_at        timestamptz,
    trash_root_id     uuid,
    PRIMARY KEY (team_id, id),
    UNIQUE (team_id, number),
    UNIQUE (team_id, external_id),
    FOREIGN KEY (team_id, campaign_id) REFERENCES campaigns (team_id, id),
    FOREIGN KEY (team_id, milestone_id) REFERENCES milestones (team_id, id),
    FOREIGN KEY (team_id, event_id) REFERENCES events (team_id, id),
    FOREIGN KEY (team_id, parent_id) REFERENCES tasks (team_id, id),
    FOREIGN KEY (team_id, accountable_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, assignee_id) REFERENCES members (team_id, id)
);
CREATE INDEX tasks_by_due_date ON tasks (team_id, due_on, id);
CREATE INDEX tasks_by_priority ON tasks (team_id, priority, id);
CREATE INDEX tasks_by_creation ON tasks (team_id, created_at, id);
CREATE INDEX tasks_by_update ON tasks (team_id, updated_at, id);
CREATE INDEX tasks_by_position ON tasks (team_id, position, id);
CREATE INDEX tasks_by_campaign ON tasks (team_id, campaign_id, position, id);
CREATE INDEX tasks_by_milestone ON tasks (team_id, milestone_id, position, id);
CREATE INDEX tasks_by_event ON tasks (team_id, event_id, position, id);
CREATE INDEX tasks_by_parent ON tasks (team_id, parent_id, position, id);
CREATE INDEX tasks_by_status ON tasks (team_id, status, due_on, id);
CREATE INDEX tasks_on_boards ON tasks (team_id, status, position, id);
CREATE INDEX tasks_by_assignee ON tasks (team_id, assignee_id, due_on, id);
CREATE INDEX tasks_by_accountable ON tasks (team_id, accountable_id, due_on, id);
CREATE INDEX tasks_in_trash ON tasks (team_id, deleted_at, id) WHERE trash_root_id = id;
CREATE INDEX tasks_by_trash_root ON tasks (team_id, trash_root_id, id) WHERE trash_root_id IS NOT NULL;

-- What tasks.labels and tasks.participants say, once more as rows: for filters, and so that the database
-- checks the members. Written by one function together with the task.
CREATE TABLE task_labels (
    team_id uuid NOT NULL,
    task_id uuid NOT NULL,
    label   text NOT NULL,
    PRIMARY KEY (team_id, task_id, label),
    FOREIGN KEY (team_id, task_id) REFERENCES tasks (team_id, id) ON DELETE CASCADE
);
CREATE INDEX task_labels_by_label ON task_labels (team_id, label, task_id);

CREATE TABLE task_participants (
    team_id   uuid NOT NULL,
    task_id   uuid NOT NULL,
    member_id uuid NOT NULL,
    role      text NOT NULL,
    PRIMARY KEY (team_id, task_id, member_id, role),
    FOREIGN KEY (team_id, task_id) REFERENCES tasks (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, member_id) REFERENCES members (team_id, id)
);
CREATE INDEX task_participants_by_member ON task_participants (team_id, member_id, task_id);

CREATE TABLE task_dependencies (
    team_id        uuid NOT NULL,
    id             uuid NOT NULL,
    task_id        uuid NOT NULL,
    predecessor_id uuid NOT NULL,
    type           text NOT NULL,
    lag_minutes    bigint NOT NULL,
    created_at     timestamptz NOT NULL,
    version        bigint NOT NULL,
    PRIMARY KEY (team_id, task_id, predecessor_id),
    UNIQUE (team_id, id),
    FOREIGN KEY (team_id, task_id) REFERENCES tasks (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, predecessor_id) REFERENCES tasks (team_id, id) ON DELETE CASCADE
);
CREATE INDEX task_dependencies_by_predecessor ON task_dependencies (team_id, predecessor_id, task_id);

CREATE TABLE checklist_items (
    team_id    uuid NOT NULL,
    id         uuid NOT NULL,
    task_id    uuid NOT NULL,
    title      text NOT NULL,
    is_done    boolean NOT NULL,
    position   bytea NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version    bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, task_id) REFERENCES tasks (team_id, id) ON DELETE CASCADE
);
CREATE INDEX checklist_items_by_task ON checklist_items (team_id, task_id, position, id);

CREATE TABLE comments (
    team_id            uuid NOT NULL,
    id                 uuid NOT NULL,
    task_id            uuid NOT NULL,
    author_id          uuid NOT NULL,
    body               text NOT NULL,
    mentions           jsonb NOT NULL,
    unmatched_mentions jsonb NOT NULL,
    created_at         timestamptz NOT NULL,
    edited_at          timestamptz,
    deleted_at         timestamptz,
    version            bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, task_id) REFERENCES tasks (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, author_id) REFERENCES members (team_id, id)
);
CREATE INDEX comments_by_task ON comments (team_id, task_id, created_at, id);

CREATE TABLE delegations (
    team_id         uuid NOT NULL,
    id              uuid NOT NULL,
    task_id         uuid NOT NULL,
    parent_id       uuid,
    delegator_id    uuid NOT NULL,
    delegate_id     uuid NOT NULL,
    in_place_of_id  uuid,
    state           text NOT NULL,
    authority       text NOT NULL,
    may_redelegate  boolean NOT NULL,
    message         text,
    respond_by      timestamptz,
    due_on          date,
    proposed_due_on date,
    proposed_scope  text,
    reason          text,
    submission_note text,
    created_at      timestamptz NOT NULL,
    answered_at     timestamptz,
    submitted_at    timestamptz,
    ended_at        timestamptz,
    updated_at      timestamptz NOT NULL,
    version         bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, task_id) REFERENCES tasks (team_id, id),
    FOREIGN KEY (team_id, parent_id) REFERENCES delegations (team_id, id),
    FOREIGN KEY (team_id, delegator_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, delegate_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, in_place_of_id) REFERENCES members (team_id, id),
    CHECK (delegator_id <> delegate_id)
);
CREATE UNIQUE INDEX one_open_offer ON delegations (team_id, task_id) WHERE state IN ('offered', 'countered');
CREATE INDEX delegations_by_creation ON delegations (team_id, created_at, id);
CREATE INDEX delegations_by_task ON delegations (team_id, task_id, created_at, id);
CREATE INDEX delegations_by_delegate ON delegations (team_id, delegate_id, state, created_at, id);
CREATE INDEX delegations_by_delegator ON delegations (team_id, delegator_id, state, created_at, id);
CREATE INDEX delegations_by_parent ON delegations (team_id, parent_id);
CREATE INDEX delegations_to_expire ON delegations (state, respond_by);
