-- Reports of local days and weeks: one of each, whatever the code above believes.
CREATE TABLE summaries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('day', 'week')),
    -- the local date, of a week its Monday
    label TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    -- why it came late; empty: in time
    late TEXT NOT NULL DEFAULT '',
    headline TEXT NOT NULL,
    -- everything that it knows, as JSON
    facts TEXT NOT NULL,
    UNIQUE (kind, label)
) STRICT;

CREATE INDEX summaries_due ON summaries (kind, due_at);

-- What a report asks for by time.
CREATE INDEX incidents_opened ON incidents (opened_at);
CREATE INDEX incidents_resolved ON incidents (resolved_at)
    WHERE resolved_at IS NOT NULL;
CREATE INDEX notifications_sounds ON notifications (at) WHERE sounds = 1;
CREATE INDEX executions_saved ON executions (ended_at)
    WHERE attempt > 1 AND ending = 'ok';
