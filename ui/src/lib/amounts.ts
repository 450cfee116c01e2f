import { localeTag } from "$lib/locale";
import { m } from "$lib/messages";
import { sayNumber } from "$lib/sizes";

/** "412 diary entries and 38 results"; what there is none of is not spoken of. */
export function sayAmounts({ entries, results }: { entries: number; results: number }): string {
  const parts = [
    entries > 0 ? m.amount_entries({ count: entries, figure: sayNumber(entries) }) : "",
    results > 0 ? m.amount_results({ count: results, figure: sayNumber(results) }) : "",
  ].filter(Boolean);
  return new Intl.ListFormat(localeTag(), { type: "conjunction" }).format(parts);
}
