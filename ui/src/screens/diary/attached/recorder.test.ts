import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { announcer } from "$app/announce.svelte";
import { locking } from "$app/lock.svelte";
import { session } from "$app/state.svelte";
import type { Editor } from "$components/editor/view";
import type { EntryView, PieceForm } from "$lib/bindings";
import { FakeCore } from "../../../../tests/fake-core";
import { freshEntry } from "../fresh";
import { Writing } from "../writing.svelte";
import Attached from "./Attached.svelte";
import { waiting } from "./waiting.svelte";

/** What a web view records with; it hands over what the test says. */
class MadeUpRecorder {
  static types = ["audio/webm;codecs=opus"];
  static all: MadeUpRecorder[] = [];
  static isTypeSupported = (type: string) => MadeUpRecorder.types.includes(type);
  state = "inactive";
  every = 0;
  ondataavailable: ((event: { data: Blob }) => void) | null = null;
  onerror: (() => void) | null = null;
  onstop: (() => void) | null = null;
  /** What comes with the end. */
  rest = "the end";

  constructor(
    readonly stream: { live: boolean },
    readonly options: MediaRecorderOptions,
  ) {
    MadeUpRecorder.all.push(this);
  }

  start(every: number) {
    this.state = "recording";
    this.every = every;
  }

  say(words: string) {
    this.ondataavailable?.({ data: new Blob([words]) });
  }

  stop() {
    this.state = "inactive";
    setTimeout(() => {
      if (this.rest) this.say(this.rest);
      this.onstop?.();
    });
  }
}

/** A microphone of which it is known whether it is on. */
const microphone = {
  refuses: null as string | null,
  asked: [] as MediaStreamConstraints[],
  streams: [] as { live: boolean; track: { onended: (() => void) | null; stop: () => void } }[],
  get on() {
    return this.streams.some(({ live }) => live);
  },
};

let core: FakeCore;
let writing: Writing;

const last = () => MadeUpRecorder.all.at(-1)!;
const button = (name: string) => screen.findByRole("button", { name });
const press = async (name: string) => userEvent.click(await button(name));
const words = (piece: PieceForm) => atob(piece.bytes);
const pieces = () => core.called("recordingPiece").map(({ piece }) => piece as PieceForm);

beforeEach(async () => {
  Object.assign(microphone, { refuses: null, asked: [], streams: [] });
  MadeUpRecorder.all = [];
  MadeUpRecorder.types = ["audio/webm;codecs=opus"];
  vi.stubGlobal("MediaRecorder", MadeUpRecorder);
  const getUserMedia = (wanted: MediaStreamConstraints) => {
    microphone.asked.push(wanted);
    if (microphone.refuses) return Promise.reject(new DOMException("no", microphone.refuses));
    const track = { onended: null, stop: () => (stream.live = false) };
    const stream = { live: true, track, getTracks: () => [track] };
    microphone.streams.push(stream);
    return Promise.resolve(stream);
  };
  Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia }, configurable: true });
  Object.assign(waiting, { view: null, failure: null, savedAs: null });
  core = new FakeCore({ language: "en", stage: { kind: "open" } }).install();
  await session.begin();
});

afterEach(async () => {
  cleanup();
  core.failing = {};
  await writing.attachments.recorder.throwAway();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, "mediaDevices");
});

async function open(entry: EntryView | ReturnType<typeof freshEntry>) {
  writing = new Writing(entry);
  writing.attach({
    markdown: () => writing.markdown,
    caret: () => 0,
    head: () => ({ title: writing.markdown, preview: "" }),
  } as Editor);
  render(Attached, { attachments: writing.attachments, editable: true });
}

const openFirst = async () => open((await core.answer("diary_entry", { id: "entry-1" })) as EntryView);

async function record() {
  await press("Record");
  await screen.findByText("Recording");
}

