import { Attempts } from "$app/attempts.svelte";
import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { session } from "$app/state.svelte";
import type { AccountView, PurposeView } from "$lib/bindings";
import { accountTrouble } from "$lib/errors";
import { ending } from "./ending.svelte";

const onServer = "copy_on_server";

/** The choice about an encrypted copy on the server; taking it back is asked outside the page. */
export class CopyChoice extends Attempts {
  loaded = new Loaded<PurposeView | null>(async () => {
    const purposes = await core.purposes();
    return purposes.find(({ id }) => id === onServer) ?? null;
  });

  constructor(private readonly changed: (view: AccountView) => void) {
    super();
  }

  /** A device that could not be checked is in the way of new keys. */
  get mustSignOut() {
    return this.error !== null && accountTrouble(this.error) === "deviceUnchecked";
  }

  /** Whether it was chosen. */
  async turn(wanted: boolean): Promise<boolean> {
    let chosen = false;
    await this.attempt(async () => {
      if (!wanted && !(await ending.ask())) return;
      try {
        const view = await core.wantCopy(wanted);
        if (view) this.changed(view);
        chosen = view !== null;
      } catch (thrown) {
        // It is entered, and waits.
        const view = await core.account().catch(() => null);
        if (view) this.changed(view);
        throw thrown;
      }
    });
    await session.refreshSeal().catch(() => {});
    return chosen;
  }
}
