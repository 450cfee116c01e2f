-- Photos and voice notes (docs/adr/0015). Their bytes lie sealed in files beside the vault; what is known of each, its key too, lies here.
CREATE TABLE attachment (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    media INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    width INTEGER,
    height INTEGER,
    milliseconds INTEGER,
    blob BLOB NOT NULL UNIQUE CHECK (length(blob) = 16),
    key BLOB NOT NULL CHECK (length(key) = 32),
    state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
    device TEXT NOT NULL,
    lost_ms INTEGER
) STRICT;

CREATE INDEX attachment_by_hash ON attachment (hash);

-- What an entry names. What it names may come later than it does. With a time, it was taken out and can still be taken back: until
-- then it counts as named.
CREATE TABLE attachment_of (
    entry BLOB NOT NULL REFERENCES diary_entry (id) ON DELETE CASCADE,
    attachment BLOB NOT NULL CHECK (length(attachment) = 16),
    position INTEGER NOT NULL,
    description TEXT NOT NULL,
    let_go_ms INTEGER,
    PRIMARY KEY (entry, attachment)
) STRICT;

CREATE INDEX attachment_of_by_attachment ON attachment_of (attachment);
CREATE INDEX attachment_of_let_go ON attachment_of (let_go_ms) WHERE let_go_ms IS NOT NULL;

CREATE TABLE attachment_preview (
    attachment BLOB PRIMARY KEY NOT NULL REFERENCES attachment (id) ON DELETE CASCADE ON UPDATE CASCADE,
    jpeg BLOB NOT NULL
) STRICT;

-- Files: 1 is being written, 2 is here, 3 goes, 4 goes and is to go from the server, 5 went and is still to go from there. Of what is
-- fetched, the places of the chunks that are here, a byte each. Without row numbers: it makes no backup necessary.
CREATE TABLE attachment_file (
    blob BLOB PRIMARY KEY NOT NULL CHECK (length(blob) = 16),
    state INTEGER NOT NULL CHECK (state IN (1, 2, 3, 4, 5)),
    fetched INTEGER NOT NULL CHECK (fetched IN (0, 1)),
    chunks BLOB,
    shown_day INTEGER
) STRICT, WITHOUT ROWID;

-- As those of 0005.sql. Kind 8 is an attachment.
CREATE TRIGGER sync_attachment_added AFTER INSERT ON attachment
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (8, NEW.id, 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_attachment_changed AFTER UPDATE OF blob, key, state, device, lost_ms ON attachment
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (8, NEW.id, 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_attachment_deleted AFTER DELETE ON attachment
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    DELETE FROM sync_change WHERE kind = 8 AND local = OLD.id
        AND NOT EXISTS (SELECT 1 FROM sync_record WHERE kind = 8 AND local = OLD.id)
        AND NOT EXISTS (SELECT 1 FROM sync_push_record WHERE kind = 8 AND local = OLD.id);
    INSERT INTO sync_change (kind, local, times) SELECT 8, OLD.id, 1
    WHERE EXISTS (SELECT 1 FROM sync_record WHERE kind = 8 AND local = OLD.id)
        OR EXISTS (SELECT 1 FROM sync_push_record WHERE kind = 8 AND local = OLD.id)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

-- What was last agreed on holds the key too.
CREATE TRIGGER sync_attachment_gone AFTER DELETE ON attachment
BEGIN
    DELETE FROM sync_base WHERE id = (SELECT id FROM sync_record WHERE kind = 8 AND local = OLD.id);
    DELETE FROM sync_original WHERE id = (SELECT id FROM sync_record WHERE kind = 8 AND local = OLD.id);
    UPDATE sync_push_record SET content = NULL WHERE kind = 8 AND local = OLD.id;
END;

-- What an entry names travels with it. An entry that goes takes its names along, and is marked as gone by its own trigger.
CREATE TRIGGER sync_named AFTER INSERT ON attachment_of
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (1, NEW.entry, 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_named_otherwise AFTER UPDATE OF attachment, position, description ON attachment_of
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) VALUES (1, NEW.entry, 1)
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;

CREATE TRIGGER sync_named_no_more AFTER DELETE ON attachment_of
WHEN EXISTS (SELECT 1 FROM sync_state WHERE marks = 1)
BEGIN
    INSERT INTO sync_change (kind, local, times) SELECT 1, id, 1 FROM diary_entry WHERE id = OLD.entry
    ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
        deletion = NULL, deletion_count = NULL;
END;
