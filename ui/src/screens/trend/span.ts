/** A stretch of time, milliseconds since 1970. */
export type Span = { from: number; to: number };

export const day = 86_400_000;
/** Nothing is to be seen on less. */
const shortest = 7 * day;

/** A little air on either side of all results, so that no mark stands on the edge. */
export function whole(first: number, last: number): Span {
  const middle = (first + last) / 2;
  const half = Math.max((last - first) / 2, shortest / 2) * 1.04;
  return { from: middle - half, to: middle + half };
}

/** The span kept within `all`: never longer, never outside. */
export function within(span: Span, all: Span): Span {
  const length = Math.min(Math.max(span.to - span.from, shortest), all.to - all.from);
  const middle = (span.from + span.to) / 2;
  const from = Math.min(Math.max(middle - length / 2, all.from), all.to - length);
  return { from, to: from + length };
}

/** The newest stretch of so many days. */
export const newest = (days: number, all: Span): Span =>
  within({ from: all.to - Math.min(days * day, all.to - all.from), to: all.to }, all);

/** Shorter (`factor` below 1) or longer around a moment, which stays where it is. */
export function zoomed(span: Span, factor: number, around: number, all: Span): Span {
  const length = Math.min(Math.max((span.to - span.from) * factor, shortest), all.to - all.from);
  const share = (around - span.from) / (span.to - span.from);
  const from = Math.min(Math.max(around - share * length, all.from), all.to - length);
  return { from, to: from + length };
}

/** Moved by a share of its own length. */
export function moved(span: Span, share: number, all: Span): Span {
  const by = (span.to - span.from) * share;
  return within({ from: span.from + by, to: span.to + by }, all);
}

export const isWhole = (span: Span, all: Span): boolean =>
  Math.abs(span.to - span.from - (all.to - all.from)) < 1;
