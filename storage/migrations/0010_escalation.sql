-- Who is called when nobody takes care of an incident: how far that has come.
ALTER TABLE incidents ADD COLUMN escalated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN escalate_at INTEGER;
