-- Moments are seconds since 1970 in UTC, days are days since then. What an account owns has account_id first in its key.
-- Each column stands in docs/adr/0013-fields.json with its reason.

CREATE TABLE data_key (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    wrapped BYTEA NOT NULL
);

-- A database that was restored is served only beside a ledger that reaches as far.
CREATE TABLE ledger_mark (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    reached BIGINT NOT NULL
);

CREATE TABLE account (
    account_id BYTEA NOT NULL PRIMARY KEY CHECK (length(account_id) = 16),
    state TEXT NOT NULL CHECK (state IN ('active', 'erasing')),
    created_day BIGINT NOT NULL,
    seen_day BIGINT NOT NULL,
    credential_id BYTEA NOT NULL,
    credential_generation BIGINT NOT NULL,
    pseudonym BYTEA NOT NULL,
    statement_version BIGINT NOT NULL,
    terms_version BIGINT NOT NULL,
    copy_consented_day BIGINT
);

CREATE INDEX account_by_seen ON account (seen_day);
CREATE INDEX account_erasing ON account (account_id) WHERE state = 'erasing';

CREATE TABLE contact (
    account_id BYTEA NOT NULL PRIMARY KEY REFERENCES account (account_id),
    email_sealed BYTEA NOT NULL,
    name_sealed BYTEA NOT NULL,
    phone_sealed BYTEA,
    verified_day BIGINT
);

-- No reference: an engine that shards keeps it by another column than the account.
CREATE TABLE address_lookup (
    address_hash BYTEA NOT NULL PRIMARY KEY CHECK (length(address_hash) = 32),
    account_id BYTEA NOT NULL
);

CREATE INDEX address_lookup_by_account ON address_lookup (account_id);

CREATE TABLE credential (
    account_id BYTEA NOT NULL PRIMARY KEY REFERENCES account (account_id),
    generation BIGINT NOT NULL,
    record BYTEA NOT NULL,
    passphrase_key BYTEA NOT NULL,
    code_auth_key BYTEA NOT NULL,
    code_seal_key BYTEA NOT NULL,
    code_for_devices BYTEA NOT NULL,
    factor_sealed BYTEA,
    factor_step BIGINT NOT NULL
);

CREATE TABLE factor_code (
    account_id BYTEA NOT NULL REFERENCES account (account_id),
    code_hash BYTEA NOT NULL,
    PRIMARY KEY (account_id, code_hash)
);

CREATE TABLE epoch (
    account_id BYTEA NOT NULL REFERENCES account (account_id),
    number BIGINT NOT NULL CHECK (number > 0),
    statement BYTEA NOT NULL,
    PRIMARY KEY (account_id, number)
);

CREATE TABLE wrap (
    account_id BYTEA NOT NULL,
    epoch BIGINT NOT NULL,
    way TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (account_id, epoch, way),
    FOREIGN KEY (account_id, epoch) REFERENCES epoch (account_id, number)
);

CREATE TABLE device (
    account_id BYTEA NOT NULL REFERENCES account (account_id),
    device_id BYTEA NOT NULL CHECK (length(device_id) = 16),
    sign_key BYTEA NOT NULL,
    seal_key BYTEA NOT NULL,
    name_sealed BYTEA NOT NULL,
    platform_sealed BYTEA NOT NULL,
    added_day BIGINT NOT NULL,
    used_day BIGINT NOT NULL,
    last_number BIGINT NOT NULL,
    signed_out_day BIGINT,
    PRIMARY KEY (account_id, device_id)
);

-- Where two devices meet that come together: for minutes, with one message at a time.
CREATE TABLE pairing (
    number_hash BYTEA NOT NULL PRIMARY KEY CHECK (length(number_hash) = 32),
    token_hash BYTEA NOT NULL,
    account_id BYTEA,
    device_id BYTEA,
    step BIGINT NOT NULL,
    message BYTEA NOT NULL,
    ended TEXT,
    ends_at BIGINT NOT NULL
);

CREATE INDEX pairing_by_account ON pairing (account_id);
CREATE INDEX pairing_by_end ON pairing (ends_at);

CREATE TABLE login_begun (
    subject_hash BYTEA NOT NULL,
    attempt BYTEA NOT NULL,
    network_hash BYTEA NOT NULL,
    begun_at BIGINT NOT NULL,
    PRIMARY KEY (subject_hash, attempt)
);

