import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { beforeLock } from "$app/lock.svelte";
import type { Editor } from "$components/editor/view";
import type { AttachedView, EntryBase, EntryRow, EntryView, RestrictionView } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { Attachments, type Addition } from "./attached/attachments.svelte";
import { countOf } from "./attached/count";
import type { freshEntry } from "./fresh";
import { Saver, type SaveState } from "$components/editor/saver";

/** What an entry is called, how the person felt, and what it is about; each may be missing. */
export type About = { ownTitle: string; mood: number | null; tags: string[] };

type Draft = { markdown: string; caret: number; title: string; preview: string };

let left = $state.raw<Writing[]>([]);

/** Entries that were left while their last words could not be kept; they wait here and are tried again. */
export const unkept = (): Writing[] => left.filter(({ saved }) => saved.kind === "failed");

/** One entry while it is open: what the editor begins with, and the way of its text to the vault. */
export class Writing {
  id = $state<string | null>(null);
  writtenAt = $state("");
  zone = $state("");
  about = $state.raw<About>({ ownTitle: "", mood: null, tags: [] });
  saved = $state.raw<SaveState>({ kind: "clean" });
  /** Its photos and recordings. */
  readonly attachments: Attachments;
  /** On hold since then, when it was opened. */
  readonly restriction: RestrictionView | null;
  /** A question to begin with; never part of the text. */
  prompt: string | null = null;
  markdown: string;
  caret: number | null;
  /** The row for the list, whenever it changed. */
  onrow: (row: EntryRow, isNew: boolean) => void = () => {};

  /** How often it was brought together with what came from another device while it was open. */
  together = $state(0);
  /** It was deleted on another device while it was open: its words are a new entry now. */
  anew = $state(false);

  /** What the text in the editor rests on: another device may change the entry meanwhile. */
  #base: EntryBase | null;
  #editor: Editor | null = null;
  #draft: Draft | null = null;
  #saver: Saver;
  #unregister: () => void;
  /** A photo or recording that begins the entry is being taken. */
  #beginning: Promise<unknown> | null = null;

