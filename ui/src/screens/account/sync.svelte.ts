import { Attempts } from "$app/attempts.svelte";
import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { session } from "$app/state.svelte";
import type { SyncDecision, SyncView } from "$lib/bindings";
import { whenChanged } from "./changed.svelte";

/** What travels between the person's devices, and what is asked about it. */
export class Sync extends Attempts {
  loaded = new Loaded<SyncView>(() => core.syncView());

  /** To be made while a component starts. */
  constructor() {
    super();
    whenChanged(() => this.loaded.refresh());
  }

  get view() {
    return this.loaded.value ?? null;
  }

  now = () => this.#attempt(() => core.syncNow());

  decide = (decision: SyncDecision) => this.#attempt(() => core.syncDecide(decision));

  /** What was told is not told again. */
  read = () =>
    this.#attempt(async () => {
      await core.syncRead();
      return await core.syncView();
    });

  async #attempt(ask: () => Promise<SyncView>) {
    await this.attempt(async () => {
      this.loaded.value = await ask();
    });
    await session.refreshSeal().catch(() => {});
  }
}
