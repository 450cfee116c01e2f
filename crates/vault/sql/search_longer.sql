-- As search.sql; the index tells beginnings up to five letters, so a longer one is looked up in the row itself.
SELECT rowid, relevance(search)
FROM search
WHERE search MATCH :query
  AND (
    instr(' ' || words, :beginning)
    OR instr(' ' || title, :beginning)
    OR instr(' ' || tags, :beginning)
    OR instr(' ' || stems || ' ', :form1)
    OR instr(' ' || stems || ' ', :form2)
    OR instr(' ' || stems || ' ', :form3)
    OR instr(' ' || stems || ' ', :form4)
    OR instr(' ' || words || ' ', :form1)
    OR instr(' ' || words || ' ', :form2)
    OR instr(' ' || words || ' ', :form3)
    OR instr(' ' || words || ' ', :form4)
  )
ORDER BY rowid DESC
LIMIT :limit
