import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Saver, type SaveState } from "./saver";

/** A core that takes `delay` to answer, and refuses while `error` is set. */
function writer() {
  const kept: { text: string; at: number }[] = [];
  const states: SaveState[] = [];
  const self = {
    text: "",
    delay: 5,
    error: null as { code: "diskFull" } | null,
    writing: 0,
    most: 0,
    places: 0,
    kept,
    states,
    saver: new Saver({
      save: async () => {
        const { text } = self;
        self.writing += 1;
        self.most = Math.max(self.most, self.writing);
        await new Promise((done) => setTimeout(done, self.delay));
        self.writing -= 1;
        if (self.error) throw self.error;
        kept.push({ text, at: Date.now() });
        return new Date().toISOString();
      },
      savePlace: async () => void (self.places += 1),
      onState: (state) => states.push(state),
    }),
    type(text: string) {
      self.text += text;
      self.saver.changed();
    },
  };
  return self;
}

describe("saving while writing", () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  it("keeps the text after a pause", async () => {
    const core = writer();
    core.type("a");
    await vi.advanceTimersByTimeAsync(399);
    expect(core.kept).toEqual([]);
    await vi.advanceTimersByTimeAsync(10);
    expect(core.kept.map(({ text }) => text)).toEqual(["a"]);
    expect(core.states.at(-1)!.kind).toBe("saved");
  });

  it("keeps every letter within a second, however long one types on", async () => {
    const core = writer();
    const typedAt = new Map<number, number>();
    for (let i = 1; i <= 100; i += 1) {
      core.type("x");
      typedAt.set(i, Date.now());
      await vi.advanceTimersByTimeAsync(90);
    }
    await vi.advanceTimersByTimeAsync(1000);
    for (const [length, at] of typedAt) {
      const first = core.kept.find(({ text }) => text.length >= length)!;
      expect(first.at - at).toBeLessThan(1000);
    }
    expect(core.kept.length).toBeLessThan(15);
  });

  it("never runs two saves at once, and the newest text is the last", async () => {
    const core = writer();
    core.delay = 2000;
    for (let i = 0; i < 40; i += 1) {
      core.type("x");
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(10_000);
    expect(core.most).toBe(1);
    expect(core.kept.at(-1)!.text).toHaveLength(40);
  });

  it("tries again after a failure, ever more slowly, and says when it is kept", async () => {
    const core = writer();
    core.error = { code: "diskFull" };
    core.type("a");
    await vi.advanceTimersByTimeAsync(500);
    expect(core.states.at(-1)).toEqual({ kind: "failed", error: { code: "diskFull" } });
    core.type("b");
    await vi.advanceTimersByTimeAsync(60_000);
    const attempts = core.states.filter(({ kind }) => kind === "failed").length;
    expect(attempts).toBeGreaterThan(4);
    expect(attempts).toBeLessThan(10);
    core.error = null;
    await vi.advanceTimersByTimeAsync(31_000);
    expect(core.kept.at(-1)!.text).toBe("ab");
    expect(core.states.at(-1)!.kind).toBe("saved");
  });

  it("flushes at once, and says so when that fails", async () => {
    const core = writer();
    core.type("a");
    const flushed = core.saver.flush();
    await vi.advanceTimersByTimeAsync(10);
    await flushed;
    expect(core.kept.map(({ text }) => text)).toEqual(["a"]);

    core.error = { code: "diskFull" };
    core.type("b");
    const failed = expect(core.saver.flush()).rejects.toEqual({ code: "diskFull" });
    await vi.advanceTimersByTimeAsync(10);
    await failed;
  });

  it("tells everyone who asks at once that the text is not kept", async () => {
    const core = writer();
    core.error = { code: "diskFull" };
    core.type("a");
    const all = Promise.allSettled([core.saver.flush(), core.saver.flush(), core.saver.flush()]);
    await vi.advanceTimersByTimeAsync(100);
    expect((await all).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  });

  it("keeps the caret by itself once it rests, and with the text otherwise", async () => {
    const core = writer();
    for (let i = 0; i < 20; i += 1) {
      core.saver.moved();
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(2000);
    expect(core.places).toBe(1);
    core.saver.moved();
    core.type("a");
    await vi.advanceTimersByTimeAsync(5000);
    expect(core.places).toBe(1);
  });
});
