import type { DataMapRow, Topic } from "$lib/bindings";
import { m } from "$lib/messages";

/** In the order in which a person looks for them. */
export const topics: { topic: Topic; title: () => string }[] = [
  { topic: "yours", title: m.my_data_topic_yours },
  { topic: "choices", title: m.my_data_topic_choices },
  { topic: "device", title: m.my_data_topic_device },
  { topic: "account", title: m.my_data_topic_account },
  { topic: "syncing", title: m.my_data_topic_syncing },
];

export type DataMapKind = { kind: string; rows: DataMapRow[] } & Pick<
  DataMapRow,
  "topic" | "purpose" | "ground" | "retention" | "recipients"
>;

/** The data map by kind; what all fields of a kind share is said once. */
export function byKind(rows: DataMapRow[]): DataMapKind[] {
  const kinds = new Map<string, DataMapKind>();
  for (const row of rows) {
    const { topic, kind, purpose, ground, retention, recipients } = row;
    const key = [kind, purpose, ground, retention, recipients].join("\n");
    const found = kinds.get(key);
    if (found) found.rows.push(row);
    else kinds.set(key, { topic, kind, purpose, ground, retention, recipients, rows: [row] });
  }
  return [...kinds.values()];
}
