-- A notice may be about no job: a channel that is gone, a time that was not seen.
CREATE TABLE notifications_next (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER REFERENCES jobs (id),
    incident_id INTEGER REFERENCES incidents (id),
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    sounds INTEGER NOT NULL,
    -- job and incident as they were when this had to be said, as JSON
    snapshot TEXT NOT NULL
) STRICT;

INSERT INTO notifications_next SELECT id, job_id, incident_id, kind, at, sounds, snapshot
    FROM notifications;
DROP TABLE notifications;
ALTER TABLE notifications_next RENAME TO notifications;
CREATE INDEX notifications_incident ON notifications (incident_id, id);

-- Where a send was begun whose answer is not known, and when; NULL: none was.
ALTER TABLE deliveries ADD COLUMN begun_at INTEGER;
ALTER TABLE deliveries ADD COLUMN begun_in INTEGER;

-- The one message that shows an incident in a place, and what is left to do there.
CREATE TABLE cards (
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    place TEXT NOT NULL,
    -- counts the incident's changes; what was written for an older one is not the newest
    touched INTEGER NOT NULL DEFAULT 1,
    -- when to bring it up to date (again); NULL: it is
    try_at INTEGER,
    -- a sound waits: it goes before everything that is silent
    loud INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    -- the message, as soon as the place has said that it is there
    channel_id INTEGER,
    message_id INTEGER,
    posted_at INTEGER,
    -- counts messages that were deleted and posted anew
    generation INTEGER NOT NULL DEFAULT 0,
    -- what it shows: a digest, and the incident's revision
    shown TEXT NOT NULL DEFAULT '',
    shown_revision INTEGER NOT NULL DEFAULT 0,
    -- a send was begun whose answer is not known: when, in which channel, the newest
    -- notification that it says (0: it says none), and whether it is a sound of its own
    begun_at INTEGER,
    begun_in INTEGER,
    begun_covers INTEGER NOT NULL DEFAULT 0,
    begun_sound INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (incident_id, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX cards_waiting ON cards (place, loud DESC, try_at) WHERE try_at IS NOT NULL;

-- A send whose answer was lost, in a channel that was lost right after: it was repeated
-- elsewhere, and what may be there is taken away as soon as the channel can be used.
CREATE TABLE orphans (
    place TEXT NOT NULL,
    channel_id INTEGER NOT NULL,
    mark TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    try_at INTEGER NOT NULL,
    PRIMARY KEY (place, channel_id, mark)
) STRICT, WITHOUT ROWID;
