import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { offerUndo } from "$app/undo.svelte";
import type { EntryRow, SearchHit, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { freshEntry } from "./fresh";
import { unkept, Writing } from "./writing.svelte";

const pageLength = 50;
const searchPause = 150;

type Found = { query: string; hits: SearchHit[]; more: boolean };

/** The diary on the screen: the list, what was searched for, and the entry that is open. */
export class DiaryState {
  rows = $state.raw<EntryRow[]>([]);
  total = $state(0);
  ready = $state(false);
  mayWrite = $state(true);
  failure = $state.raw<UiError | null>(null);

  query = $state("");
  found = $state.raw<Found | null>(null);

  writing = $state.raw<Writing | null>(null);
  /** Why the entry that was asked for is not here. */
  missing = $state.raw<UiError | null>(null);

  #next = $state<string | null>(null);
  #loading = false;
  #asked: symbol | null = null;
  #searchTimer: ReturnType<typeof setTimeout> | undefined;

  get hasMore() {
    return this.#next !== null;
  }

  async load() {
    try {
      const [page, today] = await Promise.all([core.diaryPage(null, null, pageLength), core.today()]);
      this.rows = page.entries;
      this.#next = page.next;
      this.total = page.entries.length;
      this.mayWrite = today.mayWrite;
      this.failure = null;
      this.ready = true;
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }

  async more() {
    if (this.#next === null || this.#loading) return;
    this.#loading = true;
    try {
      const page = await core.diaryPage(null, this.#next, pageLength);
      this.rows = [...this.rows, ...page.entries];
      this.#next = page.next;
      this.total += page.entries.length;
    } catch (thrown) {
      this.failure = asUiError(thrown);
    } finally {
      this.#loading = false;
    }
  }

  /** Shows the entry, a new one, or none. What was open is kept first. */
  async show(entry: string | undefined, fresh: boolean) {
    if (entry !== undefined && entry === this.writing?.id) return;
    const asked = Symbol();
    this.#asked = asked;
    this.missing = null;
    this.leave();
    if (entry === undefined && !fresh) return;
    const kept = unkept().find(({ id }) => id === (entry ?? null));
    try {
      const view = kept ? null : entry ? await core.diaryEntry(entry) : freshEntry();
      if (this.#asked === asked) this.#open(view ? new Writing(view) : kept!);
    } catch (thrown) {
      if (this.#asked === asked) this.missing = asUiError(thrown);
    }
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
    await core.diaryDelete(id);
    this.writing = null;
    writing.drop();
    this.rows = this.rows.filter((row) => row.id !== id);
    this.total -= 1;
    offerUndo({
      text: m.diary_deleted(),
      undone: m.diary_is_back(),
      undo: async () => {
        await core.diaryUndoDelete(id);
        await this.load();
      },
    });
  }

  search(query: string) {
    this.query = query;
    clearTimeout(this.#searchTimer);
    if (query.trim() === "") this.found = null;
    else this.#searchTimer = setTimeout(() => void this.#find(query), searchPause);
  }

  async #find(query: string) {
    try {
      const { hits, more } = await core.diarySearch(query, 50);
      if (query !== this.query) return;
      this.found = { query, hits, more };
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
    if (isNew) {
      this.rows = [row, ...this.rows];
      this.total += 1;
    } else {
      this.rows = this.rows.map((each) => (each.id === row.id ? row : each));
    }
  }
}
