import type { PointView, SeriesView, TrendView } from "$lib/bindings";
import type { Span } from "./span";

/** How a line is drawn: the one that is asked about, the same from a shorter instrument, or another one beside it. */
export type Role = "main" | "same" | "beside";
export type Line = { series: SeriesView; role: Role; label: string };

export type Dimension = { id: string; name: string };

/** What can be looked at, each once, in the order in which the instruments come. */
export function dimensionsOf(view: TrendView): Dimension[] {
  const firsts = new Map<string, SeriesView>();
  for (const series of view.series) if (!firsts.has(series.measures)) firsts.set(series.measures, series);
  const all = [...firsts.values()];
  return all.map((one, index) => {
    const earlier = all.slice(0, index).some(({ name }) => name === one.name);
    return { id: one.measures, name: earlier ? `${one.name} · ${one.title}` : one.name };
  });
}

/**
 * The lines of one dimension: first the instrument that comes first, then what else measures the same, then what else
 * that first instrument measures.
 */
export function linesOf(view: TrendView, dimension: string): Line[] {
  const same = view.series.filter(({ measures }) => measures === dimension);
  const [main] = same;
  if (!main) return [];
  const ofMain = ({ instrument, version }: SeriesView) =>
    instrument === main.instrument && version === main.version;
  const beside = view.series.filter(
    (series) =>
      ofMain(series) && series !== main && series.dimension !== "overall" && main.dimension !== "overall",
  );
  return [
    { series: main, role: "main", label: main.name },
    ...same.slice(1).map((series): Line => ({ series, role: "same", label: titleIn(same, series) })),
    ...beside.map((series): Line => ({ series, role: "beside", label: series.name })),
  ];
}

/** Its title, with the version where another version stands beside it. */
export function titleIn(all: SeriesView[], { instrument, version, title }: SeriesView): string {
  const versions = new Set(all.filter((one) => one.instrument === instrument).map((one) => one.version));
  return versions.size > 1 ? `${title} ${version}` : title;
}

/** Tells one line from every other. */
export const keyOf = ({ instrument, version, dimension }: SeriesView) =>
  `${instrument} ${version} ${dimension}`;

/** The points in a span, and the next one on either side, so that lines run to the edge. */
export function pointsIn(points: PointView[], { from, to }: Span): PointView[] {
  const first = points.findIndex(({ at }) => at >= from);
  const after = points.findIndex(({ at }) => at > to);
  const start = first < 0 ? Math.max(0, points.length - 1) : Math.max(0, first - 1);
  return points.slice(start, after < 0 ? points.length : after + 1);
}

export const seen = (points: PointView[], { from, to }: Span) =>
  points.filter(({ at }) => at >= from && at <= to);

/** Heights for labels that must not cover each other: as near to what is wanted as `gap` and the edges allow. */
export function spread(wanted: number[], gap: number, top: number, bottom: number): number[] {
  const order = wanted.map((at, index) => ({ at, index })).sort((a, b) => a.at - b.at);
  let last = -Infinity;
  for (const each of order) last = each.at = Math.max(each.at, last + gap, top);
  let next = bottom + gap;
  for (const each of order.reverse()) next = each.at = Math.min(each.at, next - gap);
  return order.sort((a, b) => a.index - b.index).map(({ at }) => at);
}
