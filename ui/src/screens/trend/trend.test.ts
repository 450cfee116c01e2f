import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { navigation } from "$app/navigation.svelte";
import { session } from "$app/state.svelte";
import type { SeriesView, TrendView } from "$lib/bindings";
import { FakeCore, type FakeOptions } from "../../../tests/fake-core";
import Latest from "./Latest.svelte";
import { dimensionsOf, linesOf, pointsIn, spread } from "./lines";
import { day, isWhole, moved, newest, whole, zoomed, type Span } from "./span";
import Table from "./Table.svelte";
import Trend from "./Trend.svelte";

const all = whole(Date.UTC(2016, 0, 1), Date.UTC(2026, 10, 23));

describe("a stretch of time", () => {
  it("never leaves the results behind, however a hand zooms and moves", () => {
    const act = fc.oneof(
      fc.record({
        factor: fc.double({ min: 0.2, max: 5, noNaN: true }),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ share: fc.double({ min: -2, max: 2, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        let span: Span = newest(92, all);
        for (const one of acts) {
          span =
            "share" in one
              ? moved(span, one.share, all)
              : zoomed(span, one.factor, span.from + one.at * (span.to - span.from), all);
          expect(span.from).toBeGreaterThanOrEqual(all.from - 1);
          expect(span.to).toBeLessThanOrEqual(all.to + 1);
          expect(span.to - span.from).toBeGreaterThanOrEqual(7 * day - 1);
        }
      }),
    );
  });

  it("keeps the moment under the pointer where it is", () => {
    const span = newest(366, all);
    const around = span.from + 0.3 * (span.to - span.from);
    const closer = zoomed(span, 0.5, around, all);
    expect((around - closer.from) / (closer.to - closer.from)).toBeCloseTo(0.3);
    expect(isWhole(zoomed(span, 1000, around, all), all)).toBe(true);
  });
});

describe("the lines", () => {
  const series = (instrument: string, version: string, dimension: string, measures: string): SeriesView => ({
    instrument,
    version,
    title: instrument,
    dimension,
    measures,
    name: dimension,
    grain: "each",
    points: [{ at: 1, score: 50, low: 50, high: 50, count: 1 }],
    results: 1,
    newest: 50,
    change: { kind: "tooFew", results: 1, needed: 8, of: 0, low: null, high: null, published: false },
    comparedFrom: null,
    provisional: true,
  });

  it("are one only where they measure the same, and two versions stand beside each other", () => {
    const view: TrendView = {
      onHold: false,
      held: 0,
      first: 1,
      last: 1,
      series: [
        series("check", "1", "overall", "overall"),
        series("pulse", "1", "overall", "overall"),
        series("team", "2", "overall", "team overall"),
        series("team", "1", "overall", "team overall"),
      ],
    };
    const named = dimensionsOf(view).map(({ id, name }) => [id, name]);
    expect(named).toEqual([
      ["overall", "overall"],
      ["team overall", "overall · team"],
    ]);
    expect(linesOf(view, "overall").map((line) => line.series.instrument)).toEqual(["check", "pulse"]);
    const team = linesOf(view, "team overall");
    expect(team.map((line) => [line.role, line.label])).toEqual([
      ["main", "overall"],
      ["same", "team 1"],
    ]);
    render(Latest, { lines: team });
    render(Table, { lines: team, span: { from: 0, to: 2 } });
    expect(screen.getAllByText(/^team [12]: overall$/)).toHaveLength(2);
    cleanup();
  });

  it("run to the edge of what is seen", () => {
    const points = [1, 2, 3, 4, 5].map((at) => ({ at, score: 50, low: 50, high: 50, count: 1 }));
    const at = (from: number, to: number) => pointsIn(points, { from, to }).map((point) => point.at);
    expect(at(2, 3)).toEqual([1, 2, 3, 4]);
    expect(at(0, 9)).toEqual([1, 2, 3, 4, 5]);
    expect(at(2.2, 2.8)).toEqual([2, 3]);
    expect(at(7, 9)).toEqual([5]);
  });

  it("have labels that never cover each other, in the order of the lines' ends", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.double({ min: 0, max: 300, noNaN: true }), { maxLength: 8 }),
        (wanted) => {
          const at = spread(wanted, 20, 10, 300);
          const order = wanted.map((_, index) => index).sort((a, b) => wanted[a]! - wanted[b]!);
          for (let index = 1; index < order.length; index += 1)
            expect(at[order[index]!]! - at[order[index - 1]!]!).toBeGreaterThanOrEqual(20 - 1e-9);
        },
      ),
    );
  });
});

describe("the trend", () => {
  beforeEach(() => {
    globalThis.ResizeObserver = class {
      observe() {}
      unobserve() {}
      disconnect() {}
    };
    navigation.reset();
  });

  async function begin(options: FakeOptions = {}) {
    const core = new FakeCore({ language: "nl", stage: { kind: "open" }, ...options }).install();
    await session.begin();
    render(Trend);
    return core;
  }
  const chart = () => screen.getByRole("application").getAttribute("aria-label");

  it("tells in sentences and in a table what it draws", async () => {
    await begin({ history: true });
    await fireEvent.click(await screen.findByRole("radio", { name: "Energie" }));
    screen.getByText(/^Vitaliteitscheck: 14 uitkomsten van .* tussen \d+ en \d+\. De laatste: \d+\.$/);
    screen.getByText(/^Weekcheck: 52 uitkomsten/);
    screen.getByText(/De lichte band is wat toeval kan doen/);
    await fireEvent.click(screen.getByText("Als tabel"));
    const tables = screen.getAllByRole("table");
    expect(tables).toHaveLength(3);
    expect(tables[0]!.querySelectorAll("tbody tr")).toHaveLength(14);
  });

  it("becomes closer and wider by keys and asks the core for what is seen once the hand rests", async () => {
    const core = await begin({ history: true });
    await screen.findByRole("application");
    const before = chart();
    await fireEvent.keyDown(screen.getByRole("application"), { key: "+" });
    expect(chart()).not.toBe(before);
    await waitFor(() => expect(core.called("meterTrend").at(-1)?.["from"]).toEqual(expect.any(Number)));
    await fireEvent.keyDown(screen.getByRole("application"), { key: "0" });
    expect(chart()).toBe(before);
    await waitFor(() => expect(core.called("meterTrend").at(-1)?.["from"]).toBeNull());
  });

  it("says too few where there are too few, and says what will be here where there is nothing", async () => {
    await begin();
    await screen.findByText(/^Nog 6 uitkomsten/);
    expect(screen.queryByText(/lichte band/)).toBeNull();
    cleanup();
    await begin({ empty: true });
    await screen.findByText(/Hier komt je verloop/);
  });
});
