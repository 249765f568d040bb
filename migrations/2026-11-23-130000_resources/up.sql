-- What can be promised, and what is promised to what.

-- A person's resource has the id of the member.
CREATE TABLE resources (
    team_id       uuid NOT NULL REFERENCES teams (id),
    id            uuid NOT NULL,
    kind          text NOT NULL,
    name          text NOT NULL,
    description   text NOT NULL,
    member_id     uuid,
    skills        jsonb NOT NULL,
    owner_id      uuid,
    overbooking   text NOT NULL,
    units         bigint,
    booking       text,
    opening_hours jsonb,
    currency      text,
    limit_minor   bigint,
    search        text NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    version       bigint NOT NULL,
    deleted_at    timestamptz,
    trash_root_id uuid,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, member_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, owner_id) REFERENCES members (team_id, id)
);
CREATE INDEX resources_by_creation ON resources (team_id, created_at, id);
CREATE INDEX resources_by_update ON resources (team_id, updated_at, id);
CREATE INDEX resources_by_kind ON resources (team_id, kind, created_at, id);
CREATE INDEX resources_by_owner ON resources (team_id, owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX resources_in_trash ON resources (team_id, deleted_at, id) WHERE trash_root_id = id;

-- What resources.skills says, once more as rows, for the filter. Written by one function together with the resource.
CREATE TABLE resource_skills (
    team_id     uuid NOT NULL,
    resource_id uuid NOT NULL,
    skill       text NOT NULL,
    PRIMARY KEY (team_id, resource_id, skill),
    FOREIGN KEY (team_id, resource_id) REFERENCES resources (team_id, id) ON DELETE CASCADE
);
CREATE INDEX resource_skills_by_skill ON resource_skills (team_id, skill, resource_id);

-- Exactly one of campaign_id, event_id and task_id is set. What is purged takes its allocations along; they ended
-- when it went to the trash.
CREATE TABLE allocations (
    team_id         uuid NOT NULL,
    id              uuid NOT NULL,
    resource_id     uuid NOT NULL,
    campaign_id     uuid,
    event_id        uuid,
    task_id         uuid,
    first_on        date,
    last_on         date,
    starts_at       timestamptz,
    ends_at         timestamptz,
    amount          jsonb NOT NULL,
    amount_minor    bigint,
    note            text,
    state           text NOT NULL,
    reason          text,
    requested_by_id uuid NOT NULL,
    decided_by_id   uuid,
    decided_at      timestamptz,
    ended_at        timestamptz,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    version         bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, resource_id) REFERENCES resources (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, campaign_id) REFERENCES campaigns (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, event_id) REFERENCES events (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, task_id) REFERENCES tasks (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, requested_by_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, decided_by_id) REFERENCES members (team_id, id)
);
CREATE INDEX allocations_by_creation ON allocations (team_id, created_at, id);
CREATE INDEX allocations_by_update ON allocations (team_id, updated_at, id);
CREATE INDEX allocations_by_first_day ON allocations (team_id, first_on, id);
CREATE INDEX allocations_by_start ON allocations (team_id, starts_at, id);
CREATE INDEX allocations_by_resource ON allocations (team_id, resource_id, state, last_on);
CREATE INDEX allocations_by_resource_and_end ON allocations (team_id, resource_id, state, ends_at) WHERE ends_at IS NOT NULL;
CREATE INDEX allocations_by_campaign ON allocations (team_id, campaign_id, state) WHERE campaign_id IS NOT NULL;
CREATE INDEX allocations_by_event ON allocations (team_id, event_id, state) WHERE event_id IS NOT NULL;
CREATE INDEX allocations_by_task ON allocations (team_id, task_id, state) WHERE task_id IS NOT NULL;

-- Every member is a resource.
INSERT INTO resources (team_id, id, kind, name, description, member_id, skills, overbooking, search, created_at, updated_at, version, deleted_at)
SELECT team_id, id, 'person', display_name, '', id, skills, 'refuse', search, created_at, updated_at, version, left_at
FROM members;
