-- When the person accepted the terms; whoever joined before it was kept did so on the day of joining. Which device was let in by a mailbox, so that it is
-- signed out again where it never came.

ALTER TABLE account ADD COLUMN terms_at INTEGER NOT NULL DEFAULT 0;
UPDATE account SET terms_at = created_day * 86400;
ALTER TABLE pairing ADD COLUMN added_id BLOB;
