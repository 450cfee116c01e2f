-- In the order of the index, which is that of the dates: nothing beyond the limit is read.
SELECT rowid, relevance(search)
FROM search
WHERE search MATCH ?1
ORDER BY rowid DESC
LIMIT ?2
