-- A number that no other state of the same job had since the process started: whoever has
-- kept a state with it in memory need not read the row.
ALTER TABLE job_states ADD COLUMN stamp INTEGER NOT NULL DEFAULT 0;
