SELECT
    e.seq, e.id, e.written_ms, e.written_offset_s, e.written_zone, e.edited_ms, e.title, e.preview,
    s.words
FROM diary_search AS s
JOIN diary_entry AS e ON e.seq = s.rowid
WHERE diary_search MATCH ?1 AND e.deleted_ms IS NULL
ORDER BY e.written_ms DESC, e.seq DESC
LIMIT ?2
