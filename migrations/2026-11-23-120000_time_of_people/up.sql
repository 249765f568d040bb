-- When people work and when they do not, and who acts for them. One set of statements for both databases, as in the
-- first migration.

-- Minutes for each weekday from a day on. Without a member it is the team's default.
CREATE TABLE working_hours (
    team_id           uuid NOT NULL REFERENCES teams (id),
    id                uuid NOT NULL,
    member_id         uuid,
    valid_from_on     date NOT NULL,
    monday_minutes    bigint NOT NULL,
    tuesday_minutes   bigint NOT NULL,
    wednesday_minutes bigint NOT NULL,
    thursday_minutes  bigint NOT NULL,
    friday_minutes    bigint NOT NULL,
    saturday_minutes  bigint NOT NULL,
    sunday_minutes    bigint NOT NULL,
    time_zone         text NOT NULL,
    note              text,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    version           bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, member_id) REFERENCES members (team_id, id)
);
CREATE UNIQUE INDEX working_hours_of_members ON working_hours (team_id, member_id, valid_from_on) WHERE member_id IS NOT NULL;
CREATE UNIQUE INDEX working_hours_of_teams ON working_hours (team_id, valid_from_on) WHERE member_id IS NULL;

CREATE TABLE holidays (
    team_id     uuid NOT NULL REFERENCES teams (id),
    id          uuid NOT NULL,
    name        text NOT NULL,
    first_on    date NOT NULL,
    last_on     date NOT NULL,
    external_id text,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    UNIQUE (team_id, external_id)
);
CREATE INDEX holidays_by_day ON holidays (team_id, first_on, id);

-- Whole days, or so many minutes of each. begun_at: when the clock saw to the member's unanswered offers.
CREATE TABLE absences (
    team_id         uuid NOT NULL REFERENCES teams (id),
    id              uuid NOT NULL,
    member_id       uuid NOT NULL,
    first_on        date NOT NULL,
    last_on         date NOT NULL,
    minutes_per_day bigint,
    kind            text NOT NULL,
    note            text,
    note_changed_at timestamptz,
    substitute_id   uuid,
    state           text NOT NULL,
    requested_by_id uuid NOT NULL,
    decided_by_id   uuid,
    decided_at      timestamptz,
    decision_note   text,
    begun_at        timestamptz,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    version         bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, member_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, substitute_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, requested_by_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, decided_by_id) REFERENCES members (team_id, id)
);
CREATE INDEX absences_by_member ON absences (team_id, member_id, first_on, id);
CREATE INDEX absences_by_day ON absences (team_id, first_on, id);
CREATE INDEX absences_by_creation ON absences (team_id, created_at, id);
CREATE INDEX absences_to_begin ON absences (state, first_on) WHERE begun_at IS NULL;

-- Who acts for whom: deputy_id has member_id's rights from starts_at to ends_at, or until it is ended.
CREATE TABLE deputies (
    team_id     uuid NOT NULL REFERENCES teams (id),
    id          uuid NOT NULL,
    member_id   uuid NOT NULL,
    deputy_id   uuid NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    note        text,
    ended_at    timestamptz,
    ended_by_id uuid,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, member_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, deputy_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, ended_by_id) REFERENCES members (team_id, id)
);
CREATE INDEX deputies_of_members ON deputies (team_id, member_id, deputy_id, ends_at);
CREATE INDEX deputies_by_creation ON deputies (team_id, created_at, id);
