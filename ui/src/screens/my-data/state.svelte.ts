import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { session } from "$app/state.svelte";
import type { PurposeView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

export const loadMyData = () => new Loaded(() => core.myData());

/** The consent switches: giving is one tap, withdrawing is one tap and a confirmation. */
export class Consents {
  loaded = new Loaded(() => core.purposes());
  /** Asked whether to withdraw. */
  withdrawing = $state.raw<PurposeView | null>(null);
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  choose(purpose: PurposeView) {
    if (purpose.given) this.withdrawing = purpose;
    else void this.#set(purpose.id, true);
  }

  async withdraw() {
    const purpose = this.withdrawing;
    this.withdrawing = null;
    if (purpose) await this.#set(purpose.id, false);
  }

  async #set(purpose: string, given: boolean) {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      this.loaded.value = await core.setConsent(purpose, given);
      await session.refreshSeal();
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}
