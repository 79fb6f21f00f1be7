-- Times are integer microseconds since 1970-01-01 UTC; durations are integer microseconds.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a person says about a job. `definition` is the whole of it as JSON; the columns
-- beside it are what is looked for.
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    -- the UUID before the first rotation, else empty: an H in a schedule is derived from it
    first_uuid TEXT NOT NULL DEFAULT '',
    slug TEXT NOT NULL,
    kind TEXT NOT NULL,
    node TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '[]',
    definition TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    declared INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    archived_at INTEGER
) STRICT;

-- A removed job keeps its history; its slug is free again.
CREATE UNIQUE INDEX jobs_slug ON jobs (slug) WHERE archived_at IS NULL;

-- What events change, apart from the definition, so that a ping rewrites a small row.
CREATE TABLE job_states (
    job_id INTEGER PRIMARY KEY REFERENCES jobs (id),
    status TEXT NOT NULL DEFAULT 'new'
        CHECK (status IN ('new', 'up', 'down', 'paused')),
    paused_from TEXT CHECK (paused_from IN ('new', 'up', 'down')),
    paused_by TEXT NOT NULL DEFAULT '',
    due_at INTEGER,
    slot_deadline_at INTEGER,
    deadline_at INTEGER,
    wake_at INTEGER,
    remind_at INTEGER,
    missed_due_at INTEGER,
    guard_due_at INTEGER,
    held_due_at INTEGER,
    last_outcome TEXT,
    last_ping_at INTEGER,
    last_ping_kind TEXT,
    last_duration INTEGER,
    bad_in_a_row INTEGER NOT NULL DEFAULT 0,
    good_in_a_row INTEGER NOT NULL DEFAULT 0,
    outcome_count INTEGER NOT NULL DEFAULT 0,
    openings TEXT NOT NULL DEFAULT '',
    ping_count INTEGER NOT NULL DEFAULT 0,
    open_runs INTEGER NOT NULL DEFAULT 0,
    incident_id INTEGER
) STRICT;

CREATE INDEX job_states_wake ON job_states (wake_at) WHERE wake_at IS NOT NULL;

CREATE TABLE pings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    said TEXT NOT NULL,
    exit_status INTEGER,
    rid TEXT,
    method TEXT NOT NULL,
    source TEXT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    body BLOB,
    body_size INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX pings_job ON pings (job_id, id);

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    rid TEXT,
    started_at INTEGER NOT NULL,
    deadline_at INTEGER,
    due_at INTEGER,
    late INTEGER NOT NULL DEFAULT 0,
    superseded INTEGER NOT NULL DEFAULT 0,
    overran INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER,
    outcome TEXT,
    exit_status INTEGER
) STRICT;

CREATE INDEX runs_job ON runs (job_id, started_at);
CREATE INDEX runs_open ON runs (job_id) WHERE ended_at IS NULL;
CREATE INDEX runs_rid ON runs (job_id, rid) WHERE rid IS NOT NULL;

CREATE TABLE slots (
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    due_at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (job_id, due_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE incidents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    kind TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'acknowledged', 'resolved')),
    severity TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    count INTEGER NOT NULL,
    last_bad_at INTEGER NOT NULL,
    due_at INTEGER,
    flapping INTEGER NOT NULL DEFAULT 0,
    flapping_bad INTEGER NOT NULL DEFAULT 0,
    down_for_good INTEGER NOT NULL DEFAULT 0,
    acknowledged_by TEXT NOT NULL DEFAULT '',
    acknowledged_at INTEGER,
    acknowledged_until INTEGER,
    resolved_at INTEGER,
    resolution TEXT NOT NULL DEFAULT '',
    reopened INTEGER NOT NULL DEFAULT 0,
    sound_due TEXT,
    silenced INTEGER NOT NULL DEFAULT 0,
    sounds INTEGER NOT NULL DEFAULT 0,
    last_sound_at INTEGER,
    review_at INTEGER,
    note TEXT NOT NULL DEFAULT ''
) STRICT;

-- One open incident per job, whatever the code above believes.
CREATE UNIQUE INDEX incidents_open ON incidents (job_id) WHERE resolved_at IS NULL;
CREATE INDEX incidents_review ON incidents (review_at) WHERE review_at IS NOT NULL;

CREATE TABLE incident_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    actor TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX incident_events_incident ON incident_events (incident_id, id);

CREATE TABLE notifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    incident_id INTEGER REFERENCES incidents (id),
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    sounds INTEGER NOT NULL,
    -- job and incident as they were when this had to be said, as JSON
    snapshot TEXT NOT NULL
) STRICT;

CREATE INDEX notifications_incident ON notifications (incident_id, id);

-- One row for each place that a notification has to reach.
CREATE TABLE deliveries (
    notification_id INTEGER NOT NULL REFERENCES notifications (id),
    channel TEXT NOT NULL,
    -- when to try (again); NULL once it was taken or given up
    try_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    delivered_at INTEGER,
    error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (notification_id, channel)
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_waiting ON deliveries (channel, try_at, notification_id)
    WHERE try_at IS NOT NULL;

CREATE TABLE mutes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL CHECK (scope IN ('job', 'tag', 'all')),
    target TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    until_recovery INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER
) STRICT;

CREATE INDEX mutes_running ON mutes (until_at) WHERE ended_at IS NULL;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
