-- Which version of the statement was in force when a choice was made; 0 for choices of before.
ALTER TABLE consent_event ADD COLUMN statement_version INTEGER NOT NULL DEFAULT 0;

-- When answers of a finished run were last put right.
ALTER TABLE meter_run ADD COLUMN corrected_ms INTEGER;

-- What is kept and readable, and used for nothing else. An empty mark stands for everything.
CREATE TABLE restriction (
    seq INTEGER PRIMARY KEY,
    record BLOB NOT NULL UNIQUE CHECK (length(record) IN (0, 16)),
    since_ms INTEGER NOT NULL,
    since_offset_s INTEGER NOT NULL,
    since_zone TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- What came in at once, for as long as it can be undone.
CREATE TABLE import_batch (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    origin TEXT NOT NULL,
    instruments TEXT NOT NULL
) STRICT;

CREATE TABLE import_item (
    batch INTEGER NOT NULL REFERENCES import_batch (id) ON DELETE CASCADE,
    record BLOB NOT NULL CHECK (length(record) = 16),
    content BLOB NOT NULL CHECK (length(content) = 16),
    PRIMARY KEY (batch, record)
) STRICT, WITHOUT ROWID;
