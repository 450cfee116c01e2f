-- The account of this vault, where there is one. Tables without row numbers make no backup necessary (lib.rs).
CREATE TABLE account (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id BLOB NOT NULL CHECK (length(id) = 16),
    root BLOB NOT NULL CHECK (length(root) = 32),
    deployment BLOB NOT NULL,
    address TEXT NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    phone TEXT,
    since_day INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    passphrase_key BLOB NOT NULL CHECK (length(passphrase_key) = 32),
    passphrase_vouch BLOB NOT NULL CHECK (length(passphrase_vouch) = 32),
    code_key BLOB NOT NULL CHECK (length(code_key) = 32),
    code_vouch BLOB NOT NULL CHECK (length(code_vouch) = 32),
    seat_ended INTEGER NOT NULL CHECK (seat_ended IN (0, 1)),
    has_factor INTEGER NOT NULL CHECK (has_factor IN (0, 1)),
    copy_day INTEGER,
    state TEXT NOT NULL,
    contact_ms INTEGER
) STRICT, WITHOUT ROWID;

-- The account key of each epoch, and what began it.
CREATE TABLE account_epoch (
    number INTEGER PRIMARY KEY,
    key BLOB NOT NULL CHECK (length(key) = 32),
    header BLOB NOT NULL
) STRICT;

-- Devices of the account that this one checked.
CREATE TABLE account_device (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    sign_key BLOB NOT NULL CHECK (length(sign_key) = 32),
    seal_key BLOB NOT NULL CHECK (length(seal_key) = 32)
) STRICT, WITHOUT ROWID;

-- The keys of this device. A restored vault has none: it is another device.
CREATE TABLE own_device (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id BLOB NOT NULL CHECK (length(id) = 16),
    sign_seed BLOB NOT NULL CHECK (length(sign_seed) = 32),
    opening_key BLOB NOT NULL CHECK (length(opening_key) = 32),
    name TEXT NOT NULL,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What waits for a network.
CREATE TABLE account_change (
    what TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every request that the app made, for 90 days.
CREATE TABLE request (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    at_ms INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    content TEXT NOT NULL,
    sent INTEGER NOT NULL,
    received INTEGER
) STRICT, WITHOUT ROWID;
