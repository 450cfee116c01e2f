INSERT INTO diary_entry (
    place, id, written_ms, written_offset_s, written_zone, edited_ms, caret, day, mood, own_title, title, preview, markdown
)
VALUES (
    :place, :id, :written_ms, :written_offset_s, :written_zone, :edited_ms, :caret, :day, :mood, :own_title, :title, :preview,
    :markdown
)
