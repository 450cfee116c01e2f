import { announce } from "$app/announce.svelte";
import { Attempts } from "$app/attempts.svelte";
import { core } from "$app/core";
import type { OriginalsView } from "$lib/bindings";
import { m } from "$lib/messages";

/** Both texts from before an entry was brought together from two devices. */
export class Originals extends Attempts {
  view = $state.raw<OriginalsView | null>(null);
  open = $state(false);

  async load(entry: string | null) {
    this.open = false;
    this.view = null;
    if (entry === null) return;
    this.view = await core.entryOriginals(entry).catch(() => null);
  }

  /** The entry stays as it was brought together; both texts go. */
  keep = (entry: string) =>
    this.attempt(async () => {
      await core.forgetEntryOriginals(entry);
      this.open = false;
      this.view = null;
      announce(m.originals_kept());
    });

  /** Another text stands in the entry now. Both stay at hand until they go by themselves. */
  taken() {
    this.open = false;
    announce(m.originals_taken());
  }
}
