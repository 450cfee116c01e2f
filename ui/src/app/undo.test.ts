import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { undo, undoAtMost, undoMilliseconds } from "./undo.svelte";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const offer = () => {
  const back = vi.fn(async () => {});
  undo.offer({ text: "Entry deleted.", undo: back });
  return back;
};

it("goes away after ten seconds", () => {
  offer();
  vi.advanceTimersByTime(undoMilliseconds - 1);
  expect(undo.offered).not.toBeNull();
  vi.advanceTimersByTime(1);
  expect(undo.offered).toBeNull();
});

it("stands still while it is looked at, and has the rest of its time afterwards", () => {
  offer();
  vi.advanceTimersByTime(7_000);
  undo.pause();
  vi.advanceTimersByTime(25_000);
  expect(undo.offered).not.toBeNull();
  undo.resume();
  vi.advanceTimersByTime(2_999);
  expect(undo.offered).not.toBeNull();
  vi.advanceTimersByTime(1);
  expect(undo.offered).toBeNull();
});

it("never outlasts what it offers, however long it is looked at", () => {
  offer();
  undo.pause();
  vi.advanceTimersByTime(undoAtMost - 1);
  expect(undo.offered).not.toBeNull();
  vi.advanceTimersByTime(1);
  expect(undo.offered).toBeNull();
  offer();
  vi.advanceTimersByTime(undoMilliseconds - 1);
  expect(undo.offered).not.toBeNull();
});

it("takes back once, and only the newest", async () => {
  const first = offer();
  const second = offer();
  await undo.take();
  await undo.take();
  expect(first).not.toHaveBeenCalled();
  expect(second).toHaveBeenCalledOnce();
});
