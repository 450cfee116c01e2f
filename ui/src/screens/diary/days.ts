/** Days of the calendar as "2026-11-23", without a clock or a zone: noon of UTC stands for the whole day. */
export type Day = string;

/** As the core writes days and months: 20261123, 202611. */
export const numberOf = (name: string) => Number(name.replaceAll("-", ""));
export const nameOfDay = (day: number): Day =>
  `${Math.floor(day / 10_000)}-${two(Math.floor(day / 100) % 100)}-${two(day % 100)}`;
export const nameOfMonth = (month: number) => `${Math.floor(month / 100)}-${two(month % 100)}`;

const two = (value: number) => String(value).padStart(2, "0");
const at = (day: Day) => new Date(`${day}T12:00:00Z`);
const nameOf = (date: Date): Day => date.toISOString().slice(0, 10);

/** The day of the reader's own clock. */
export function todayHere(now = new Date()): Day {
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

export const monthOf = (day: Day) => day.slice(0, 7);

export function addDays(day: Day, days: number): Day {
  const date = at(day);
  date.setUTCDate(date.getUTCDate() + days);
  return nameOf(date);
}

/** The same day of another month, or its last one where it has fewer days. */
export function addMonths(day: Day, months: number): Day {
  const date = at(day);
  const wanted = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(wanted, last));
  return nameOf(date);
}

/** 0 for Monday to 6 for Sunday. */
export const weekday = (day: Day) => (at(day).getUTCDay() + 6) % 7;

/** Weeks from Monday to Sunday that hold this month; days of its neighbours are left out. */
export function weeksOf(month: string): (Day | null)[][] {
  const first: Day = `${month}-01`;
  const weeks: (Day | null)[][] = [];
  for (let day = addDays(first, -weekday(first)); day < addMonths(first, 1); day = addDays(day, 7))
    weeks.push(
      Array.from({ length: 7 }, (_, index) => addDays(day, index)).map((each) =>
        monthOf(each) === month ? each : null,
      ),
    );
  return weeks;
}

export function say(day: Day, locale: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).format(at(day));
}
