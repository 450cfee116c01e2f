import type { DataMapRow } from "$lib/bindings";

export type DataMapKind = { kind: string; rows: DataMapRow[] } & Pick<
  DataMapRow,
  "purpose" | "ground" | "retention" | "recipients"
>;

/** The data map by kind; what all fields of a kind share is said once. */
export function byKind(rows: DataMapRow[]): DataMapKind[] {
  const kinds = new Map<string, DataMapKind>();
  for (const row of rows) {
    const { kind, purpose, ground, retention, recipients } = row;
    const key = [kind, purpose, ground, retention, recipients].join("\n");
    const found = kinds.get(key);
    if (found) found.rows.push(row);
    else kinds.set(key, { kind, purpose, ground, retention, recipients, rows: [row] });
  }
  return [...kinds.values()];
}
