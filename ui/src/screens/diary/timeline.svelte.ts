import { SvelteMap } from "svelte/reactivity";
import { core } from "$app/core";
import type { DiaryFilter, EntryRow, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { nameOfMonth, numberOf } from "./days";

/** Rows asked for at once. */
const chunk = 50;
/** Chunks that stay in memory; far more than a screen shows. */
const kept = 40;

/** What a list is limited to; everything that is null is not. */
export type Chosen = Required<DiaryFilter>;

export const everything: Chosen = { tag: null, mood: null, from: null, to: null };

/** A month of the list: its entries stand at `start` and on, newest first. */
export type Section = { month: string; count: number; start: number };

/** The diary's list by position, without ever holding all of it: counts per month, and rows where they are looked at. */
export class Timeline {
  sections = $state.raw<Section[]>([]);
  total = $state(0);
  filter = $state.raw<Chosen>(everything);
  failure = $state.raw<UiError | null>(null);

  #chunks = new SvelteMap<string, EntryRow[]>();
  #asked: string[] = [];
  #generation = 0;

  get filtered() {
    return Object.values(this.filter).some((value) => value !== null);
  }

  /** Counts anew. Rows in `stale` months are asked for again, all of them without it. */
  async load(stale?: string[]) {
    const generation = ++this.#generation;
    const months = await core.diaryMonths(this.filter);
    if (generation !== this.#generation) return;
    let start = 0;
    const sections = months.map(({ of, entries: count }) => {
      const section = { month: nameOfMonth(of), count, start };
      start += count;
      return section;
    });
    for (const key of [...this.#chunks.keys()])
      if (!stale || stale.includes(monthOf(key))) this.#chunks.delete(key);
    this.#asked = [];
    this.sections = sections;
    this.total = start;
    await this.need(0, Math.min(chunk, start) - 1);
  }

  sectionAt(index: number): Section | undefined {
    let [low, high] = [0, this.sections.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.sections[middle]!.start <= index) low = middle;
      else high = middle - 1;
    }
    return this.sections[low];
  }

  /** The row at a position, or nothing while it is on its way. */
  row(index: number): EntryRow | undefined {
    const section = this.sectionAt(index);
    if (!section) return undefined;
    const within = index - section.start;
    return this.#chunks.get(keyOf(section, within))?.[within % chunk];
  }

  /** Where an entry stands, when it is among the rows at hand. */
  find(entry: string): number | undefined {
    for (const [key, rows] of this.#chunks) {
      const at = rows.findIndex(({ id }) => id === entry);
      const section = this.sections.find(({ month }) => month === monthOf(key));
      if (at >= 0 && section) return section.start + Number(key.slice(8)) * chunk + at;
    }
    return undefined;
  }

  /** Rows of these positions, from the core where they are not at hand. */
  async need(from: number, to: number) {
    const wanted: Promise<void>[] = [];
    for (let index = Math.max(0, from); index <= Math.min(to, this.total - 1);) {
      const section = this.sectionAt(index)!;
      const within = index - section.start;
      wanted.push(this.#fetch(section, Math.floor(within / chunk)));
      index = section.start + Math.min(section.count, (Math.floor(within / chunk) + 1) * chunk);
    }
    await Promise.all(wanted);
  }

  async #fetch(section: Section, number: number) {
    const key = keyOf(section, number * chunk);
    if (this.#chunks.has(key) || this.#asked.includes(key)) return;
    this.#asked.push(key);
    const generation = this.#generation;
    try {
      const rows = await core.diaryRows(this.filter, numberOf(section.month), number * chunk, chunk);
      if (generation !== this.#generation) return;
      this.#chunks.set(key, rows);
      this.failure = null;
      const [oldest] = this.#chunks.keys();
      if (this.#chunks.size > kept && oldest) this.#chunks.delete(oldest);
    } catch (thrown) {
      this.failure = asUiError(thrown);
    } finally {
      this.#asked = this.#asked.filter((each) => each !== key);
    }
  }

  /** Shows another reading of an entry that is in its place. */
  put(row: EntryRow) {
    for (const [key, rows] of this.#chunks)
      if (rows.some(({ id }) => id === row.id))
        this.#chunks.set(
          key,
          rows.map((each) => (each.id === row.id ? row : each)),
        );
  }
}

const keyOf = (section: Section, within: number) => `${section.month}:${Math.floor(within / chunk)}`;
const monthOf = (key: string) => key.slice(0, 7);
