SELECT
    e.place, e.id, e.written_ms, e.written_offset_s, e.written_zone, e.edited_ms, e.caret, e.mood, e.own_title,
    (SELECT group_concat(name, char(31)) FROM diary_tag JOIN tag ON tag.id = diary_tag.tag WHERE diary_tag.place = e.place)
        AS tags,
    e.markdown
FROM diary_entry AS e
-- By place, page after page: by the index of days each page would sort all that follow.
WHERE e.place > ?1 AND +e.day BETWEEN ?2 AND ?3 AND e.deleted_ms IS NULL
ORDER BY e.place
LIMIT ?4
