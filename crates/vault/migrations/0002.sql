-- A place is a row's key and its date in one: rows lie in the order of their dates, also those that arrive late.
-- See place.rs.

CREATE TABLE diary_entry_by_place (
    place INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    written_ms INTEGER NOT NULL,
    written_offset_s INTEGER NOT NULL,
    written_zone TEXT NOT NULL,
    edited_ms INTEGER NOT NULL,
    deleted_ms INTEGER,
    caret INTEGER,
    day INTEGER NOT NULL,
    mood INTEGER CHECK (mood BETWEEN 1 AND 5),
    own_title TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL,
    preview TEXT NOT NULL,
    markdown TEXT NOT NULL
) STRICT;

-- One entry per millisecond and at most: earlier versions gave each a number of its own in the order of writing.
INSERT INTO diary_entry_by_place (
    place, id, written_ms, written_offset_s, written_zone, edited_ms, deleted_ms, caret, day, title, preview, markdown
)
SELECT
    written_ms * 65536 + row_number() OVER (PARTITION BY written_ms ORDER BY seq) - 1,
    id, written_ms, written_offset_s, written_zone, edited_ms, deleted_ms, caret,
    CAST(strftime('%Y%m%d', written_ms / 1000 + written_offset_s, 'unixepoch') AS INTEGER),
    title, preview, markdown
FROM diary_entry;

DROP TABLE diary_search;
DROP TABLE diary_entry;
ALTER TABLE diary_entry_by_place RENAME TO diary_entry;

CREATE INDEX diary_entry_by_day ON diary_entry (day) WHERE deleted_ms IS NULL;
CREATE INDEX diary_entry_by_calendar_day ON diary_entry (day % 10000, place) WHERE deleted_ms IS NULL;
CREATE INDEX diary_entry_by_mood ON diary_entry (mood, place) WHERE deleted_ms IS NULL AND mood IS NOT NULL;
CREATE INDEX diary_entry_deleted ON diary_entry (deleted_ms) WHERE deleted_ms IS NOT NULL;

CREATE TABLE tag (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE diary_tag (
    tag INTEGER NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    place INTEGER NOT NULL REFERENCES diary_entry (place) ON DELETE CASCADE ON UPDATE CASCADE,
    PRIMARY KEY (tag, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX diary_tag_by_place ON diary_tag (place);

ALTER TABLE meter_run ADD COLUMN place INTEGER;
CREATE UNIQUE INDEX meter_run_by_place ON meter_run (place) WHERE place IS NOT NULL;
CREATE INDEX meter_run_by_instrument ON meter_run (instrument, finished_ms) WHERE deleted_ms IS NULL;

CREATE TABLE instrument (
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    added_ms INTEGER NOT NULL,
    added_offset_s INTEGER NOT NULL,
    added_zone TEXT NOT NULL,
    file TEXT NOT NULL,
    PRIMARY KEY (id, version)
) STRICT;

-- Its rows have the places of the records they lead to. Words come in folded, stems with a mark behind them.
CREATE VIRTUAL TABLE search USING fts5 (
    title,
    tags,
    words,
    stems,
    tokenize = 'unicode61 remove_diacritics 0',
    prefix = '2 3 4 5'
);

INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
