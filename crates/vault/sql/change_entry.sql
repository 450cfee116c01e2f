-- Another date is another place; tags follow.
UPDATE diary_entry SET
    place = :place,
    written_ms = :written_ms,
    written_offset_s = :written_offset_s,
    written_zone = :written_zone,
    edited_ms = :edited_ms,
    caret = :caret,
    day = :day,
    mood = :mood,
    own_title = :own_title,
    title = :title,
    preview = :preview,
    markdown = :markdown
WHERE id = :id
