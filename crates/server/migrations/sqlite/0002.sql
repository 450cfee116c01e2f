-- The account's chain of headers, its head, and the records that the head vouches for (docs/adr/0014). What began an epoch stands in
-- the chain from here on; its place there was the epoch's number. The heads are filled in by the program: a database cannot hash.

CREATE TABLE header (
    account_id BLOB NOT NULL REFERENCES account (account_id),
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
    of_devices INTEGER NOT NULL CHECK (of_devices IN (0, 1)),
    bytes BLOB NOT NULL,
    PRIMARY KEY (account_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX header_of_devices ON header (account_id, sequence) WHERE of_devices = 1;

CREATE TABLE head (
    account_id BLOB NOT NULL PRIMARY KEY REFERENCES account (account_id),
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

-- No reference: a push looks its account up once, and not once for each record. With a row's own number, because an envelope is too
-- long to stand in a key's tree.
CREATE TABLE record (
    account_id BLOB NOT NULL,
    record_id BLOB NOT NULL CHECK (length(record_id) = 16),
    sequence INTEGER NOT NULL,
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    envelope BLOB NOT NULL,
    PRIMARY KEY (account_id, record_id)
) STRICT;

CREATE INDEX record_by_sequence ON record (account_id, sequence);

INSERT INTO header (account_id, sequence, kind, of_devices, bytes) SELECT account_id, number, 0, 1, statement FROM epoch;

-- An epoch that the server lost and a device put back lies beside the chain, with its own bytes.
CREATE TABLE epoch_in_chain (
    account_id BLOB NOT NULL REFERENCES account (account_id),
    number INTEGER NOT NULL CHECK (number > 0),
    sequence INTEGER,
    beside BLOB,
    PRIMARY KEY (account_id, number),
    CHECK ((sequence IS NULL) <> (beside IS NULL)),
    FOREIGN KEY (account_id, sequence) REFERENCES header (account_id, sequence)
) STRICT, WITHOUT ROWID;

INSERT INTO epoch_in_chain (account_id, number, sequence) SELECT account_id, number, number FROM epoch;

CREATE TABLE wrap_in_chain (
    account_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    way TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (account_id, epoch, way),
    FOREIGN KEY (account_id, epoch) REFERENCES epoch_in_chain (account_id, number)
) STRICT, WITHOUT ROWID;

INSERT INTO wrap_in_chain (account_id, epoch, way, sealed) SELECT account_id, epoch, way, sealed FROM wrap;

DROP TABLE wrap;
DROP TABLE epoch;
ALTER TABLE epoch_in_chain RENAME TO epoch;
ALTER TABLE wrap_in_chain RENAME TO wrap;
