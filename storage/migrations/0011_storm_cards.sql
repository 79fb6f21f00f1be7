-- A storm is shown in a message of its own, as a blind time is.
CREATE TABLE new_bulletins (
    -- what it is about: `blind` or `storm`, and its number
    kind TEXT NOT NULL CHECK (kind IN ('blind', 'storm')),
    subject_id INTEGER NOT NULL,
    place TEXT NOT NULL,
    -- counts what has changed; what was written for an older state is not the newest
    touched INTEGER NOT NULL DEFAULT 1,
    -- when to bring it up to date (again); NULL: it is
    try_at INTEGER,
    -- it was brought up to date lately: not before this
    rests_until INTEGER NOT NULL DEFAULT 0,
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
    PRIMARY KEY (kind, subject_id, place)
) STRICT, WITHOUT ROWID;

INSERT INTO new_bulletins (kind, subject_id, place, touched, try_at, attempts, error,
    channel_id, message_id, generation, shown, begun_at, begun_in)
SELECT 'blind', blind_id, place, touched, try_at, attempts, error,
    channel_id, message_id, generation, shown, begun_at, begun_in
FROM bulletins;

DROP TABLE bulletins;
ALTER TABLE new_bulletins RENAME TO bulletins;

CREATE INDEX bulletins_waiting ON bulletins (place, try_at) WHERE try_at IS NOT NULL;

-- A mute may cover a node.
CREATE TABLE new_mutes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL CHECK (scope IN ('job', 'tag', 'node', 'all')),
    target TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    until_recovery INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER
) STRICT;

INSERT INTO new_mutes (id, scope, target, reason, created_by, created_at, until_at,
    until_recovery, ended_at)
SELECT id, scope, target, reason, created_by, created_at, until_at,
    until_recovery, ended_at
FROM mutes;

DROP TABLE mutes;
ALTER TABLE new_mutes RENAME TO mutes;

CREATE INDEX mutes_running ON mutes (until_at) WHERE ended_at IS NULL;
