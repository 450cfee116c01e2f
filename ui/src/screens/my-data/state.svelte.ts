import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { session } from "$app/state.svelte";
import type { PurposeView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { whenChanged } from "$screens/account/changed.svelte";
import { choose } from "$screens/consent/state.svelte";

export const loadMyData = () => new Loaded(() => core.myData());

/** To be called while a component starts. */
export function loadAccount() {
  const account = new Loaded(() => core.account());
  whenChanged(() => account.refresh());
  return account;
}

export const loadNews = () => new Loaded(() => core.news());

/** Without it nothing can be written: switching it off is asked once more. */
const keeping = "keep_on_device";

/** The consent switches: giving is one tap, withdrawing is one tap, and for keeping a confirmation. */
export class Consents {
  loaded = new Loaded(() => core.purposes());
  /** Asked whether to withdraw. */
  withdrawing = $state.raw<PurposeView | null>(null);
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  constructor(private readonly onchange: () => void = () => {}) {}

  choose(purpose: PurposeView) {
    if (purpose.given && purpose.id === keeping) this.withdrawing = purpose;
    else void this.#set(purpose.id, !purpose.given);
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
      if (!(await choose(purpose, given))) return;
      this.loaded.value = await core.purposes();
      await session.refreshSeal();
      this.onchange();
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}
