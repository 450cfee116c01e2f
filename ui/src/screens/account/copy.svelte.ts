import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { session } from "$app/state.svelte";
import type { AccountView, PurposeView, UiError } from "$lib/bindings";
import { accountTrouble, asUiError } from "$lib/errors";

const onServer = "copy_on_server";

/** The choice about an encrypted copy on the server; taking it back is asked outside the page. */
export class CopyChoice {
  loaded = new Loaded<PurposeView | null>(async () => {
    const purposes = await core.purposes();
    return purposes.find(({ id }) => id === onServer) ?? null;
  });
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  constructor(private readonly changed: (view: AccountView) => void) {}

  /** A device that could not be checked is in the way of new keys. */
  get mustSignOut() {
    return this.error !== null && accountTrouble(this.error) === "deviceUnchecked";
  }

  /** Whether it was chosen. */
  async turn(wanted: boolean): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.error = null;
    let chosen = false;
    try {
      const view = await core.wantCopy(wanted);
      if (view) this.changed(view);
      chosen = view !== null;
    } catch (thrown) {
      this.error = asUiError(thrown);
      // It is entered, and waits.
      const view = await core.account().catch(() => null);
      if (view) this.changed(view);
    } finally {
      this.busy = false;
    }
    await session.refreshSeal().catch(() => {});
    return chosen;
  }
}
