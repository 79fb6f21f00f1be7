-- Many incidents at once that are told as one.
CREATE TABLE storms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- what its members share: `node nas`, `tag db` or `all`
    grouped TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    -- when the newest member joined, and when it is over unless another one does
    joined_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    -- all of them were resolved
    ended_at INTEGER
) STRICT;

CREATE INDEX storms_grouped ON storms (grouped, joined_at);

-- Who was ever in it, whatever became of it.
CREATE TABLE storm_members (
    storm_id INTEGER NOT NULL REFERENCES storms (id),
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (storm_id, incident_id)
) STRICT, WITHOUT ROWID;

-- Openings that were heard by themselves in the last moments: a few, and it storms.
CREATE TABLE group_sounds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    grouped TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

ALTER TABLE incidents ADD COLUMN storm_id INTEGER;
-- Until then it waits for others of its group before anything is posted.
ALTER TABLE incidents ADD COLUMN waits_until INTEGER;

CREATE INDEX storm_members_incident ON storm_members (incident_id);
CREATE INDEX incidents_storm ON incidents (storm_id) WHERE storm_id IS NOT NULL;
