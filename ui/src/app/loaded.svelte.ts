import { untrack } from "svelte";
import { session } from "$app/state.svelte";
import type { UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

/** What a screen shows from the core: asked for when the screen opens, and again in another language. */
export class Loaded<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<UiError | null>(null);
  #load: () => Promise<T>;
  #asked = 0;

  /** To be made while a component starts. */
  constructor(load: () => Promise<T>) {
    this.#load = load;
    $effect(() => {
      void session.language;
      untrack(() => void this.refresh());
    });
  }

  async refresh() {
    const asked = ++this.#asked;
    try {
      const value = await this.#load();
      if (asked !== this.#asked) return;
      this.value = value;
      this.error = null;
    } catch (thrown) {
      if (asked === this.#asked) this.error = asUiError(thrown);
    }
  }
}
