-- A push has arrived: other devices know what was in it, and nothing of it was changed since.
INSERT INTO sync_record (id, kind, local, revision, hash, parent, deleted)
SELECT sent.id, coalesce(record.kind, sent.kind), CASE WHEN sent.deleted = 1 OR sent.kind = 0 THEN NULL ELSE sent.local END,
    sent.revision, sent.hash, sent.parent, sent.deleted
FROM sync_push_record AS sent LEFT JOIN sync_record AS record ON record.id = sent.id
WHERE true ORDER BY sent.id
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, local = excluded.local, revision = excluded.revision,
    hash = excluded.hash, parent = excluded.parent, deleted = excluded.deleted;
DELETE FROM sync_base WHERE id IN (SELECT id FROM sync_push_record);
DELETE FROM sync_original WHERE id IN (SELECT id FROM sync_push_record WHERE deleted = 1);
