import { m } from "$lib/messages";

/** "12 seconds", "3 minutes": long waits are said in minutes, rounded up. */
export function sayWait(seconds: number): string {
  return seconds < 90
    ? m.wait_seconds({ count: seconds })
    : m.wait_minutes({ count: Math.ceil(seconds / 60) });
}
