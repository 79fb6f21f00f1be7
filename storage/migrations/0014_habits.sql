-- What is usual of a job, learnt from its runs, so that no decision has to read them all.
CREATE TABLE habits (
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    -- `duration` or `lateness`
    measure TEXT NOT NULL,
    -- samples that it was learnt from
    count INTEGER NOT NULL,
    -- seconds
    median REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    -- the first sample, and when all of this was worked out
    since INTEGER NOT NULL,
    learnt_at INTEGER NOT NULL,
    PRIMARY KEY (job_id, measure)
) STRICT, WITHOUT ROWID;

-- The jobs whose drift opens an incident; the key stands in a definition only if it is true.
CREATE INDEX jobs_drift ON jobs (id)
    WHERE archived_at IS NULL AND instr(definition, '"alert_on_drift"') > 0;
