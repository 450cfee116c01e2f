import { localeTag } from "$lib/locale";
import { m } from "$lib/messages";
import { sayNumber } from "$lib/sizes";

/** "412 diary entries and 38 results"; what there is none of is not spoken of. */
export function sayAmounts(amounts: {
  entries: number;
  results: number;
  photos?: number;
  sounds?: number;
}): string {
  const { entries, results, photos = 0, sounds = 0 } = amounts;
  const parts = [
    entries > 0 ? m.amount_entries({ count: entries, figure: sayNumber(entries) }) : "",
    photos > 0 ? m.amount_photos({ count: photos, figure: sayNumber(photos) }) : "",
    sounds > 0 ? m.amount_sounds({ count: sounds, figure: sayNumber(sounds) }) : "",
    results > 0 ? m.amount_results({ count: results, figure: sayNumber(results) }) : "",
  ].filter(Boolean);
  return new Intl.ListFormat(localeTag(), { type: "conjunction" }).format(parts);
}

/** "2 photos and 1 recording"; empty where there is neither. */
export function sayAttached({ photos, sounds }: { photos: number; sounds: number }): string {
  const parts = [
    photos > 0 ? m.attach_photos({ count: photos }) : "",
    sounds > 0 ? m.attach_sounds({ count: sounds }) : "",
  ].filter(Boolean);
  return new Intl.ListFormat(localeTag(), { type: "conjunction" }).format(parts);
}