describe("where it can", () => {
  it("asks for the sound alone, after a press, and keeps each piece as it comes", async () => {
    await openFirst();
    await button("Record");
    expect([microphone.asked, core.called("beginListening")]).toEqual([[], []]);
    await record();
    expect(microphone.asked).toEqual([{ audio: { channelCount: 1 }, video: false }]);
    expect(core.calls.map(({ name }) => name).indexOf("beginListening")).toBeGreaterThan(0);
    expect([last().options, last().every]).toEqual([
      { mimeType: "audio/webm;codecs=opus", audioBitsPerSecond: 32_000 },
      5_000,
    ]);
    expect(document.activeElement).toBe(screen.getByRole("group", { name: "Recording" }));
    last().say("one");
    await waitFor(() => expect(pieces()).toHaveLength(1));
    last().say("two");
    await waitFor(() => expect(pieces()).toHaveLength(2));
    await press("Stop and keep");
    await waitFor(() => expect(screen.queryByText("Saving…")).toBeNull());
    expect(pieces().map((piece) => [piece.number, piece.part, words(piece), piece.entry])).toEqual([
      [0, 0, "one", "entry-1"],
      [1, 0, "two", "entry-1"],
      [2, 0, "the end", "entry-1"],
    ]);
    expect(microphone.on).toBe(false);
    expect(writing.attachments.all.map(({ kind }) => kind)).toEqual(["sound"]);
    expect(core.attachments.recording).toBeNull();
    await waitFor(() =>
      expect(document.activeElement?.getAttribute("aria-label")).toBe("More about this recording"),
    );
    expect(announcer.text).toContain("The recording is kept in your diary.");
  });

  it("is silent to a screen reader while the time goes", async () => {
    await openFirst();
    await record();
    expect(screen.getByRole("timer").getAttribute("aria-live")).toBe("off");
    screen.getByRole("group", { name: "Recording" });
    expect(announcer.text).toContain("Recording has begun.");
  });

  it("switches the microphone off in a pause, and goes on in another part", async () => {
    await openFirst();
    await record();
    await press("Pause");
    await screen.findByText("Paused, the microphone is off");
    expect(microphone.on).toBe(false);
    await press("Go on recording");
    await screen.findByText("Recording");
    expect(core.called("beginListening")).toHaveLength(2);
    await press("Stop and keep");
    await waitFor(() => expect(writing.attachments.all).toHaveLength(1));
    expect(pieces().map(({ number, part }) => [number, part])).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it("throws away after a question, and nothing stays", async () => {
    await openFirst();
    await record();
    last().say("never mind");
    await press("Throw away");
    const dialog = screen.getByRole("dialog");
    // A second Enter that comes too soon costs nothing.
    await userEvent.keyboard("{Enter}");
    expect([screen.queryByRole("dialog"), core.called("recordingThrowAway")]).toEqual([null, []]);
    await press("Throw away");
    await userEvent.click(within(dialog).getByRole("button", { name: "Throw away" }));
    await button("Record");
    expect([core.attachments.recording, writing.attachments.all, microphone.on]).toEqual([null, [], false]);
    expect(core.called("recordingThrowAway")).toHaveLength(1);
  });

  it("begins an entry that has no words yet, once", async () => {
    const before = core.entries.length;
    await open(freshEntry());
    await record();
    last().say("one");
    await press("Stop and keep");
    await waitFor(() => expect(writing.id).not.toBeNull());
    expect([core.entries.length, core.entries.at(-1)!.attachments.length]).toEqual([before + 1, 1]);
  });

  it("tells five minutes before the end, and stops and keeps by itself", async () => {
    await openFirst();
    const { recordingBegin } = core.attachments.handlers;
    core.attachments.handlers.recordingBegin = (input) => ({
      ...(recordingBegin!(input) as object),
      mostSeconds: 302,
    });
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await fireEvent.click(await button("Record"));
    await screen.findByText("Recording");
    expect(screen.queryByText(/minutes the recording stops/)).toBeNull();
    await vi.advanceTimersByTimeAsync(2_300);
    expect(announcer.text).toContain("In 5 minutes the recording stops.");
    last().say("long");
    await vi.advanceTimersByTimeAsync(300_000);
    await waitFor(() => expect(writing.attachments.all).toHaveLength(1));
    expect(microphone.on).toBe(false);
  });
});

describe("where it cannot", () => {
  it.each([
    ["NotAllowedError", "Regie may not use the microphone"],
    ["NotFoundError", "There is no microphone"],
    ["NotReadableError", "The microphone does not start"],
  ])("says in words what %s means", async (error, title) => {
    microphone.refuses = error;
    await openFirst();
    await press("Record");
    expect((await screen.findByRole("alert")).textContent).toContain(title);
    await button("Record");
  });

  it("has no button without a recorder that the core can read, nor where nothing may be written", async () => {
    MadeUpRecorder.types = ["video/mp4"];
    await openFirst();
    expect(writing.attachments.recorder.offered).toBe(false);
    cleanup();
    MadeUpRecorder.types = ["audio/mp4"];
    core.attachments.mayRecord = false;
    await openFirst();
    await waitFor(() => expect(core.called("mayRecord")).toHaveLength(1));
    await screen.findByRole("button", { name: "Add recordings" });
    expect(screen.queryByRole("button", { name: "Record" })).toBeNull();
  });

  it("says when nothing came at all", async () => {
    await openFirst();
    await record();
    last().rest = "";
    await press("Stop and keep");
    expect((await screen.findByRole("alert")).textContent).toContain("Nothing was recorded");
  });

  it("tries again what could not be kept, in one piece, and does not stop before it is", async () => {
    await openFirst();
    await record();
    core.failing.recordingPiece = { code: "diskFull" };
    last().say("one ");
    await screen.findByText("What you said last is not kept yet. Regie keeps trying.");
    last().rest = "two";
    await press("Stop and keep");
    await screen.findByText("Paused, the microphone is off");
    expect(microphone.on).toBe(false);
    core.failing = {};
    await press("Stop and keep");
    await waitFor(() => expect(writing.attachments.all).toHaveLength(1));
    const kept = pieces().at(-1)!;
    expect([kept.number, words(kept)]).toEqual([0, "one two"]);
  });
});

describe("what is not finished", () => {
  it("waits when the microphone goes, and is kept from there", async () => {
    await openFirst();
    await record();
    last().say("one");
    microphone.streams[0]!.track.onended!();
    await screen.findByText("A recording is waiting");
    expect((await screen.findByRole("alert")).textContent).toContain("The microphone stopped");
    await press("Keep in your diary");
    await waitFor(() => expect(writing.attachments.all).toHaveLength(1));
    expect(screen.queryByText("A recording is waiting")).toBeNull();
  });

  it("is in the vault before the lock closes", async () => {
    await openFirst();
    await record();
    last().say("one");
    await locking.lock();
    const names = core.calls.map(({ name }) => name);
    expect(names.lastIndexOf("recordingPiece")).toBeLessThan(names.indexOf("lock"));
    expect(pieces().map(words)).toEqual(["one", "the end"]);
    expect([microphone.on, core.called("recordingKeep")]).toEqual([false, []]);
  });

  it("is in the vault before the lock closes in the middle of a pause", async () => {
    await openFirst();
    await record();
    const paused = writing.attachments.recorder.pause();
    await locking.lock();
    await paused;
    const names = core.calls.map(({ name }) => name);
    expect(pieces().map(words)).toEqual(["the end"]);
    expect(names.lastIndexOf("recordingPiece")).toBeLessThan(names.indexOf("lock"));
  });

  it("keeps the lock open to a question when the last words could not be kept", async () => {
    await openFirst();
    await record();
    core.failing.recordingPiece = { code: "diskFull" };
    await locking.lock();
    expect(locking.doubtful).toBe("lock");
    locking.stay();
    await screen.findByText("Paused, the microphone is off");
  });

  it("goes into its entry when the person leaves it", async () => {
    await openFirst();
    await record();
    last().say("one");
    cleanup();
    await writing.leave();
    await waitFor(() => expect(core.called("recordingKeep")).toHaveLength(1));
    expect(core.called("recordingKeep")[0]).toMatchObject({ entry: "entry-1" });
    expect(microphone.on).toBe(false);
  });

  it("comes first: no other one begins", async () => {
    core.attachments.waiting = {
      id: "recording-9",
      entry: "entry-2",
      begunAt: "2026-11-23T21:14:00+01:00",
      zone: "Europe/Amsterdam",
      seconds: 200,
    };
    await openFirst();
    await screen.findByText(/3:20 long/);
    expect(screen.queryByRole("button", { name: "Record" })).toBeNull();
    await press("Keep in your diary");
    await screen.findByText("The recording is kept in your diary.");
    const second = core.entries.find(({ id }) => id === "entry-2")!;
    expect([second.attachments.length, writing.attachments.all.length]).toEqual([1, 0]);
    await button("Record");
  });

  it("that cannot be read stays, and can be saved as a file or thrown away", async () => {
    await openFirst();
    await record();
    core.failing.recordingKeep = { code: "attachment", why: { kind: "damaged" } };
    last().say("noise");
    await press("Stop and keep");
    await screen.findByText("A recording is waiting");
    screen.getByText("Regie cannot read this recording");
    await press("Save as a file…");
    await screen.findByText(/Saved as .*opname\.webm/);
    expect(core.attachments.recording).not.toBeNull();
  });
});