CREATE INDEX login_begun_by_network ON login_begun (network_hash, begun_at);
CREATE INDEX login_begun_by_moment ON login_begun (begun_at);

CREATE TABLE mail_code (
    account_id BYTEA NOT NULL REFERENCES account (account_id),
    purpose TEXT NOT NULL,
    code_hash BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    language TEXT NOT NULL,
    PRIMARY KEY (account_id, purpose)
);

CREATE INDEX mail_code_by_expiry ON mail_code (purpose, expires_at);

CREATE TABLE identity (
    account_id BYTEA NOT NULL PRIMARY KEY REFERENCES account (account_id),
    sign_key BYTEA NOT NULL,
    seal_key BYTEA NOT NULL,
    statement BYTEA NOT NULL
);

CREATE TABLE organisation (
    organisation_id BYTEA NOT NULL PRIMARY KEY CHECK (length(organisation_id) = 16),
    name TEXT NOT NULL,
    seats BIGINT NOT NULL,
    until_day BIGINT NOT NULL,
    total BIGINT,
    total_week BIGINT
);

CREATE TABLE seat (
    seat_id BYTEA NOT NULL PRIMARY KEY CHECK (length(seat_id) = 16),
    organisation_id BYTEA NOT NULL REFERENCES organisation (organisation_id),
    ended_day BIGINT
);

CREATE INDEX seat_by_organisation ON seat (organisation_id);

CREATE TABLE invitation (
    secret_hash BYTEA NOT NULL PRIMARY KEY CHECK (length(secret_hash) = 32),
    organisation_id BYTEA NOT NULL REFERENCES organisation (organisation_id),
    number BIGINT NOT NULL,
    signature BYTEA NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    seat_id BYTEA REFERENCES seat (seat_id)
);

CREATE UNIQUE INDEX invitation_by_number ON invitation (organisation_id, number);
CREATE INDEX invitation_by_seat ON invitation (seat_id);

CREATE TABLE seat_of (
    account_id BYTEA NOT NULL PRIMARY KEY REFERENCES account (account_id),
    seat_sealed BYTEA NOT NULL
);

CREATE TABLE staff (
    staff_id BYTEA NOT NULL PRIMARY KEY CHECK (length(staff_id) = 16),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    pseudonym BYTEA NOT NULL,
    secrecy_day BIGINT,
    screened_until_day BIGINT,
    trained_until_day BIGINT,
    ended_day BIGINT
);

CREATE TABLE certificate (
    serial BYTEA NOT NULL PRIMARY KEY,
    staff_id BYTEA NOT NULL REFERENCES staff (staff_id),
    statement BYTEA NOT NULL,
    until_at BIGINT NOT NULL
);

CREATE INDEX certificate_by_staff ON certificate (staff_id);

CREATE TABLE revocation (
    number BIGINT NOT NULL PRIMARY KEY,
    made_at BIGINT NOT NULL,
    statement BYTEA NOT NULL
);

CREATE TABLE log (
    account_id BYTEA NOT NULL REFERENCES account (account_id),
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    actor BYTEA NOT NULL,
    before_hash BYTEA NOT NULL,
    row_hash BYTEA NOT NULL,
    PRIMARY KEY (account_id, number)
);

CREATE TABLE staff_log (
    number BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    actor BYTEA NOT NULL,
    subject BYTEA NOT NULL,
    before_hash BYTEA NOT NULL,
    row_hash BYTEA NOT NULL
);

CREATE TABLE job (
    name TEXT NOT NULL PRIMARY KEY,
    holder BYTEA NOT NULL,
    until_at BIGINT NOT NULL
);

-- No reference: the last mail to an account outlives it, under an id that is nobody's.
CREATE TABLE outbox (
    account_id BYTEA NOT NULL,
    mail_id BYTEA NOT NULL CHECK (length(mail_id) = 16),
    mail_sealed BYTEA NOT NULL,
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    PRIMARY KEY (account_id, mail_id)
);

CREATE INDEX outbox_by_due ON outbox (due_at);

CREATE TABLE rate (
    counted_hash BYTEA NOT NULL,
    period BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (counted_hash, period)
);

CREATE INDEX rate_by_period ON rate (period);
