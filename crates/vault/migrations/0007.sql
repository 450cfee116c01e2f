-- A voice note that is being recorded (docs/adr/0015), piece by piece as the window hands it over; one at most. Its entry is the one that stands
-- with the last piece. What it becomes is an attachment, or nothing. Without row numbers: what is not kept yet makes no backup necessary.
CREATE TABLE recording (
    number INTEGER PRIMARY KEY NOT NULL CHECK (number >= 0),
    id BLOB NOT NULL CHECK (length(id) = 16),
    part INTEGER NOT NULL CHECK (part >= 0),
    entry BLOB REFERENCES diary_entry (id) ON DELETE SET NULL,
    said_ms INTEGER NOT NULL CHECK (said_ms >= 0),
    at_ms INTEGER NOT NULL,
    at_offset_s INTEGER NOT NULL,
    at_zone TEXT NOT NULL,
    piece BLOB NOT NULL
) STRICT, WITHOUT ROWID;
