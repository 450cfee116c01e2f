import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { deleted, offerUndo } from "$app/undo.svelte";
import type { EntryRow, SearchView, TagView, UiError, WritingView } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { came } from "./came.svelte";
import { CalendarState } from "./calendar.svelte";
import { freshEntry } from "./fresh";
import { monthOf } from "./days";
import { Timeline, type Chosen } from "./timeline.svelte";
import { unkept, Writing } from "./writing.svelte";

const searchPause = 60;

/** Hits asked for at first, and with each "more". */
const hitsAtOnce = 50;

export type Found = SearchView & { query: string };

/** The diary on the screen: the list, what was searched for, and the entry that is open. */
export class DiaryState {
  timeline = new Timeline();
  calendar = new CalendarState();
  /** What is folded out above the list. */
  tool = $state<"calendar" | "months" | "filter" | null>(null);
  tags = $state.raw<TagView[]>([]);
  /** Every month with entries, whatever the filter. */
  months = $state.raw<string[]>([]);
  /** Whether there is nothing at all. */
  empty = $state(false);
  ready = $state(false);
  mayWrite = $state(true);
  /** Why it may not be written, when it may not. */
  consent = $state.raw<WritingView>("allowed");
  failure = $state.raw<UiError | null>(null);

  query = $state("");
  found = $state.raw<Found | null>(null);

  writing = $state.raw<Writing | null>(null);
  /** Why the entry that was asked for is not here. */
  missing = $state.raw<UiError | null>(null);

  #asked: symbol | null = null;
  #searchTimer: ReturnType<typeof setTimeout> | undefined;

  async load(stale?: string[]) {
    try {
      const [, today] = await Promise.all([this.timeline.load(stale), core.today(), came.load()]);
      this.mayWrite = today.mayWrite;
      this.consent = today.writing;
      this.#counted();
      if (this.tool === "calendar") await this.calendar.refresh();
      this.failure = null;
      this.ready = true;
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }

  async filter(filter: Chosen) {
    this.timeline.filter = filter;
    await this.load();
  }

  async loadTags() {
    this.tags = await core.diaryTags().catch(() => this.tags);
  }

  #counted() {
    if (this.timeline.filtered) return;
    this.months = this.timeline.sections.map(({ month }) => month);
    this.empty = this.timeline.total === 0;
  }

  /** Shows the entry, a new one, or none. What was open is kept first. */
  async show(entry: string | undefined, fresh: boolean, prompt?: string) {
    if (entry !== undefined && entry === this.writing?.id) return;
    const asked = Symbol();
    this.#asked = asked;
    this.missing = null;
    this.leave();
    if (entry === undefined && !fresh) return;
    const kept = unkept().find(({ id }) => id === (entry ?? null));
    try {
      const view = kept ? null : entry ? await core.diaryEntry(entry) : freshEntry();
      if (this.#asked !== asked) return;
      const writing = view ? new Writing(view) : kept!;
      writing.prompt = prompt ?? null;
      this.#open(writing);
      void this.loadTags();
      if (entry !== undefined) void came.seen(entry);
    } catch (thrown) {
      if (this.#asked === asked) this.missing = asUiError(thrown);
    }
  }

  /** Something may have come from another device: the list shows it where it stands; the entry under the pen stays as it is. */
  async came() {
    if (!this.ready) return;
    const before = came.entries;
    await came.load();
    const fresh = came.entries.some((entry) => !before.includes(entry));
    if (fresh) await this.load();
    const open = this.writing?.id;
    if (open && came.has(open) && this.#untouched) await this.#again(open);
  }

  /** Nothing waits to be kept. */
  get #untouched() {
    const { writing } = this;
    if (writing === null || writing.attachments.recorder.active) return false;
    return writing.saved.kind === "clean" || writing.saved.kind === "saved";
  }

  /** What is open and untouched is read anew. */
  async #again(entry: string) {
    const view = await core.diaryEntry(entry).catch(() => null);
    if (!view || this.writing?.id !== entry || !this.#untouched) return;
    this.writing.drop();
    this.#open(new Writing(view));
    await came.seen(entry);
    announce(m.diary_came_open());
  }

  leave() {
    const left = this.writing;
    this.writing = null;
    void left?.leave();
  }

  async remove(writing: Writing): Promise<void> {
    const { id } = writing;
    if (id === null) return;
    // What was just typed must come back with an undo as well.
    await writing.flush();
    // What is being said is thrown away by itself alone.
    await writing.attachments.recorder.hold();
    const until = await core.diaryDelete(id);
    this.writing = null;
    writing.drop();
    await this.load([monthOf(writing.writtenAt)]);
    offerUndo({
      text: deleted(m.diary_deleted(), until),
      undone: m.diary_is_back(),
      undo: async () => {
        await core.diaryUndoDelete(id);
        await this.load([monthOf(writing.writtenAt)]);
      },
    });
  }

  search(query: string) {
    this.query = query;
    clearTimeout(this.#searchTimer);
    if (query.trim() === "") this.found = null;
    else this.#searchTimer = setTimeout(() => void this.#find(query), searchPause);
  }

  async moreHits() {
    if (this.found) await this.#find(this.found.query, this.found.hits.length + hitsAtOnce);
  }

  async #find(query: string, limit = hitsAtOnce) {
    try {
      const found = await core.diarySearch(query, limit);
      if (query !== this.query) return;
      this.found = { query, ...found };
      const { hits } = found;
      this.failure = null;
      announce(hits.length === 0 ? m.diary_no_hits({ query }) : m.diary_hits({ count: hits.length }));
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }

  #open(writing: Writing) {
    writing.resume();
    writing.onrow = (row, isNew) => this.#put(row, isNew);
    this.writing = writing;
  }

  #put(row: EntryRow, isNew: boolean) {
    if (isNew) void this.load([monthOf(row.writtenAt)]);
    else this.timeline.put(row);
  }

  /** Corrects when an entry was written, by the wall clock of its own place. */
  async move(writing: Writing, local: string) {
    const before = monthOf(writing.writtenAt);
    await writing.move(local);
    announce(m.diary_moved());
    await this.load([before, monthOf(writing.writtenAt)]);
  }
}
