-- What members have worked.

-- While `minutes` is null, a timer runs: one at most for each member. Minutes are `integer` because the sum of those is
-- `bigint` on both databases. A task that is purged leaves a stub as long as anybody has worked on it.
CREATE TABLE time_entries (
    team_id    uuid NOT NULL,
    id         uuid NOT NULL,
    member_id  uuid NOT NULL,
    task_id    uuid NOT NULL,
    spent_on   date NOT NULL,
    minutes    integer,
    note       text,
    started_at timestamptz,
    ended_at   timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version    bigint NOT NULL,
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, member_id) REFERENCES members (team_id, id),
    FOREIGN KEY (team_id, task_id) REFERENCES tasks (team_id, id)
);
CREATE UNIQUE INDEX time_entries_running ON time_entries (team_id, member_id) WHERE minutes IS NULL;
CREATE INDEX time_entries_by_day ON time_entries (team_id, spent_on, id);
CREATE INDEX time_entries_by_creation ON time_entries (team_id, created_at, id);
CREATE INDEX time_entries_by_member ON time_entries (team_id, member_id, spent_on, id);
CREATE INDEX time_entries_by_task ON time_entries (team_id, task_id, spent_on, id);
