INSERT INTO search (rowid, title, tags, words, stems)
VALUES (?1, ?2, ?3, ?4, ?5)
