import type { EntryRow } from "$lib/bindings";
import { sayMonth } from "$lib/dates";

export type Month = { key: string; name: string; rows: EntryRow[] };

/** Rows under the month in which each was written, where it was written; the order stays. */
export function byMonth(rows: EntryRow[]): Month[] {
  const months: Month[] = [];
  for (const row of rows) {
    const key = row.writtenAt.slice(0, 7);
    const last = months.at(-1);
    if (last?.key === key) last.rows.push(row);
    else months.push({ key, name: sayMonth(row.writtenAt, row.zone), rows: [row] });
  }
  return months;
}
