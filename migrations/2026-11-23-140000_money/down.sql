DROP TABLE expenses;
CREATE TABLE allocations_without_lines (
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
INSERT INTO allocations_without_lines
SELECT team_id, id, resource_id, campaign_id, event_id, task_id, first_on, last_on, starts_at, ends_at, amount, amount_minor,
       note, state, reason, requested_by_id, decided_by_id, decided_at, ended_at, created_at, updated_at, version
FROM allocations;
DROP TABLE allocations;
ALTER TABLE allocations_without_lines RENAME TO allocations;
CREATE INDEX allocations_by_creation ON allocations (team_id, created_at, id);
CREATE INDEX allocations_by_update ON allocations (team_id, updated_at, id);
CREATE INDEX allocations_by_first_day ON allocations (team_id, first_on, id);
CREATE INDEX allocations_by_start ON allocations (team_id, starts_at, id);
CREATE INDEX allocations_by_resource ON allocations (team_id, resource_id, state, last_on);
CREATE INDEX allocations_by_campaign ON allocations (team_id, campaign_id, state) WHERE campaign_id IS NOT NULL;
CREATE INDEX allocations_by_event ON allocations (team_id, event_id, state) WHERE event_id IS NOT NULL;
CREATE INDEX allocations_by_task ON allocations (team_id, task_id, state) WHERE task_id IS NOT NULL;
DROP TABLE budget_lines;
