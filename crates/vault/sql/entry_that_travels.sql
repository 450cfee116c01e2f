SELECT
    e.deleted_ms IS NOT NULL,
    EXISTS (SELECT 1 FROM attachment_of WHERE entry = e.id), EXISTS (SELECT 1 FROM restriction WHERE record = e.id),
    e.written_ms, e.written_offset_s, e.written_zone, e.edited_ms, e.caret, e.mood, e.own_title,
    (SELECT group_concat(name, char(31)) FROM diary_tag JOIN tag ON tag.id = diary_tag.tag WHERE diary_tag.place = e.place)
        AS tags,
    e.markdown
FROM diary_entry AS e
WHERE e.id = ?1
