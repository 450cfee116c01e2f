import { localeTag } from "$lib/locale";
import { m } from "$lib/messages";

const dayLength = 86_400_000;

type Zoned = { year: number; month: number; day: number };

const known = new Map<string, boolean>();

function isZone(zone: string): boolean {
  let is = known.get(zone);
  if (is === undefined) {
    try {
      new Intl.DateTimeFormat("en", { timeZone: zone });
      is = true;
    } catch {
      is = false;
    }
    known.set(zone, is);
  }
  return is;
}

/** Minutes east of UTC with which an RFC 3339 text was written. */
function offsetOf(moment: string): number {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(moment) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
}

/** The clock on which a moment is shown: a zone, and milliseconds to add where the platform has no such zone. */
type Clock = { timeZone: string | undefined; shift: number };

/** A day without a time, "2026-12-23": the same day wherever it is read. */
const isPlainDay = (moment: string) => /^\d{4}-\d\d-\d\d$/.test(moment);

/** As it was written, by the zone's name if the platform knows it, else by its offset; without a zone the reader's own. */
function clockOf(moment: string, zone?: string): Clock {
  if (isPlainDay(moment)) return { timeZone: "UTC", shift: 0 };
  if (zone === undefined) return { timeZone: undefined, shift: 0 };
  if (zone !== "" && isZone(zone)) return { timeZone: zone, shift: 0 };
  return { timeZone: "UTC", shift: offsetOf(moment) * 60_000 };
}

const shifted = (date: Date, { shift }: Clock) => new Date(date.getTime() + shift);

function dayIn(date: Date, timeZone?: string): Zoned {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
  }).formatToParts(date);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return { year: of("year"), month: of("month"), day: of("day") };
}

const dayNumber = ({ year, month, day }: Zoned) => Math.round(Date.UTC(year, month - 1, day) / dayLength);

const write = (date: Date, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(localeTag(), options).format(date);

export function sayTime(moment: string, zone?: string): string {
  const clock = clockOf(moment, zone);
  const { timeZone } = clock;
  return write(shifted(new Date(moment), clock), { hour: "2-digit", minute: "2-digit", timeZone });
}

/**
 * A day as people say it: today, yesterday, Saturday, Friday 30 October, 3 May 2024.
 * Without `zone` it is said in the reader's own zone.
 */
export function sayDay(moment: string, zone?: string, now = new Date()): string {
  const clock = clockOf(moment, zone);
  const { timeZone } = clock;
  const date = shifted(new Date(moment), clock);
  const day = dayIn(date, timeZone);
  const today = isPlainDay(moment) ? dayIn(now) : dayIn(shifted(now, clock), timeZone);
  const ago = dayNumber(today) - dayNumber(day);
  if (ago === 0) return m.date_today();
  if (ago === 1) return m.date_yesterday();
  if (ago > 1 && ago < 7) return write(date, { weekday: "long", timeZone });
  if (day.year === today.year)
    return write(date, { weekday: "long", day: "numeric", month: "long", timeZone });
  return write(date, { day: "numeric", month: "long", year: "numeric", timeZone });
}

export function sayMoment(moment: string, zone?: string, now = new Date()): string {
  return `${sayDay(moment, zone, now)}, ${sayTime(moment, zone)}`;
}

/** "november 2026", to head a list by month. */
export function sayMonth(moment: string, zone?: string): string {
  const clock = clockOf(moment, zone);
  return write(shifted(new Date(moment), clock), {
    month: "long",
    year: "numeric",
    timeZone: clock.timeZone,
  });
}

/** "maandag 23 november", the date at the top of a page. */
export function sayFullDay(moment: string | Date, zone?: string): string {
  const clock = typeof moment === "string" ? clockOf(moment, zone) : clockOf("");
  return write(shifted(new Date(moment), clock), {
    weekday: "long",
    day: "numeric",
    month: "long",
    timeZone: clock.timeZone,
  });
}

/** "23 november 2026". Beside a time, the same `zone` belongs to both. */
export function sayDate(moment: string | Date, zone?: string): string {
  const clock: Clock = typeof moment === "string" ? clockOf(moment, zone) : { timeZone: undefined, shift: 0 };
  return write(shifted(new Date(moment), clock), {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: clock.timeZone,
  });
}

export function greeting(now = new Date()): string {
  const hour = now.getHours();
  if (hour < 6) return m.today_greeting_night();
  if (hour < 12) return m.today_greeting_morning();
  if (hour < 18) return m.today_greeting_afternoon();
  return m.today_greeting_evening();
}

/** A weekday by its number from Monday, 0 to 6. */
export function sayWeekday(day: number, weekday: "long" | "short"): string {
  // 1 January 2024 was a Monday.
  return write(new Date(Date.UTC(2024, 0, 1 + day)), { weekday, timeZone: "UTC" });
}

/** A time of day by its minutes after midnight. */
export function sayMinute(minute: number): string {
  return write(new Date(minute * 60_000), { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
}

/** Something ahead, as people say it: "today at 20:30", "Saturday 28 November at 10:00". */
export function sayComing(moment: string, now = new Date()): string {
  const date = new Date(moment);
  const ahead = dayNumber(dayIn(date)) - dayNumber(dayIn(now));
  const time = sayTime(moment);
  if (ahead === 0) return m.date_today_at({ time });
  if (ahead === 1) return m.date_tomorrow_at({ time });
  return m.date_day_at({ day: write(date, { weekday: "long", day: "numeric", month: "long" }), time });
}

/** A length as a clock shows it: "0:07", "1:02:30". */
export function sayLength(seconds: number): string {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
