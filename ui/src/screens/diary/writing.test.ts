import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { locking } from "$app/lock.svelte";
import { session } from "$app/state.svelte";
import type { Editor } from "$components/editor/view";
import { FakeCore } from "../../../tests/fake-core";
import { DiaryState } from "./state.svelte";
import { unkept } from "./writing.svelte";

/** Stands for the editor on the screen: what it would give, and a way to type in it. */
function editorFor(diary: DiaryState) {
  const writing = diary.writing!;
  let text = writing.markdown;
  writing.attach({
    markdown: () => text,
    caret: () => text.length,
    head: () => ({ title: text.trim(), preview: "" }),
    become: (markdown: string) => void (text = markdown),
  } as unknown as Editor);
  return (more: string) => {
    text += more;
    writing.changed();
  };
}

let core: FakeCore;
let diary: DiaryState;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  core = new FakeCore({ language: "nl", stage: { kind: "open" }, empty: true }).install();
  await session.begin();
  diary = new DiaryState();
  await diary.load();
});

afterEach(() => {
  core.failing = {};
  vi.useRealTimers();
});

describe("writing an entry", () => {
  it("makes it once, at its first words", async () => {
    await diary.show(undefined, true);
    const type = editorFor(diary);
    type("  ");
    await vi.advanceTimersByTimeAsync(1000);
    expect(core.called("diarySave")).toEqual([]);
    type("Eerst");
    await vi.advanceTimersByTimeAsync(1000);
    type(" wandelen");
    await vi.advanceTimersByTimeAsync(1000);
    expect(core.entries).toHaveLength(1);
    expect(core.called("diarySave").map(({ entry }) => (entry as { id: string | null }).id)).toEqual([
      null,
      core.entries[0]!.id,
    ]);
    await vi.advanceTimersByTimeAsync(0);
    expect([diary.timeline.total, diary.timeline.row(0)?.title]).toEqual([1, "Eerst wandelen"]);
  });

  it("keeps what was typed when one leaves at once", async () => {
    await diary.show(undefined, true);
    editorFor(diary)("Nog net");
    diary.leave();
    await vi.advanceTimersByTimeAsync(0);
    expect(core.entries.map(({ markdown }) => markdown)).toEqual(["Nog net"]);
  });

  it("holds on to text that cannot be kept, and keeps it when it can", async () => {
    core.failing = { diarySave: { code: "diskFull" } };
    await diary.show(undefined, true);
    const left = diary.writing!;
    editorFor(diary)("Belangrijk");
    diary.leave();
    left.detach();
    await vi.advanceTimersByTimeAsync(500);
    expect(unkept()).toEqual([left]);

    await diary.show(undefined, true);
    expect(diary.writing).toBe(left);
    expect(left.markdown).toBe("Belangrijk");
    diary.leave();

    core.failing = {};
    await vi.advanceTimersByTimeAsync(60_000);
    expect(core.entries.map(({ markdown }) => markdown)).toEqual(["Belangrijk"]);
    expect(unkept()).toEqual([]);
  });

  it("says what it rests on, and takes over what another device wrote meanwhile", async () => {
    await diary.show(undefined, true);
    const type = editorFor(diary);
    type("Ochtend.");
    await vi.advanceTimersByTimeAsync(1000);
    const writing = diary.writing!;
    const entry = core.entries[0]!;
    entry.markdown += " Elders geschreven.";
    type(" Middag.");
    await vi.advanceTimersByTimeAsync(1000);
    const both = "Ochtend. Middag. Elders geschreven.";
    expect(core.entries.map(({ markdown }) => markdown)).toEqual([both]);
    expect([writing.markdown, writing.together]).toEqual([both, 1]);

    type(" Avond.");
    await vi.advanceTimersByTimeAsync(1000);
    expect(core.entries[0]!.markdown).toBe(both + " Avond.");
    expect(writing.together).toBe(1);
    const bases = core.called("diarySave").map(({ base }) => (base as { markdown: string } | null)?.markdown);
    expect(bases).toEqual([undefined, "Ochtend.", both]);
  });

  it("leaves alone what was typed since, and rests on what was sent", async () => {
    await diary.show(undefined, true);
    const type = editorFor(diary);
    type("Ochtend.");
    await vi.advanceTimersByTimeAsync(1000);
    const entry = core.entries[0]!;
    entry.markdown += " Elders geschreven.";
    type(" Middag.");
    const saving = diary.writing!.flush();
    await null;
    type(" Avond.");
    await saving;
    await vi.advanceTimersByTimeAsync(1000);
    const { markdown } = core.entries[0]!;
    for (const part of ["Ochtend.", "Middag.", "Avond.", "Elders geschreven."]) {
      expect(markdown.split(part)).toHaveLength(2);
    }
    expect(diary.writing!.markdown).toBe(markdown);
  });

  it("begins a new entry of the words when another device deleted theirs", async () => {
    await diary.show(undefined, true);
    const type = editorFor(diary);
    type("Ochtend.");
    await vi.advanceTimersByTimeAsync(1000);
    const writing = diary.writing!;
    const before = writing.id;
    core.entries = core.entries.filter(({ id }) => id !== before);
    expect(writing.anew).toBe(false);
    type(" Middag.");
    await vi.advanceTimersByTimeAsync(1000);
    expect(core.entries.map(({ markdown }) => markdown)).toEqual(["Ochtend. Middag."]);
    expect([writing.anew, writing.id === before, writing.saved.kind]).toEqual([true, false, "saved"]);
    type(" Avond.");
    await vi.advanceTimersByTimeAsync(1000);
    expect(core.entries.map(({ id, markdown }) => [id, markdown])).toEqual([
      [writing.id, "Ochtend. Middag. Avond."],
    ]);
  });

  it("is kept before the lock closes", async () => {
    await diary.show(undefined, true);
    editorFor(diary)("Voor het slot");
    await locking.lock();
    expect(core.entries.map(({ markdown }) => markdown)).toEqual(["Voor het slot"]);
    expect(core.calls.map(({ name }) => name).indexOf("lock")).toBeGreaterThan(
      core.calls.map(({ name }) => name).indexOf("diarySave"),
    );
  });

  it("brings back what was just typed when a deletion is undone", async () => {
    await diary.show(undefined, true);
    const type = editorFor(diary);
    type("Een");
    await vi.advanceTimersByTimeAsync(1000);
    type(" twee");
    await diary.remove(diary.writing!);
    expect(diary.timeline.total).toBe(0);
    const { undo } = await import("$app/undo.svelte");
    await undo.take();
    expect(core.entries.map(({ markdown }) => markdown)).toEqual(["Een twee"]);
    expect(diary.timeline.total).toBe(1);
  });

  it("begins with a mark alone too, and sends title, mood and tags with every save", async () => {
    await diary.show(undefined, true);
    editorFor(diary);
    diary.writing!.describe({ mood: 4 });
    await vi.advanceTimersByTimeAsync(1000);
    diary.writing!.describe({ ownTitle: "Vrij", tags: ["zee"] });
    await vi.advanceTimersByTimeAsync(1000);
    expect(core.entries).toMatchObject([{ markdown: "", mood: 4, ownTitle: "Vrij", tags: ["zee"] }]);
    expect(diary.timeline.row(0)).toMatchObject({ title: "Vrij", mood: 4 });
  });

  it("moves to its place in the list when its date is corrected", async () => {
    await diary.show(undefined, true);
    const type = editorFor(diary);
    type("Van vorig jaar");
    await vi.advanceTimersByTimeAsync(1000);
    await diary.move(diary.writing!, "2025-03-02T08:15");
    expect(diary.writing!.writtenAt).toMatch(/^2025-03-02T08:15/);
    expect(diary.timeline.sections).toEqual([{ month: "2025-03", count: 1, start: 0 }]);
  });
});
