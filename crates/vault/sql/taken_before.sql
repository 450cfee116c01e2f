-- USABLE is the condition of restriction.rs.
SELECT run.rowid, run.finished_ms, run.finished_offset_s, answer.item, answer.value
FROM (
    SELECT rowid, id, finished_ms, finished_offset_s
    FROM meter_run
    WHERE instrument = ?1 AND instrument_version = ?2 AND deleted_ms IS NULL AND finished_ms < ?3 AND USABLE
    ORDER BY finished_ms DESC, rowid DESC
    LIMIT ?4
) AS run
LEFT JOIN meter_answer AS answer ON answer.run_id = run.id
ORDER BY run.finished_ms DESC, run.rowid DESC
