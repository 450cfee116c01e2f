-- Moments are seconds since 1970 in UTC, days are days since then. What an account owns has account_id first in its key.
-- Each column stands in docs/adr/0013-fields.json with its reason.

CREATE TABLE data_key (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- A database that was restored is served only beside a ledger that reaches as far.
CREATE TABLE ledger_mark (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    reached INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    account_id BLOB NOT NULL PRIMARY KEY CHECK (length(account_id) = 16),
    state TEXT NOT NULL CHECK (state IN ('active', 'erasing')),
    created_day INTEGER NOT NULL,
    seen_day INTEGER NOT NULL,
    credential_id BLOB NOT NULL,
    credential_generation INTEGER NOT NULL,
    pseudonym BLOB NOT NULL,
    statement_version INTEGER NOT NULL,
    terms_version INTEGER NOT NULL,
    copy_consented_day INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX account_by_seen ON account (seen_day);
CREATE INDEX account_erasing ON account (account_id) WHERE state = 'erasing';

CREATE TABLE contact (
    account_id BLOB NOT NULL PRIMARY KEY REFERENCES account (account_id),
    email_sealed BLOB NOT NULL,
    name_sealed BLOB NOT NULL,
    phone_sealed BLOB,
    verified_day INTEGER
) STRICT, WITHOUT ROWID;

-- No reference: an engine that shards keeps it by another column than the account.
CREATE TABLE address_lookup (
    address_hash BLOB NOT NULL PRIMARY KEY CHECK (length(address_hash) = 32),
    account_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX address_lookup_by_account ON address_lookup (account_id);

CREATE TABLE credential (
    account_id BLOB NOT NULL PRIMARY KEY REFERENCES account (account_id),
    generation INTEGER NOT NULL,
    record BLOB NOT NULL,
    passphrase_key BLOB NOT NULL,
    code_auth_key BLOB NOT NULL,
    code_seal_key BLOB NOT NULL,
    code_for_devices BLOB NOT NULL,
    factor_sealed BLOB,
    factor_step INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE factor_code (
    account_id BLOB NOT NULL REFERENCES account (account_id),
    code_hash BLOB NOT NULL,
    PRIMARY KEY (account_id, code_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE epoch (
    account_id BLOB NOT NULL REFERENCES account (account_id),
    number INTEGER NOT NULL CHECK (number > 0),
    statement BLOB NOT NULL,
    PRIMARY KEY (account_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE wrap (
    account_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    way TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (account_id, epoch, way),
    FOREIGN KEY (account_id, epoch) REFERENCES epoch (account_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    account_id BLOB NOT NULL REFERENCES account (account_id),
    device_id BLOB NOT NULL CHECK (length(device_id) = 16),
    sign_key BLOB NOT NULL,
    seal_key BLOB NOT NULL,
    name_sealed BLOB NOT NULL,
    platform_sealed BLOB NOT NULL,
    added_day INTEGER NOT NULL,
    used_day INTEGER NOT NULL,
    last_number INTEGER NOT NULL,
    signed_out_day INTEGER,
    PRIMARY KEY (account_id, device_id)
) STRICT, WITHOUT ROWID;

-- Where two devices meet that come together: for minutes, with one message at a time.
CREATE TABLE pairing (
    number_hash BLOB NOT NULL PRIMARY KEY CHECK (length(number_hash) = 32),
    token_hash BLOB NOT NULL,
    account_id BLOB,
    device_id BLOB,
    step INTEGER NOT NULL,
    message BLOB NOT NULL,
    ended TEXT,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX pairing_by_account ON pairing (account_id);
CREATE INDEX pairing_by_end ON pairing (ends_at);

CREATE TABLE login_begun (
    subject_hash BLOB NOT NULL,
    attempt BLOB NOT NULL,
    network_hash BLOB NOT NULL,
    begun_at INTEGER NOT NULL,
    PRIMARY KEY (subject_hash, attempt)
) STRICT, WITHOUT ROWID;

CREATE INDEX login_begun_by_network ON login_begun (network_hash, begun_at);
CREATE INDEX login_begun_by_moment ON login_begun (begun_at);

CREATE TABLE mail_code (
    account_id BLOB NOT NULL REFERENCES account (account_id),
    purpose TEXT NOT NULL,
    code_hash BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    language TEXT NOT NULL,
    PRIMARY KEY (account_id, purpose)
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_code_by_expiry ON mail_code (purpose, expires_at);

CREATE TABLE identity (
    account_id BLOB NOT NULL PRIMARY KEY REFERENCES account (account_id),
    sign_key BLOB NOT NULL,
    seal_key BLOB NOT NULL,
    statement BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE organisation (
    organisation_id BLOB NOT NULL PRIMARY KEY CHECK (length(organisation_id) = 16),
    name TEXT NOT NULL,
    seats INTEGER NOT NULL,
    until_day INTEGER NOT NULL,
    total INTEGER,
    total_week INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE seat (
    seat_id BLOB NOT NULL PRIMARY KEY CHECK (length(seat_id) = 16),
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    ended_day INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX seat_by_organisation ON seat (organisation_id);

CREATE TABLE invitation (
    secret_hash BLOB NOT NULL PRIMARY KEY CHECK (length(secret_hash) = 32),
    organisation_id BLOB NOT NULL REFERENCES organisation (organisation_id),
    number INTEGER NOT NULL,
    signature BLOB NOT NULL,
    from_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    seat_id BLOB REFERENCES seat (seat_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX invitation_by_number ON invitation (organisation_id, number);
CREATE INDEX invitation_by_seat ON invitation (seat_id);

CREATE TABLE seat_of (
    account_id BLOB NOT NULL PRIMARY KEY REFERENCES account (account_id),
    seat_sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE staff (
    staff_id BLOB NOT NULL PRIMARY KEY CHECK (length(staff_id) = 16),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    pseudonym BLOB NOT NULL,
    secrecy_day INTEGER,
    screened_until_day INTEGER,
    trained_until_day INTEGER,
    ended_day INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE certificate (
    serial BLOB NOT NULL PRIMARY KEY,
    staff_id BLOB NOT NULL REFERENCES staff (staff_id),
    statement BLOB NOT NULL,
    until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX certificate_by_staff ON certificate (staff_id);

CREATE TABLE revocation (
    number INTEGER NOT NULL PRIMARY KEY,
    made_at INTEGER NOT NULL,
    statement BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
    account_id BLOB NOT NULL REFERENCES account (account_id),
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor BLOB NOT NULL,
    before_hash BLOB NOT NULL,
    row_hash BLOB NOT NULL,
    PRIMARY KEY (account_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE staff_log (
    number INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor BLOB NOT NULL,
    subject BLOB NOT NULL,
    before_hash BLOB NOT NULL,
    row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
    name TEXT NOT NULL PRIMARY KEY,
    holder BLOB NOT NULL,
    until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- No reference: the last mail to an account outlives it, under an id that is nobody's.
CREATE TABLE outbox (
    account_id BLOB NOT NULL,
    mail_id BLOB NOT NULL CHECK (length(mail_id) = 16),
    mail_sealed BLOB NOT NULL,
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (account_id, mail_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_by_due ON outbox (due_at);

CREATE TABLE rate (
    counted_hash BLOB NOT NULL,
    period INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (counted_hash, period)
) STRICT, WITHOUT ROWID;

CREATE INDEX rate_by_period ON rate (period);
