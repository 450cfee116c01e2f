import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import type { SystemView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

/** What this computer can do for Regie. What it cannot is not shown. */
export class ChangeComputer {
  loaded = new Loaded(() => core.system());
  error = $state.raw<UiError | null>(null);
  busy = $state(false);

  tray(on: boolean) {
    return this.#keep(() => core.setTray(on));
  }

  atLogin(on: boolean) {
    return this.#keep(() => core.setAtLogin(on));
  }

  lockAtSleep(on: boolean) {
    return this.#keep(() => core.setLockAtSleep(on));
  }

  async #keep(work: () => Promise<SystemView>) {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      this.loaded.value = await work();
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}
