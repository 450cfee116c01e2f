-- USABLE is the condition of restriction.rs.
SELECT run.rowid, run.finished_ms, run.finished_offset_s, answer.item, answer.value
FROM meter_run AS run
LEFT JOIN meter_answer AS answer ON answer.run_id = run.id
WHERE run.instrument = ?1 AND run.instrument_version = ?2 AND run.deleted_ms IS NULL
    AND run.finished_ms BETWEEN ?3 AND ?4 AND USABLE
ORDER BY run.finished_ms, run.rowid
