-- What attachments are made of (docs/adr/0015): sealed chunks of blobs. A blob is open while it is put, kept once a push named it, and going when its
-- chunks are deleted bit by bit. Rows of a chunk are a mebibyte long: on SQLite they lie by number, or each look at one would carry the one before it along.

CREATE TABLE blob (
    account_id BLOB NOT NULL,
    blob_id BLOB NOT NULL CHECK (length(blob_id) = 16),
    chunks INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'kept', 'going')),
    open_until INTEGER NOT NULL,
    PRIMARY KEY (account_id, blob_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_by_state ON blob (state, open_until);

CREATE TABLE chunk (
    account_id BLOB NOT NULL,
    blob_id BLOB NOT NULL CHECK (length(blob_id) = 16),
    number INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    bytes BLOB NOT NULL,
    PRIMARY KEY (account_id, blob_id, number)
) STRICT;
