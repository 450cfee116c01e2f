import { cleanup, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { locking } from "$app/lock.svelte";
import { session } from "$app/state.svelte";
import { undo } from "$app/undo.svelte";
import type { Editor } from "$components/editor/view";
import type { EntryRow, UiError } from "$lib/bindings";
import { FakeCore } from "../../../../tests/fake-core";
import { freshEntry } from "../fresh";
import { Writing } from "../writing.svelte";
import Attached from "./Attached.svelte";
import { mediaOf, Player } from "./player.svelte";

const jpeg = (name: string, size = 3) => {
  const bytes = new Uint8Array(size);
  bytes.set([0xff, 0xd8, 0xff]);
  return new File([bytes], name, { type: "image/jpeg" });
};
const unread = (name: string): UiError => ({ code: "attachment", why: { kind: "kind", name } });

let core: FakeCore;
/** Addresses of bytes that the page holds. */
let held: Set<string>;

beforeEach(async () => {
  held = new Set();
  let made = 0;
  URL.createObjectURL = () => {
    const address = `blob:regie/${(made += 1)}`;
    held.add(address);
    return address;
  };
  URL.revokeObjectURL = (address) => held.delete(address);
  core = new FakeCore({ language: "en", stage: { kind: "open" }, attached: true }).install();
  undo.dismiss();
  await session.begin();
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** An entry with an editor that holds `text`. */
function open(entry: ConstructorParameters<typeof Writing>[0], text = "") {
  const writing = new Writing(entry);
  const rows: [EntryRow, boolean][] = [];
  writing.onrow = (row, isNew) => rows.push([row, isNew]);
  let now = text;
  writing.attach({
    markdown: () => now,
    caret: () => now.length,
    head: () => ({ title: now.trim(), preview: "" }),
  } as Editor);
  const type = (more: string) => {
    now += more;
    writing.changed();
  };
  return { writing, rows, type };
}

const openFirst = async () => {
  const first = (await core.answer("diary_entry", { id: "entry-1" })) as ConstructorParameters<
    typeof Writing
  >[0];
  return open(first, "Eerst wandelen");
};

describe("adding to an entry", () => {
  it("begins an empty one once, and what is typed meanwhile goes into the same", async () => {
    const before = core.entries.length;
    const { writing, rows, type } = open(freshEntry());
    let chosen = () => {};
    const { attachChoose } = core.attachments.handlers;
    core.attachments.handlers.attachChoose = async (input) => {
      await new Promise<void>((resolve) => (chosen = resolve));
      return attachChoose!(input);
    };
    const adding = writing.attachments.choose("photo");
    await waitFor(() => expect(core.called("attachChoose")).toHaveLength(1));
    type("Words meanwhile");
    const kept = writing.flush();
    chosen();
    await Promise.all([adding, kept]);
    expect(core.entries).toHaveLength(before + 1);
    const [entry] = core.entries.slice(-1);
    expect([entry!.id, entry!.markdown, entry!.attachments.length]).toEqual([
      writing.id,
      "Words meanwhile",
      1,
    ]);
    expect(rows.filter(([, isNew]) => isNew)).toHaveLength(1);
    expect(rows.at(-1)![0]).toMatchObject({ photos: 1, sounds: 0 });
  });

  it("leaves an empty page as it was when nothing was chosen or nothing was taken", async () => {
    const before = core.entries.length;
    const { writing } = open(freshEntry());
    core.attachments.chosen = null;
    await writing.attachments.choose("photo");
    core.attachments.chosen = [{ name: "IMG_1.HEIC", refused: unread("HEIC") }];
    await writing.attachments.choose("photo");
    expect(writing.attachments.refused.map(({ name }) => name)).toEqual(["IMG_1.HEIC"]);
    expect([writing.id, core.entries.length, writing.attachments.adding]).toEqual([null, before, null]);
  });

  it("takes pasted files one after another, says by name what is refused, and reads nothing that is too large", async () => {
    const { writing } = open(freshEntry());
    const huge = jpeg("huge.jpg");
    Object.defineProperty(huge, "size", { value: 65 * 1024 * 1024 });
    await writing.attachments.take([
      jpeg("one.jpg"),
      new File(["GIF89a"], "moves.gif"),
      huge,
      jpeg("two.jpg"),
    ]);
    expect(writing.attachments.all).toHaveLength(2);
    expect(writing.attachments.refused).toEqual([
      { name: "moves.gif", error: unread("GIF") },
      { name: "huge.jpg", error: { code: "attachment", why: { kind: "tooLarge" } } },
    ]);
    const sent = core.called("attachBytes");
    expect(sent.map(({ entry }) => entry)).toEqual([null, writing.id, writing.id]);
    expect(sent[0]!.bytes).toBe("/9j/");
  });

  it("is not done twice at once", async () => {
    const { writing } = open(freshEntry());
    await Promise.all([writing.attachments.choose("photo"), writing.attachments.choose("sound")]);
    expect(core.called("attachChoose").map(({ kind }) => kind)).toEqual(["photo"]);
  });
});

describe("what was added", () => {
  it("comes back to its place when removing it is undone", async () => {
    const { writing, rows } = await openFirst();
    const ids = () => writing.attachments.all.map(({ id }) => id);
    const before = ids();
    await writing.attachments.remove("photo-2");
    expect(ids()).toEqual(before.filter((id) => id !== "photo-2"));
    expect(rows.at(-1)![0].photos).toBe(4);
    await undo.take();
    expect(ids()).toEqual(before);
    expect(core.entries[0]!.attachments.map(({ id }) => id)).toEqual(before);
    expect(rows.at(-1)![0].photos).toBe(5);
  });

  it("moves among the photos, whatever stands between them", async () => {
    const { writing } = await openFirst();
    const ids = () => writing.attachments.all.map(({ id }) => id);
    await writing.attachments.move("photo-3", "photo-2");
    await writing.attachments.move("photo-1", "photo-2");
    expect(ids().slice(0, 4)).toEqual(["photo-3", "photo-2", "photo-1", "photo-4"]);
    expect(core.entries[0]!.attachments.map(({ id }) => id)).toEqual(ids());
  });

  it("keeps a description that is under the pen before the lock closes", async () => {
    const { writing } = await openFirst();
    render(Attached, { attachments: writing.attachments, editable: true });
    await userEvent.click(screen.getByRole("button", { name: /^Photo 2 of 5, No description/ }));
    await userEvent.type(screen.getByLabelText("Description"), "Two boots");
    await locking.lock();
    const names = core.calls.map(({ name }) => name);
    expect(names.lastIndexOf("attachmentDescribe")).toBeLessThan(names.indexOf("lock"));
    expect(core.entries[0]!.attachments[1]!.description).toBe("Two boots");
  });
});

describe("on the screen", () => {
  it("lets go of every address as soon as nothing shows it", async () => {
    const { writing } = await openFirst();
    const { unmount } = render(Attached, { attachments: writing.attachments, editable: true });
    await waitFor(() => expect(held.size).toBe(5));
    await userEvent.click(screen.getByRole("button", { name: /^Photo 1 of 5/ }));
    await waitFor(() => expect(held.size).toBe(7));
    await userEvent.click(screen.getByRole("button", { name: "Close" }));
    await waitFor(() => expect(held.size).toBe(5));
    unmount();
    expect(held.size).toBe(0);
  });

  it("goes through the photos by arrow keys and gives the focus back to the one that was closed", async () => {
    const { writing } = await openFirst();
    render(Attached, { attachments: writing.attachments, editable: true });
    await userEvent.click(screen.getByRole("button", { name: /^Photo 1 of 5/ }));
    const dialog = screen.getByRole("dialog", { name: "Photo 1 of 5" });
    expect(document.activeElement?.textContent).toBe("Photo 1 of 5");
    await userEvent.keyboard("{ArrowRight}{ArrowRight}{ArrowLeft}");
    expect(document.activeElement?.textContent).toBe("Photo 2 of 5");
    await userEvent.click(within(dialog).getByLabelText("Description"));
    await userEvent.keyboard("{ArrowRight}");
    expect(dialog.textContent).toContain("Photo 2 of 5");
    dialog.dispatchEvent(new Event("cancel", { cancelable: true }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(document.activeElement?.getAttribute("data-attachment")).toBe("photo-2");
  });

  it("says where the whole photo is when it cannot be had", async () => {
    core.failing = { attachmentOriginal: { code: "account", why: { kind: "offline" } } };
    const { writing } = await openFirst();
    render(Attached, { attachments: writing.attachments, editable: true });
    await userEvent.click(screen.getByRole("button", { name: /^Photo 3 of 5, .*on your server/ }));
    await screen.findByText("The whole photo is on your server. It is shown when there is a network.");
    core.failing = {};
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(document.querySelector("[data-whole=true]")).not.toBeNull());
    await userEvent.keyboard("{ArrowRight}");
    await screen.findByText("Still on its way from Sam’s phone.");
    await userEvent.keyboard("{ArrowRight}");
    await screen.findByText(/^The server no longer has this photo whole/);
    expect(core.called("attachmentOriginal").map(({ id }) => id)).toEqual(["photo-3", "photo-3"]);
  });

  it("says of a photo that found no room where it is, and shows it all the same", async () => {
    const { writing } = await openFirst();
    render(Attached, { attachments: writing.attachments, editable: true });
    await userEvent.click(screen.getByRole("button", { name: /^Photo 2 of 5, .*the server has no room$/ }));
    await screen.findByText(
      /^The server has no room for more photos and recordings \(4\.3 GB\)\. This one is/,
    );
    await waitFor(() => expect(document.querySelector("[data-whole=true]")).not.toBeNull());
    expect(screen.getByRole("button", { name: "Save as a file…" })).toBeTruthy();
  });

  it("offers nothing to add or change without consent, and still to take out", async () => {
    const { writing } = await openFirst();
    render(Attached, { attachments: writing.attachments, editable: false });
    expect(screen.queryByRole("button", { name: "Add photos" })).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: /^Photo 1 of 5/ }));
    const dialog = screen.getByRole("dialog");
    expect(within(dialog).queryByLabelText("Description")).toBeNull();
    expect(dialog.textContent).toContain("Mist over the canal");
    await userEvent.click(within(dialog).getByRole("button", { name: "Remove photo" }));
    await waitFor(() => expect(core.called("attachmentRemove")).toHaveLength(1));
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(document.activeElement?.getAttribute("data-attachment")).toBe("photo-2");
  });
});

describe("listening", () => {
  /** As much of an audio element as the player uses. */
  function audio(plays: CanPlayTypeResult = "maybe") {
    const made = {
      src: "",
      currentTime: 0,
      canPlayType: () => plays,
      play: vi.fn(async () => made.onplay?.()),
      pause: vi.fn(() => made.onpause?.()),
      removeAttribute: vi.fn(),
      onplay: null as (() => void) | null,
      onpause: null as (() => void) | null,
    };
    return made;
  }
  const player = (made: ReturnType<typeof audio>, id = "sound-1") =>
    new Player(id, () => made as unknown as HTMLAudioElement);

  it("begins where the slider stands, stops when another begins, and lets go at the end", async () => {
    const [first, second] = [audio(), audio()];
    const [one, two] = [player(first), player(second, "sound-2")];
    one.seek(5);
    await one.toggle();
    expect([one.playing, first.currentTime]).toEqual([true, 5]);
    await two.toggle();
    expect([one.playing, two.playing]).toEqual([false, true]);
    expect(held.size).toBe(2);
    one.end();
    two.end();
    expect([held.size, two.playing]).toEqual([0, false]);
  });

  it("tells what the platform cannot play", async () => {
    const made = audio("");
    core.attachments.handlers.attachmentOriginal = () => btoa("OggS and more");
    const one = player(made);
    await one.play();
    expect([one.unplayable, one.playing, held.size]).toEqual([true, false, 0]);
    made.canPlayType = () => "probably";
    made.play = vi.fn(() => Promise.reject(new DOMException("no decoder", "NotSupportedError")));
    const other = player(made);
    await other.play();
    expect([other.unplayable, held.size]).toEqual([true, 0]);
  });

  it("stays silent when the person left while it was fetched", async () => {
    const made = audio();
    const one = player(made);
    const playing = one.play();
    one.end();
    await playing;
    expect([made.play.mock.calls.length, held.size]).toEqual([0, 0]);
  });

  it("knows what the core packs recordings into", () => {
    expect(mediaOf(new Uint8Array([0x4f, 0x67, 0x67, 0x53]))).toBe("audio/ogg; codecs=opus");
    expect(mediaOf(new Uint8Array([0xff, 0xf1]))).toBe("audio/aac");
    expect(mediaOf(new Uint8Array([0xff, 0xfb]))).toBe("audio/mpeg");
  });
});
