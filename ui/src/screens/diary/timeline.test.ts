import { beforeEach, describe, expect, it } from "vitest";
import { FakeCore } from "../../../tests/fake-core";
import { everything, Timeline } from "./timeline.svelte";

let core: FakeCore;
let timeline: Timeline;

beforeEach(async () => {
  core = new FakeCore({ empty: true, many: 4000 }).install();
  timeline = new Timeline();
  await timeline.load();
});

describe("the list by position", () => {
  it("knows every place and asks only for what is looked at", async () => {
    expect(timeline.total).toBe(4000);
    expect(timeline.row(3000)).toBeUndefined();
    const before = core.called("diaryRows").length;
    await timeline.need(2990, 3010);
    await timeline.need(2990, 3010);
    expect(core.called("diaryRows").length - before).toBeLessThanOrEqual(3);
    for (const index of [2990, 3000, 3010]) expect(timeline.row(index)?.title).toBe(`Dag ${index}`);
    expect(timeline.find("many-3000")).toBe(3000);
  });

  it("has each position in one month, in order and without gaps", () => {
    let next = 0;
    for (const { start, count } of timeline.sections) {
      expect(start).toBe(next);
      next += count;
      expect(timeline.sectionAt(start)?.start).toBe(start);
      expect(timeline.sectionAt(next - 1)?.start).toBe(start);
    }
    expect(next).toBe(4000);
  });

  it("forgets what it no longer shows, and shows it again", async () => {
    for (let index = 0; index < 4000; index += 50) await timeline.need(index, index);
    expect(timeline.row(500)).toBeUndefined();
    await timeline.need(500, 500);
    expect(timeline.row(500)?.title).toBe("Dag 500");
  });

  it("shows only what a filter lets through", async () => {
    timeline.filter = { ...everything, tag: "werk", mood: 1 };
    await timeline.load();
    expect(timeline.total).toBe(4000 / 20);
    await timeline.need(0, 40);
    for (let index = 0; index < 40; index += 1) expect(timeline.row(index)?.mood).toBe(1);
  });
});
