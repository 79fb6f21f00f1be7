-- Planned work: once, or whenever its schedule says.
CREATE TABLE maintenance_windows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- what a file calls it; empty for one that somebody made by hand
    name TEXT NOT NULL DEFAULT '',
    scope TEXT NOT NULL CHECK (scope IN ('job', 'tag', 'node', 'all')),
    target TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- nothing is covered before
    starts_at INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('none', 'cron', 'on_calendar')),
    expression TEXT NOT NULL DEFAULT '',
    timezone TEXT NOT NULL DEFAULT 'UTC',
    -- when the last of it is over; NULL: not foreseen
    ends_at INTEGER,
    -- it was ended early, or taken out of its file
    ended_at INTEGER
) STRICT;

CREATE INDEX maintenance_windows_end ON maintenance_windows (ends_at);

-- When the maintenance ends that has suppressed something of a job, and the newest
-- outcome inside, if it was bad.
ALTER TABLE job_states ADD COLUMN maintained_until INTEGER;
ALTER TABLE job_states ADD COLUMN suppressed TEXT;
ALTER TABLE job_states ADD COLUMN suppressed_due_at INTEGER;

CREATE INDEX job_states_maintained ON job_states (maintained_until)
    WHERE maintained_until IS NOT NULL;

ALTER TABLE incidents ADD COLUMN in_maintenance INTEGER NOT NULL DEFAULT 0;
