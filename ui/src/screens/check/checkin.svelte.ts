import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { navigation } from "$app/navigation.svelte";
import type { RunView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { SvelteMap } from "svelte/reactivity";

/** Longest line: enough for a thought, and a line still. */
export const longestLine = 500;

/** A few questions on one page; nothing is kept until the person says so. */
export class CheckIn {
  view = $state.raw<RunView | null>(null);
  failure = $state.raw<UiError | null>(null);
  line = $state("");
  busy = $state(false);
  missing = $state(false);
  readonly chosen = new SvelteMap<string, number>();

  constructor(private readonly instrument: string) {}

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
      const answers = [...this.chosen].map(([item, value]) => ({
        item,
        answer: { kind: "value" as const, value },
      }));
      await core.meterCheckIn(this.instrument, answers, this.line);
      navigation.back();
      announce(m.checkin_kept());
    } catch (thrown) {
      this.failure = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  };
}
