-- A former ping URL of a job that is still taken until a moment.
CREATE TABLE former_uuids (
    uuid TEXT PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX former_uuids_job ON former_uuids (job_id);

-- Keys of the HTTP API: what they are is known to their owners only.
CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    -- SHA-256 of the key, in hexadecimal
    hash TEXT NOT NULL UNIQUE,
    reads_only INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER,
    -- to the hour
    last_used_at INTEGER,
    removed_at INTEGER
) STRICT;

CREATE UNIQUE INDEX api_keys_name ON api_keys (name) WHERE removed_at IS NULL;
