-- The thread on the card of an incident, where there are threads: it keeps the story.
CREATE TABLE threads (
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    place TEXT NOT NULL,
    -- counts what may have changed
    touched INTEGER NOT NULL DEFAULT 1,
    -- the message that it hangs on, whose id it has; NULL before it is made
    thread_id INTEGER,
    -- the newest line of the story that it tells
    told INTEGER NOT NULL DEFAULT 0,
    -- a message was begun whose answer is not known: when, and up to which line
    begun_at INTEGER,
    begun_to INTEGER NOT NULL DEFAULT 0,
    closed INTEGER NOT NULL DEFAULT 0,
    -- somebody has deleted it
    gone INTEGER NOT NULL DEFAULT 0,
    -- when to look (again); NULL: it tells all that there is
    try_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (incident_id, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX threads_waiting ON threads (place, try_at) WHERE try_at IS NOT NULL;
