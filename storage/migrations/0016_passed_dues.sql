-- Dues of a blind time for which nothing was run, and which are too many for a slot each.
CREATE TABLE passed_dues (
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    blind_id INTEGER NOT NULL REFERENCES blind_times (id),
    -- how many of those from the first to the last have no slot
    dues INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (blind_id, job_id)
) STRICT, WITHOUT ROWID;
