import { localeTag } from "$lib/locale";
import { m } from "$lib/messages";

/** 1 MB is a million bytes here, as in the file managers people compare it with. */
export function sayBytes(bytes: number): string {
  const steps: [number, string][] = [
    [1e9, "gigabyte"],
    [1e6, "megabyte"],
    [1e3, "kilobyte"],
  ];
  const step = steps.find(([size]) => bytes >= size);
  // The platform's short name of a byte has no plural.
  if (!step) return m.size_bytes({ count: bytes });
  const [size, unit] = step;
  return new Intl.NumberFormat(localeTag(), {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: bytes / size < 10 && size > 1e3 ? 1 : 0,
  }).format(bytes / size);
}

/** How much room a server has, behind what is said of it; empty where it does not say. */
export const sayRoom = (megabytes: number | null) =>
  megabytes === null ? "" : ` (${sayBytes(megabytes * 1e6)})`;

export const sayNumber = (value: number) => new Intl.NumberFormat(localeTag()).format(value);
