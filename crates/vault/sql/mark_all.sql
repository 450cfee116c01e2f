-- In the order of the table, which is the fastest way to fill it.
INSERT INTO sync_change (kind, local, times)
SELECT 1, id, 1 FROM diary_entry WHERE deleted_ms IS NULL ORDER BY id;
INSERT INTO sync_change (kind, local, times)
SELECT 2, id, 1 FROM meter_run WHERE deleted_ms IS NULL ORDER BY id;
INSERT INTO sync_change (kind, local, times)
SELECT 3, id || char(31) || version, 1 FROM instrument;
INSERT INTO sync_change (kind, local, times)
SELECT 4, '', 1 WHERE EXISTS (SELECT 1 FROM setting WHERE name IN ('language', 'diary_offers', 'statement_seen'));
INSERT INTO sync_change (kind, local, times)
SELECT 5, '', 1 WHERE EXISTS (SELECT 1 FROM setting WHERE name = 'reminders');
INSERT INTO sync_change (kind, local, times)
SELECT 6, '', 1 WHERE EXISTS (SELECT 1 FROM consent_event WHERE purpose <> 'keep_on_device');
INSERT INTO sync_change (kind, local, times)
SELECT 7, '', 1 WHERE EXISTS (SELECT 1 FROM restriction WHERE record = x'');
INSERT INTO sync_change (kind, local, times)
SELECT 8, id, 1 FROM attachment ORDER BY id;
