import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import type { UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

/** The help pages that fit what was typed. */
export class Guide {
  query = $state("");
  found = new Loaded(() => core.guide(this.query));
  /** Id of the page that is read. */
  page = $state<string | null>(null);

  reading = $derived(this.found.value?.pages.find(({ id }) => id === this.page) ?? null);

  constructor(page?: string) {
    this.page = page ?? null;
  }

  search(query: string) {
    this.query = query;
    void this.found.refresh();
  }
}

/** The report as it is shown, and where it was saved. */
export class Report {
  shown = new Loaded(() => core.report());
  savedAt = $state<string | null>(null);
  error = $state.raw<UiError | null>(null);
  busy = $state(false);

  async save() {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      this.savedAt = (await core.saveReport()) ?? this.savedAt;
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}
