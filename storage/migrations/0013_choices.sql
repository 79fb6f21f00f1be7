-- Channels and roles of Discord that were chosen by a command or a call; where the
-- settings name one, that wins.
CREATE TABLE choices (
    choice TEXT PRIMARY KEY,
    -- a list of ids of Discord's, in JSON
    ids TEXT NOT NULL,
    chosen_at INTEGER NOT NULL,
    chosen_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
