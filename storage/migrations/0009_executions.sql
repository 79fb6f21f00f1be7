-- Attempts to run something: wished, under way, over.
CREATE TABLE executions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    -- the due, or what makes a wish the same one when it comes again
    key TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    due_at INTEGER,
    cause TEXT NOT NULL,
    wished_by TEXT NOT NULL DEFAULT '',
    params TEXT NOT NULL DEFAULT '{}',
    priority INTEGER NOT NULL DEFAULT 0,
    stage TEXT NOT NULL CHECK (stage IN ('waiting', 'starting', 'running', 'ended')),
    queued_at INTEGER NOT NULL,
    -- it does not start before then
    ready_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    ending TEXT,
    exit_status INTEGER,
    signal INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    -- pairs the pings of all attempts at one due
    rid TEXT NOT NULL,
    -- somebody wants it to end, and who
    cancelled_by TEXT NOT NULL DEFAULT '',
    -- what it took, as JSON: memory, processor time, the load of the machine
    evidence TEXT NOT NULL DEFAULT '{}',
    output_size INTEGER NOT NULL DEFAULT 0,
    -- one run per slot, whatever the code above believes
    UNIQUE (job_id, key, attempt)
) STRICT;

CREATE INDEX executions_waiting ON executions (ready_at) WHERE stage = 'waiting';
CREATE INDEX executions_going ON executions (job_id) WHERE stage <> 'ended';
CREATE INDEX executions_job ON executions (job_id, id);
CREATE INDEX executions_ended ON executions (ended_at) WHERE ended_at IS NOT NULL;

-- What a run has printed, deflated; head and tail where it was long.
CREATE TABLE outputs (
    execution_id INTEGER PRIMARY KEY REFERENCES executions (id),
    body BLOB NOT NULL
) STRICT;

-- Whose end starts which job.
CREATE TABLE job_follows (
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    slug TEXT NOT NULL,
    PRIMARY KEY (job_id, slug)
) STRICT, WITHOUT ROWID;

CREATE INDEX job_follows_slug ON job_follows (slug);

-- Up to which due each job that Cronitor runs has been seen to.
CREATE TABLE dispatches (
    job_id INTEGER PRIMARY KEY REFERENCES jobs (id),
    -- the first due that nothing was decided about; NULL: there is none
    next_due_at INTEGER,
    -- dues in a row for which nothing was run
    skips INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX dispatches_due ON dispatches (next_due_at) WHERE next_due_at IS NOT NULL;

-- What was changed of a job.
CREATE INDEX audit_subject ON audit (subject, id);
