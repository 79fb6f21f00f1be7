-- Whom a job depends on, as rows: who stands above whom is asked in every direction.
CREATE TABLE job_parents (
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    parent TEXT NOT NULL,
    PRIMARY KEY (job_id, parent)
) STRICT, WITHOUT ROWID;

CREATE INDEX job_parents_parent ON job_parents (parent);

INSERT INTO job_parents
    SELECT j.id, p.value FROM jobs j, json_each(j.definition, '$.depends_on') p;

-- The machine whose sign of life a job is; empty: of none.
ALTER TABLE jobs ADD COLUMN stands_for_node TEXT NOT NULL DEFAULT '';

CREATE INDEX jobs_stands_for_node ON jobs (stands_for_node)
    WHERE stands_for_node <> '' AND archived_at IS NULL;
CREATE INDEX jobs_node ON jobs (node) WHERE node <> '' AND archived_at IS NULL;

-- The incident above that silences this one; its card shows them all.
ALTER TABLE incidents ADD COLUMN inhibited_by INTEGER;

CREATE INDEX incidents_inhibited ON incidents (inhibited_by)
    WHERE inhibited_by IS NOT NULL;