  constructor(entry: EntryView | ReturnType<typeof freshEntry>) {
    this.id = entry.id;
    this.writtenAt = entry.writtenAt;
    this.zone = entry.zone;
    this.markdown = entry.markdown;
    this.caret = entry.caret;
    this.restriction = entry.restriction;
    const { ownTitle, mood, tags } = entry;
    this.about = { ownTitle, mood, tags };
    this.#base = entry.id === null ? null : { markdown: entry.markdown, about: this.about };
    this.attachments = new Attachments(
      {
        id: () => this.id,
        add: (addition) => this.#add(addition),
        counted: () => this.#tell(false),
      },
      entry.attachments,
    );
    this.#saver = new Saver({
      save: () => this.#save(),
      savePlace: () => this.#savePlace(),
      onState: (state) => {
        this.saved = state;
        if (state.kind === "saved" && left.includes(this)) this.drop();
      },
    });
    this.#unregister = beforeLock(() => this.flush());
  }

  attach(editor: Editor) {
    this.#editor = editor;
  }

  /** The editor goes away; its last text stays here until it is kept. */
  detach() {
    this.#draft = this.#read();
    this.#editor = null;
  }

  describe = (about: Partial<About>) => {
    this.about = { ...this.about, ...about };
    this.#saver.changed();
  };

  /** Corrects when it was written: "2026-11-23T21:14" by the clock of its own place. */
  async move(local: string) {
    await this.flush();
    if (this.id === null) return;
    ({ writtenAt: this.writtenAt, zone: this.zone } = await core.diaryMove(this.id, local));
  }

  changed = () => this.#saver.changed();
  moved = () => this.#saver.moved();
  flush = () => this.#saver.flush();
  /** What was written in it goes to the other devices once it is closed. */
  closed = () => void core.penUp().catch(() => {});

  /** Flushes without a word: a failure shows in `saved` and is tried again. */
  settle = () => void this.flush().catch(() => {});

  /** The person leaves the entry. What cannot be kept now waits, and is tried again. */
  async leave() {
    left = [...left, this];
    void this.attachments.recorder.stop();
    try {
      await this.flush();
      this.drop();
    } catch (thrown) {
      // The lock closed with it: nothing may stay behind in the window.
      if (asUiError(thrown).code === "locked") this.drop();
    }
  }

  /** The person is back: the editor begins with what was left. */
  resume() {
    left = left.filter((each) => each !== this);
    if (this.#draft === null) return;
    this.markdown = this.#draft.markdown;
    this.caret = this.#draft.caret;
  }

  /** Nothing of this entry is kept from now on. */
  drop() {
    left = left.filter((each) => each !== this);
    this.#saver.stop();
    this.#unregister();
  }

  openLink = (href: string) => core.openLink(href);

  #read(): Draft {
    if (this.#editor === null)
      return this.#draft ?? { markdown: this.markdown, caret: 0, title: "", preview: "" };
    return { markdown: this.#editor.markdown(), caret: this.#editor.caret(), ...this.#editor.head() };
  }

  async #save(): Promise<string | null> {
    // Or there would be two entries.
    await this.#beginning;
    const draft = this.#read();
    const { markdown, caret, title } = draft;
    const { about } = this;
    const bare = about.ownTitle.trim() === "" && about.mood === null && about.tags.length === 0;
    // An entry begins with its first word or mark; one that lost all its words stays as it is.
    if (this.id === null && title === "" && bare) return null;
    const saved = await core.diarySave({ id: this.id, markdown, caret, about }, this.#base);
    const { id, savedAt, merged, anew } = saved;
    this.#base = { markdown, about };
    const isNew = this.id === null || anew;
    if (isNew) await this.#begun(id);
    if (anew) {
      this.anew = true;
      void this.attachments.refresh();
      announce(m.diary_anew());
    }
    if (merged !== null) this.#takeOver(merged, markdown, about);
    this.#tell(isNew, merged === null ? draft : undefined);
    return savedAt;
  }

  /** What another device wrote meanwhile is in it now. Who typed on since gets it with the next words that are kept. */
  #takeOver(merged: EntryView, markdown: string, about: About) {
    this.together += 1;
    if (this.#read().markdown !== markdown || this.about !== about) return;
    const { ownTitle, mood, tags } = merged;
    this.about = { ownTitle, mood, tags };
    this.markdown = merged.markdown;
    this.#base = { markdown: merged.markdown, about: this.about };
    if (this.#editor !== null) {
      this.#editor.become(merged.markdown);
      announce(m.diary_came_open());
    } else if (this.#draft !== null) this.#draft = { ...this.#draft, markdown: merged.markdown };
  }

  async #begun(id: string) {
    this.id = id;
    // The core has the say about when and where an entry was begun.
    ({ writtenAt: this.writtenAt, zone: this.zone } = await core.diaryEntry(id));
  }

  /** The list hears what the entry is now. */
  #tell(isNew: boolean, draft = this.#read()) {
    const { id, about, writtenAt, zone } = this;
    if (id === null) return;
    const { title, preview } = draft;
    const own = about.ownTitle.trim();
    const said = own === "" ? preview : [title, preview].filter(Boolean).join(" ");
    const { mood, tags } = about;
    const counts = countOf(this.attachments.all);
    this.onrow({ id, title: own || title, preview: said, writtenAt, zone, mood, tags, ...counts }, isNew);
  }

  async #add(addition: Addition): Promise<AttachedView | null> {
    await this.flush();
    // Or there would be two entries.
    await this.#beginning;
    if (this.id !== null) return addition(this.id);
    const added = addition(null).then(async (view) => {
      if (view === null || view.added.length === 0) return view;
      await this.#begun(view.entry);
      this.#tell(true);
      return view;
    });
    this.#beginning = added.catch(() => null);
    return added.finally(() => (this.#beginning = null));
  }

  async #savePlace() {
    if (this.id === null) return;
    await core.diaryPlace({ entry: this.id, caret: this.#read().caret });
  }
}
