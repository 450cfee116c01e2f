import { sayDate } from "$lib/dates";
import { m } from "$lib/messages";
import { seen, titleIn, type Line } from "./lines";
import type { Span } from "./span";

export const saySpan = ({ from, to }: Span) => `${sayDate(new Date(from))} – ${sayDate(new Date(to))}`;

/** The first day of a week. */
export function sayMonday(at: number): string {
  const date = new Date(at);
  date.setDate(date.getDate() - ((date.getDay() + 6) % 7));
  return sayDate(date);
}

/** The chart in sentences: each line that is about what was asked, then how it is to be read. */
export function say(lines: Line[], span: Span): string[] {
  const about = lines.flatMap(({ series, role }) => (role === "beside" ? [] : [series]));
  const said = about.flatMap((series) => {
    const points = seen(series.points, span);
    const first = points[0];
    const last = points.at(-1);
    if (!first || !last) return [];
    const facts = {
      title: titleIn(about, series),
      from: sayDate(new Date(first.at)),
      newest: Math.round(last.score),
    };
    if (points.length === 1 && first.count === 1) return [m.trend_summary_one(facts)];
    return [
      m.trend_summary({
        ...facts,
        count: points.reduce((sum, { count }) => sum + count, 0),
        to: sayDate(new Date(last.at)),
        low: Math.round(Math.min(...points.map(({ low }) => low))),
        high: Math.round(Math.max(...points.map(({ high }) => high))),
      }),
    ];
  });
  if (said.length === 0) return [m.trend_none_here()];
  const grains = new Set(about.map(({ grain }) => grain));
  grains.delete("each");
  if (about[0]?.change?.low != null) said.push(m.trend_band());
  if (grains.size > 0) {
    const one = about.length === 1 ? [...grains][0] : undefined;
    said.push(one === "week" ? m.trend_weeks() : one === "month" ? m.trend_months() : m.trend_mixed());
  }
  return said;
}
