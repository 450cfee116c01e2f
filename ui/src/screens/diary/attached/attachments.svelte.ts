import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { deleted, offerUndo } from "$app/undo.svelte";
import type { AttachedView, AttachmentKind, AttachmentView, RefusedFile, UiError } from "$lib/bindings";
import { sayAttached } from "$lib/amounts";
import { base64Of } from "$lib/bytes";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { countOf } from "./count";
import { Recorder } from "./recorder.svelte";

/** So many an entry has at most. */
export const most = 24;
/** What is larger is no photo and no recording that is taken, and is not read. */
const largest = 64 * 1024 * 1024;

/** Adds to an entry, or begins one: it gets the entry's id, or null where there is none yet. */
export type Addition = (entry: string | null) => Promise<AttachedView | null>;

/** The entry behind them. */
export type Entry = {
  id: () => string | null;
  add: (addition: Addition) => Promise<AttachedView | null>;
  /** How many there are is another number now. */
  counted: () => void;
};

export type Adding = { kind: AttachmentKind } | { kind: "files"; number: number; count: number };

/** The photos and recordings of one entry while it is open. */
export class Attachments {
  all = $state.raw<AttachmentView[]>([]);
  /** What is being taken. */
  adding = $state.raw<Adding | null>(null);
  /** What was not taken the last time. */
  refused = $state.raw<RefusedFile[]>([]);
  failure = $state.raw<UiError | null>(null);
  /** Something was added since the entry was opened. */
  added = $state(false);
  /** Records another one. */
  readonly recorder: Recorder;
  #entry: Entry;

  constructor(entry: Entry, all: AttachmentView[]) {
    this.#entry = entry;
    this.all = all;
    this.recorder = new Recorder({ id: entry.id, keep: (addition) => this.keepRecorded(addition) });
  }

  get photos(): AttachmentView[] {
    return this.all.filter(({ kind }) => kind === "photo");
  }

  /** The entry; null before its first word. */
  get entry(): string | null {
    return this.#entry.id();
  }

  get full(): boolean {
    return this.all.length >= most;
  }

  /** Adds what the person chooses in the system's dialog. */
  async choose(kind: AttachmentKind) {
    if (!this.#begin({ kind })) return;
    const taken: AttachmentView[] = [];
    try {
      const answer = await this.#entry.add((entry) => core.attachChoose(entry, kind));
      if (answer) taken.push(...this.#took(answer));
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
    this.#end(taken);
  }

  /** Adds what was pasted or dropped, one after another. */
  async take(files: File[]) {
    if (files.length === 0 || !this.#begin({ kind: "files", number: 1, count: files.length })) return;
    const taken: AttachmentView[] = [];
    for (const [index, file] of files.entries()) {
      this.adding = { kind: "files", number: index + 1, count: files.length };
      const name = file.name || m.attach_pasted();
      try {
        taken.push(...(await this.#takeOne(file, name)));
      } catch (thrown) {
        this.refused = [...this.refused, { name, error: asUiError(thrown) }];
      }
    }
    this.#end(taken);
  }

  async #takeOne(file: File, name: string): Promise<AttachmentView[]> {
    if (file.size > largest) throw { code: "attachment", why: { kind: "tooLarge" } } satisfies UiError;
    const bytes = await base64Of(file);
    const answer = await this.#entry.add((entry) => core.attachBytes(entry, bytes));
    if (answer === null) return [];
    // The core was given bytes and no name.
    return this.#took({ ...answer, refused: answer.refused.map((each) => ({ ...each, name })) });
  }

  /** Whether what was recorded is in the entry. */
  async keepRecorded(addition: Addition): Promise<boolean> {
    const answer = await this.#entry.add(addition);
    if (answer === null) return false;
    this.#took(answer);
    this.#entry.counted();
    return true;
  }

  #begin(adding: Adding): boolean {
    if (this.adding !== null) return false;
    this.adding = adding;
    this.refused = [];
    this.failure = null;
    return true;
  }

  #took({ added, refused }: AttachedView): AttachmentView[] {
    // What the entry has already is named once, and may be whole again.
    const fresh = added.filter(({ id }) => !this.all.some((each) => each.id === id));
    const known = this.all.map((each) => ({
      ...each,
      place: added.find(({ id }) => id === each.id)?.place ?? each.place,
    }));
    this.all = [...known, ...fresh];
    this.refused = [...this.refused, ...refused];
    return added;
  }

  #end(taken: AttachmentView[]) {
    this.adding = null;
    if (taken.length === 0) return;
    this.added = true;
    announce(m.attach_added({ what: sayAttached(countOf(taken)) }));
    this.#entry.counted();
  }

  forget() {
    this.refused = [];
    this.failure = null;
  }

  /** Where they are may have changed, or what another device added came. */
  async refresh() {
    const entry = this.#entry.id();
    if (entry === null || this.adding !== null) return;
    const view = await core.diaryEntry(entry).catch(() => null);
    if (view && this.adding === null) this.all = view.attachments;
  }

  /** Takes one out of the entry; it may be taken back for a while. */
  async remove(id: string) {
    const entry = this.#entry.id();
    const at = this.all.findIndex((each) => each.id === id);
    const removed = this.all[at];
    if (entry === null || !removed) return;
    const until = await core.attachmentRemove(entry, id);
    this.all = this.all.filter((each) => each !== removed);
    this.#entry.counted();
    const photo = removed.kind === "photo";
    offerUndo({
      text: deleted(photo ? m.attach_photo_removed() : m.attach_sound_removed(), until),
      undone: photo ? m.attach_photo_back() : m.attach_sound_back(),
      undo: async () => {
        await core.attachmentUndoRemove(entry, id);
        this.all = [...this.all.slice(0, at), removed, ...this.all.slice(at)];
        this.#entry.counted();
      },
    });
  }

  /** Puts a photo where another one stands. */
  async move(id: string, where: string) {
    const entry = this.#entry.id();
    const moved = this.all.find((each) => each.id === id);
    const to = this.all.findIndex((each) => each.id === where);
    if (entry === null || !moved || to < 0) return;
    await core.attachmentMove(entry, id, to);
    const others = this.all.filter((each) => each !== moved);
    this.all = [...others.slice(0, to), moved, ...others.slice(to)];
  }

  async describe(id: string, description: string) {
    const entry = this.#entry.id();
    if (entry === null) return;
    await core.attachmentDescribe(entry, id, description);
    this.all = this.all.map((each) => (each.id === id ? { ...each, description } : each));
  }

  /** Where it was saved, or null when the person changed their mind. */
  saveAs = (id: string): Promise<string | null> => core.attachmentSaveAs(id);
}
