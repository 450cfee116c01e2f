-- What is kept for devices that sync (docs/adr/0014). Tables without row numbers make no backup necessary (lib.rs).
CREATE TABLE sync_state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    marks INTEGER NOT NULL CHECK (marks IN (0, 1)),
    sequence INTEGER,
    hash BLOB CHECK (length(hash) = 32),
    header BLOB,
    sum BLOB CHECK (length(sum) = 32),
    summed_ms INTEGER,
    unchecked INTEGER NOT NULL CHECK (unchecked IN (0, 1)),
    tip BLOB,
    progress BLOB,
    CHECK (
        (sequence IS NULL) = (hash IS NULL) AND (sequence IS NULL) = (header IS NULL) AND (sequence IS NULL) = (sum IS NULL)
    )
) STRICT, WITHOUT ROWID;

-- Every record and tombstone that other devices know. Of a tombstone nothing local is kept.
CREATE TABLE sync_record (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind INTEGER NOT NULL,
    local ANY,
    revision BLOB NOT NULL CHECK (length(revision) = 16),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    parent BLOB NOT NULL CHECK (length(parent) IN (0, 32)),
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX sync_record_by_local ON sync_record (kind, local) WHERE local IS NOT NULL;

-- What waits to be pushed, and how often it changed meanwhile. With a revision, nothing changed since it was sealed: it
-- goes under that one again, and as it was sealed as long as its epoch lasts. What the person is asked about waits for the answer. Kind 0: a tombstone, by its id.
CREATE TABLE sync_change (
    kind INTEGER NOT NULL,
    local ANY NOT NULL,
    times INTEGER NOT NULL,
    asked INTEGER NOT NULL DEFAULT 0 CHECK (asked IN (0, 1)),
    id BLOB CHECK (length(id) = 16),
    revision BLOB CHECK (length(revision) = 16),
    deletion BLOB CHECK (length(deletion) = 16),
    deletion_count INTEGER,
    envelope BLOB,
    PRIMARY KEY (kind, local)
) STRICT, WITHOUT ROWID;

CREATE INDEX sync_change_by_id ON sync_change (id) WHERE id IS NOT NULL;

-- What devices last agreed on, of records that changed here since.
CREATE TABLE sync_base (
    id BLOB PRIMARY KEY REFERENCES sync_record (id) ON DELETE CASCADE,
    content BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Both texts from before a merge.
CREATE TABLE sync_original (
    id BLOB PRIMARY KEY REFERENCES sync_record (id) ON DELETE CASCADE,
    merged_ms INTEGER NOT NULL,
    mine BLOB NOT NULL,
    theirs BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What is kept as it came: of a newer program until this one is as new, or until the person has said what holds.
CREATE TABLE sync_later (
    id BLOB PRIMARY KEY REFERENCES sync_record (id) ON DELETE CASCADE,
    content BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The push that is on its way, byte for byte.
CREATE TABLE sync_push (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What is in it; with content, the row was changed since, and this is what was sealed.
CREATE TABLE sync_push_record (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    kind INTEGER NOT NULL,
    local ANY NOT NULL,
    revision BLOB NOT NULL CHECK (length(revision) = 16),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    parent BLOB NOT NULL CHECK (length(parent) IN (0, 32)),
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    deletion BLOB CHECK (length(deletion) = 16),
    deletion_count INTEGER,
    content BLOB
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX sync_push_record_by_local ON sync_push_record (kind, local);

-- What came and is not verified yet, with the header that brought it. Without an envelope, it is shown already.
CREATE TABLE sync_aside (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    sequence INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    revision BLOB NOT NULL CHECK (length(revision) = 16),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    parent BLOB NOT NULL CHECK (length(parent) IN (0, 32)),
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    envelope BLOB
) STRICT, WITHOUT ROWID;

-- Hashes of the newest headers.
CREATE TABLE sync_header (
    sequence INTEGER PRIMARY KEY,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

-- The devices of the account, as of the head.
CREATE TABLE sync_roll (
    device BLOB PRIMARY KEY CHECK (length(device) = 16),
    sign_key BLOB NOT NULL CHECK (length(sign_key) = 32),
    seal_key BLOB NOT NULL CHECK (length(seal_key) = 32)
) STRICT, WITHOUT ROWID;

-- Each write of what travels marks its record as changed, in the same transaction; where nothing is synced nothing happens.
-- New entries and runs are marked where they are written (sync/base.rs): with a trigger an INSERT begins a savepoint, at which
-- FTS5 writes out what it has gathered, and an import takes four times as long. What is pulled is written while marks are off.
-- A row that goes takes base, originals and what was sealed of it along, always.
-- Kinds are those of domain's record.rs; of most kinds there is one record, with nothing for its local name.

CREATE TRIGGER sync_entry_changed
AFTER UPDATE OF written_ms, written_offset_s, written_zone, edited_ms, mood, own_title, markdown ON diary_entry
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (1, NEW.id, 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_entry_deleted AFTER DELETE ON diary_entry
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    DELETE FROM sync_change WHERE kind = 1 AND local = OLD.id
        AND NOT EXISTS (SELECT 1 FROM sync_record WHERE kind = 1 AND local = OLD.id)
        AND NOT EXISTS (SELECT 1 FROM sync_push_record WHERE kind = 1 AND local = OLD.id);
    INSERT INTO sync_change (kind, local, times) SELECT 1, OLD.id, 1
    WHERE EXISTS (SELECT 1 FROM sync_record WHERE kind = 1 AND local = OLD.id)
        OR EXISTS (SELECT 1 FROM sync_push_record WHERE kind = 1 AND local = OLD.id)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_entry_gone AFTER DELETE ON diary_entry
BEGIN
    DELETE FROM sync_base WHERE id = (SELECT id FROM sync_record WHERE kind = 1 AND local = OLD.id);
    DELETE FROM sync_original WHERE id = (SELECT id FROM sync_record WHERE kind = 1 AND local = OLD.id);
    UPDATE sync_push_record SET content = NULL WHERE kind = 1 AND local = OLD.id;
END;

CREATE TRIGGER sync_run_changed
AFTER UPDATE OF instrument, instrument_version, started_ms, started_offset_s, started_zone, finished_ms,
    finished_offset_s, finished_zone, position, note, corrected_ms ON meter_run
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (2, NEW.id, 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_run_deleted AFTER DELETE ON meter_run
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    DELETE FROM sync_change WHERE kind = 2 AND local = OLD.id
        AND NOT EXISTS (SELECT 1 FROM sync_record WHERE kind = 2 AND local = OLD.id)
        AND NOT EXISTS (SELECT 1 FROM sync_push_record WHERE kind = 2 AND local = OLD.id);
    INSERT INTO sync_change (kind, local, times) SELECT 2, OLD.id, 1
    WHERE EXISTS (SELECT 1 FROM sync_record WHERE kind = 2 AND local = OLD.id)
        OR EXISTS (SELECT 1 FROM sync_push_record WHERE kind = 2 AND local = OLD.id)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_run_gone AFTER DELETE ON meter_run
BEGIN
    DELETE FROM sync_base WHERE id = (SELECT id FROM sync_record WHERE kind = 2 AND local = OLD.id);
    DELETE FROM sync_original WHERE id = (SELECT id FROM sync_record WHERE kind = 2 AND local = OLD.id);
    UPDATE sync_push_record SET content = NULL WHERE kind = 2 AND local = OLD.id;
END;

CREATE TRIGGER sync_instrument_added AFTER INSERT ON instrument
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (3, NEW.id || char(31) || NEW.version, 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_instrument_deleted AFTER DELETE ON instrument
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    DELETE FROM sync_change WHERE kind = 3 AND local = OLD.id || char(31) || OLD.version
        AND NOT EXISTS (SELECT 1 FROM sync_record WHERE kind = 3 AND local = OLD.id || char(31) || OLD.version)
        AND NOT EXISTS (SELECT 1 FROM sync_push_record WHERE kind = 3 AND local = OLD.id || char(31) || OLD.version);
    INSERT INTO sync_change (kind, local, times) SELECT 3, OLD.id || char(31) || OLD.version, 1
    WHERE EXISTS (SELECT 1 FROM sync_record WHERE kind = 3 AND local = OLD.id || char(31) || OLD.version)
        OR EXISTS (SELECT 1 FROM sync_push_record WHERE kind = 3 AND local = OLD.id || char(31) || OLD.version)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_setting_added AFTER INSERT ON setting
WHEN NEW.name IN ('language', 'diary_offers', 'statement_seen') AND EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (4, '', 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_setting_changed AFTER UPDATE OF value ON setting
WHEN NEW.name IN ('language', 'diary_offers', 'statement_seen') AND EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (4, '', 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_setting_removed AFTER DELETE ON setting
WHEN OLD.name IN ('language', 'diary_offers', 'statement_seen') AND EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (4, '', 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_reminders_added AFTER INSERT ON setting
WHEN NEW.name = 'reminders' AND EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (5, '', 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_reminders_changed AFTER UPDATE OF value ON setting
WHEN NEW.name = 'reminders' AND EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (5, '', 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_reminders_removed AFTER DELETE ON setting
WHEN OLD.name = 'reminders' AND EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (5, '', 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_choice_added AFTER INSERT ON consent_event
WHEN NEW.purpose <> 'keep_on_device' AND EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (6, '', 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_hold_added AFTER INSERT ON restriction
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) SELECT 7, '', 1 WHERE NEW.record = x''
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
    INSERT INTO sync_change (kind, local, times) SELECT 1, id, 1 FROM diary_entry WHERE id = NEW.record
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
    INSERT INTO sync_change (kind, local, times) SELECT 2, id, 1 FROM meter_run WHERE id = NEW.record
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_hold_changed AFTER UPDATE OF since_ms, since_offset_s, since_zone, reason ON restriction
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) SELECT 7, '', 1 WHERE NEW.record = x''
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
    INSERT INTO sync_change (kind, local, times) SELECT 1, id, 1 FROM diary_entry WHERE id = NEW.record
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
    INSERT INTO sync_change (kind, local, times) SELECT 2, id, 1 FROM meter_run WHERE id = NEW.record
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_hold_lifted AFTER DELETE ON restriction
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) SELECT 7, '', 1 WHERE OLD.record = x''
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
    INSERT INTO sync_change (kind, local, times) SELECT 1, id, 1 FROM diary_entry WHERE id = OLD.record
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
    INSERT INTO sync_change (kind, local, times) SELECT 2, id, 1 FROM meter_run WHERE id = OLD.record
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;
