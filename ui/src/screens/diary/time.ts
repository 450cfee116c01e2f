/** A time as people type it, "9", "21.14", "2114" or "9:05", as "21:14"; null when it is none. */
export function readTime(typed: string): string | null {
  const [, hours, minutes = "00"] = /^\s*(\d{1,2})(?:\s*[:.,h]?\s*(\d{2}))?\s*$/.exec(typed) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59) return null;
  return `${hours.padStart(2, "0")}:${minutes}`;
}
