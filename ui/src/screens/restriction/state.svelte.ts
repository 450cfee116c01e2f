import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { session } from "$app/state.svelte";
import type { RestrictionView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";

export const loadOnHold = () => new Loaded(() => core.onHold());

/** One thing, or with the id `null` everything, that can be put on hold and released. */
export class Hold {
  restriction = $state.raw<RestrictionView | null>(null);
  /** Asked whether, and why. */
  asking = $state(false);
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  constructor(
    private readonly id: () => string | null,
    restriction: RestrictionView | null,
    private readonly onchange: () => Promise<void> | void = () => {},
  ) {
    this.restriction = restriction;
  }

  toggle() {
    if (this.restriction === null) this.asking = true;
    else void this.release();
  }

  put = (reason: string) =>
    this.#change(async () => {
      const id = this.id();
      await core.putOnHold(id, reason);
      const { all, records } = await core.onHold();
      this.restriction = id === null ? all : (records.find((row) => row.id === id)?.restriction ?? null);
      this.asking = false;
      announce(m.hold_done());
    });

  release = () =>
    this.#change(async () => {
      await core.release(this.id());
      this.restriction = null;
      announce(m.hold_released());
    });

  async #change(act: () => Promise<void>) {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      await act();
      await session.refreshSeal();
      await this.onchange();
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}
