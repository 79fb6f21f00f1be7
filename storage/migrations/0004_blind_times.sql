-- The last sign of life, written again and again; `clean`: it is the last of all, and exact.
CREATE TABLE alive (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL,
    -- since the machine started, with and without the time that it slept
    boot INTEGER NOT NULL,
    monotonic INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    clean INTEGER NOT NULL
) STRICT;

-- When Cronitor itself could not see.
CREATE TABLE blind_times (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    began_at INTEGER NOT NULL,
    ended_at INTEGER,
    reason TEXT NOT NULL,
    -- when there is something to tell (again); NULL: there is not
    tell_at INTEGER,
    told_at INTEGER
) STRICT;

CREATE INDEX blind_times_ended ON blind_times (ended_at);
CREATE INDEX blind_times_tell ON blind_times (tell_at) WHERE tell_at IS NOT NULL;

ALTER TABLE job_states ADD COLUMN usual_lateness INTEGER;
ALTER TABLE job_states ADD COLUMN usual_runtime INTEGER;
-- The blind time in which a ping may have been missed.
ALTER TABLE slots ADD COLUMN blind_id INTEGER;
ALTER TABLE runs ADD COLUMN blind_id INTEGER;
CREATE INDEX slots_blind ON slots (blind_id) WHERE blind_id IS NOT NULL;
CREATE INDEX runs_blind ON runs (blind_id) WHERE blind_id IS NOT NULL;

-- The one message that shows a blind time in a place, edited as evidence comes.
CREATE TABLE bulletins (
    blind_id INTEGER NOT NULL REFERENCES blind_times (id),
    place TEXT NOT NULL,
    -- counts what has changed; what was written for an older state is not the newest
    touched INTEGER NOT NULL DEFAULT 1,
    -- when to bring it up to date (again); NULL: it is
    try_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    channel_id INTEGER,
    message_id INTEGER,
    -- counts messages that were deleted and posted anew
    generation INTEGER NOT NULL DEFAULT 0,
    -- a digest of what it shows
    shown TEXT NOT NULL DEFAULT '',
    -- a send was begun whose answer is not known: when, and in which channel
    begun_at INTEGER,
    begun_in INTEGER,
    PRIMARY KEY (blind_id, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX bulletins_waiting ON bulletins (place, try_at) WHERE try_at IS NOT NULL;

-- A ping that its sender kept for later is taken once.
ALTER TABLE pings ADD COLUMN event_id TEXT;
CREATE UNIQUE INDEX pings_event ON pings (job_id, event_id) WHERE event_id IS NOT NULL;

-- When the receiver seemed cut off from its jobs.
CREATE TABLE isolations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    began_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
