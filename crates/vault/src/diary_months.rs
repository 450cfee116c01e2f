//! How many diary entries each month has, under a filter.

use regie_domain::{diary::Mood, search::fold};
use rusqlite::named_params;

use crate::{
    Vault, VaultError,
    diary::{Count, Filter},
};

impl Vault {
    /// Number of entries of each month (`yyyymm`) that has any under this filter, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn diary_months_of(&self, filter: &Filter) -> Result<Vec<Count>, VaultError> {
        if *filter == Filter::default() {
            return self.diary_months();
        }
        let tagged = if filter.tag.is_some() {
            "diary_tag AS t JOIN diary_entry AS e ON e.place = t.place
             WHERE t.tag = (SELECT id FROM tag WHERE folded = :tag)"
        } else {
            "diary_entry AS e WHERE :tag IS NULL"
        };
        let mood = if filter.mood.is_some() {
            "e.mood = :mood"
        } else {
            ":mood IS NULL"
        };
        let sql = format!(
            "SELECT e.day / 100, count(*) FROM {tagged} AND e.deleted_ms IS NULL AND {mood}
             AND e.day BETWEEN :from AND :to GROUP BY e.day / 100 ORDER BY e.day / 100 DESC"
        );
        let mut query = self.connection.prepare_cached(&sql)?;
        let rows = query.query_map(
            named_params! {
                ":tag": filter.tag.as_ref().map(|tag| fold(tag)),
                ":mood": filter.mood.map(Mood::value),
                ":from": filter.from.unwrap_or(i32::MIN),
                ":to": filter.to.unwrap_or(i32::MAX),
            },
            |row| {
                Ok(Count {
                    of: row.get(0)?,
                    entries: row.get(1)?,
                })
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
