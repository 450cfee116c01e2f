-- Long texts stand last in their row, so that reading a list never touches their overflow pages.

CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE consent_event (
    seq INTEGER PRIMARY KEY,
    purpose TEXT NOT NULL,
    purpose_version INTEGER NOT NULL,
    given INTEGER NOT NULL CHECK (given IN (0, 1)),
    at TEXT NOT NULL,
    zone TEXT NOT NULL
) STRICT;

CREATE INDEX consent_event_by_purpose ON consent_event (purpose, seq);

CREATE TABLE diary_entry (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    written_ms INTEGER NOT NULL,
    written_offset_s INTEGER NOT NULL,
    written_zone TEXT NOT NULL,
    edited_ms INTEGER NOT NULL,
    deleted_ms INTEGER,
    caret INTEGER,
    title TEXT NOT NULL,
    preview TEXT NOT NULL,
    markdown TEXT NOT NULL
) STRICT;

CREATE INDEX diary_entry_by_date ON diary_entry (written_ms DESC, seq DESC) WHERE deleted_ms IS NULL;
CREATE INDEX diary_entry_deleted ON diary_entry (deleted_ms) WHERE deleted_ms IS NOT NULL;

CREATE VIRTUAL TABLE diary_search USING fts5 (
    words,
    tokenize = 'unicode61 remove_diacritics 2',
    prefix = '2 3'
);

INSERT INTO diary_search (diary_search, rank) VALUES ('secure-delete', 1);

CREATE TABLE meter_run (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    instrument TEXT NOT NULL,
    instrument_version TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    started_offset_s INTEGER NOT NULL,
    started_zone TEXT NOT NULL,
    finished_ms INTEGER,
    finished_offset_s INTEGER,
    finished_zone TEXT,
    deleted_ms INTEGER,
    position INTEGER NOT NULL,
    note TEXT NOT NULL,
    CHECK ((finished_ms IS NULL) = (finished_offset_s IS NULL) AND (finished_ms IS NULL) = (finished_zone IS NULL))
) STRICT;

CREATE INDEX meter_run_by_date ON meter_run (finished_ms DESC) WHERE deleted_ms IS NULL;
CREATE INDEX meter_run_deleted ON meter_run (deleted_ms) WHERE deleted_ms IS NOT NULL;

CREATE TABLE meter_answer (
    run_id BLOB NOT NULL REFERENCES meter_run (id) ON DELETE CASCADE,
    item TEXT NOT NULL,
    value INTEGER,
    PRIMARY KEY (run_id, item)
) STRICT, WITHOUT ROWID;
