-- What money is planned for, and what was spent.

CREATE TABLE budget_lines (
    team_id       uuid NOT NULL REFERENCES teams (id),
    id            uuid NOT NULL,
    campaign_id   uuid NOT NULL,
    resource_id   uuid,
    name          text NOT NULL,
    amount        jsonb NOT NULL,
    note          text,
    search        text NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    version       bigint NOT NULL,
    deleted_at    timestamptz,
    trash_root_id uuid,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, campaign_id) REFERENCES campaigns (team_id, id),
    FOREIGN KEY (team_id, resource_id) REFERENCES resources (team_id, id)
);
CREATE INDEX budget_lines_by_creation ON budget_lines (team_id, created_at, id);
CREATE INDEX budget_lines_by_update ON budget_lines (team_id, updated_at, id);
CREATE INDEX budget_lines_by_campaign ON budget_lines (team_id, campaign_id, created_at, id);
CREATE INDEX budget_lines_by_resource ON budget_lines (team_id, resource_id) WHERE resource_id IS NOT NULL;
CREATE INDEX budget_lines_in_trash ON budget_lines (team_id, deleted_at, id) WHERE trash_root_id = id;

-- An allocation of money may be for a line. A foreign key of two columns cannot be added on SQLite, so the table is made anew.
CREATE TABLE allocations_with_lines (
    team_id         uuid NOT NULL,
    id              uuid NOT NULL,
    resource_id     uuid NOT NULL,
    campaign_id     uuid,
    event_id        uuid,
    task_id         uuid,
    budget_line_id  uuid,
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
    FOREIGN KEY (team_id, budget_line_id) REFERENCES budget_lines (team_id, id),
    FOREIGN KEY (team_id, requested_by_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, decided_by_id) REFERENCES members (team_id, id)
);
INSERT INTO allocations_with_lines
SELECT team_id, id, resource_id, campaign_id, event_id, task_id, NULL, first_on, last_on, starts_at, ends_at, amount, amount_minor,
       note, state, reason, requested_by_id, decided_by_id, decided_at, ended_at, created_at, updated_at, version
FROM allocations;
DROP TABLE allocations;
ALTER TABLE allocations_with_lines RENAME TO allocations;
CREATE INDEX allocations_by_creation ON allocations (team_id, created_at, id);
CREATE INDEX allocations_by_update ON allocations (team_id, updated_at, id);
CREATE INDEX allocations_by_first_day ON allocations (team_id, first_on, id);
CREATE INDEX allocations_by_start ON allocations (team_id, starts_at, id);
CREATE INDEX allocations_by_resource ON allocations (team_id, resource_id, state, last_on);
CREATE INDEX allocations_by_campaign ON allocations (team_id, campaign_id, state) WHERE campaign_id IS NOT NULL;
CREATE INDEX allocations_by_event ON allocations (team_id, event_id, state) WHERE event_id IS NOT NULL;
CREATE INDEX allocations_by_task ON allocations (team_id, task_id, state) WHERE task_id IS NOT NULL;
CREATE INDEX allocations_by_line ON allocations (team_id, budget_line_id, state) WHERE budget_line_id IS NOT NULL;

-- What was spent stays spent: it outlives the campaign, and what it was promised to, without their names.
CREATE TABLE expenses (
    team_id        uuid NOT NULL REFERENCES teams (id),
    id             uuid NOT NULL,
    campaign_id    uuid,
    allocation_id  uuid,
    budget_line_id uuid,
    resource_id    uuid,
    amount         jsonb NOT NULL,
    amount_minor   bigint NOT NULL,
    spent_on       date NOT NULL,
    note           text,
    receipt        text,
    search         text NOT NULL,
    entered_by_id  uuid NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    version        bigint NOT NULL,
    deleted_at     timestamptz,
    trash_root_id  uuid,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, campaign_id) REFERENCES campaigns (team_id, id),
    FOREIGN KEY (team_id, allocation_id) REFERENCES allocations (team_id, id),
    FOREIGN KEY (team_id, budget_line_id) REFERENCES budget_lines (team_id, id),
    FOREIGN KEY (team_id, resource_id) REFERENCES resources (team_id, id),
    FOREIGN KEY (team_id, entered_by_id) REFERENCES members (team_id, id)
);
CREATE INDEX expenses_by_day ON expenses (team_id, spent_on, id);
CREATE INDEX expenses_by_creation ON expenses (team_id, created_at, id);
CREATE INDEX expenses_by_update ON expenses (team_id, updated_at, id);
CREATE INDEX expenses_by_campaign ON expenses (team_id, campaign_id, spent_on, id) WHERE campaign_id IS NOT NULL;
CREATE INDEX expenses_by_allocation ON expenses (team_id, allocation_id) WHERE allocation_id IS NOT NULL;
CREATE INDEX expenses_by_line ON expenses (team_id, budget_line_id) WHERE budget_line_id IS NOT NULL;
CREATE INDEX expenses_by_resource ON expenses (team_id, resource_id) WHERE resource_id IS NOT NULL;
CREATE INDEX expenses_by_member ON expenses (team_id, entered_by_id, spent_on, id);
CREATE INDEX expenses_in_trash ON expenses (team_id, deleted_at, id) WHERE trash_root_id = id;
