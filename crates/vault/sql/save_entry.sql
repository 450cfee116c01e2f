-- When and where an entry was begun never changes; a deleted one is not written to.
INSERT INTO diary_entry (
    id, written_ms, written_offset_s, written_zone, edited_ms, caret, title, preview, markdown
)
VALUES (
    :id, :written_ms, :written_offset_s, :written_zone, :edited_ms, :caret, :title, :preview, :markdown
)
ON CONFLICT (id) DO UPDATE SET
    edited_ms = excluded.edited_ms,
    caret = excluded.caret,
    title = excluded.title,
    preview = excluded.preview,
    markdown = excluded.markdown
WHERE deleted_ms IS NULL
RETURNING seq
