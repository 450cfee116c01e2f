import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { beforeLock } from "$app/lock.svelte";
import { navigation } from "$app/navigation.svelte";
import type { RunView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { SvelteMap } from "svelte/reactivity";

/** Longest line: enough for a thought, and a line still. */
export const longestLine = 500;

/** A few questions on one page; nothing is kept until the person says so, or the lock would take it away. */
export class CheckIn {
  view = $state.raw<RunView | null>(null);
  failure = $state.raw<UiError | null>(null);
  line = $state("");
  busy = $state(false);
  missing = $state(false);
  readonly chosen = new SvelteMap<string, number>();

  readonly leave: () => void;
  #kept: Promise<string> | null = null;

  constructor(private readonly instrument: string) {
    this.leave = beforeLock(() => this.#flush());
  }

  async load(first?: number) {
    this.failure = null;
    try {
      const view = await core.meterPage(this.instrument);
      const [item] = view.items;
      if (item && first !== undefined) this.chosen.set(item.id, first);
      this.view = view;
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }

  choose(item: string, value: number) {
    this.missing = false;
    this.chosen.set(item, value);
  }

  keep = async () => {
    if (this.busy) return;
    this.missing = this.chosen.size === 0;
    if (this.missing) return;
    this.busy = true;
    this.failure = null;
    try {
      await this.#store();
      navigation.back();
      announce(m.checkin_kept());
    } catch (thrown) {
      this.failure = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  };

  /** Once: who keeps and locks at the same moment means one check-in. */
  async #store(): Promise<string> {
    const answers = [...this.chosen].map(([item, value]) => ({
      item,
      answer: { kind: "value" as const, value },
    }));
    this.#kept ??= core.meterCheckIn(this.instrument, answers, this.line);
    try {
      return await this.#kept;
    } catch (thrown) {
      this.#kept = null;
      throw thrown;
    }
  }

  /** A line without an answer cannot be kept; then the lock asks. */
  async #flush() {
    if (this.chosen.size === 0 && this.line.trim() === "") return;
    const asked = this.busy;
    const result = await this.#store();
    if (!asked) navigation.replace({ screen: "check", result });
  }
}
