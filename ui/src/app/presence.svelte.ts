import { core } from "$app/core";

const between = 10_000;

/** Tells the core that somebody is there, at most once in ten seconds, so that it does not lock meanwhile. */
export function watchPresence(): () => void {
  let last = 0;
  const seen = () => {
    const now = Date.now();
    if (now - last < between) return;
    last = now;
    core.touch().catch(() => {});
  };
  const events = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;
  for (const event of events) addEventListener(event, seen, { passive: true, capture: true });
  return () => {
    for (const event of events) removeEventListener(event, seen, { capture: true });
  };
}
