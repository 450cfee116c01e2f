import { core } from "$app/core";
import { session } from "$app/state.svelte";
import type { UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

export class StartingOver {
  /** Name of the folder in which the old vault now lies. */
  setAside = $state<string | null>(null);
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  async begin() {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      this.setAside = await core.startOver();
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }

  proceed() {
    return session.begin();
  }
}
