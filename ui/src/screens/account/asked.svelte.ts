import { announce } from "$app/announce.svelte";
import { Attempts } from "$app/attempts.svelte";
import { core } from "$app/core";
import { session } from "$app/state.svelte";
import type { SyncAsked } from "$lib/bindings";
import { m } from "$lib/messages";
import { whenChanged } from "./changed.svelte";

/** What was deleted on one device and written on another: the person says whether it is kept. */
export class Asked extends Attempts {
  records = $state.raw<SyncAsked[]>([]);

  /** To be made while a component starts. */
  constructor() {
    super();
    const load = async () => (this.records = await core.syncAsked().catch(() => this.records));
    void load();
    whenChanged(load);
  }

  answer = async (id: string, keep: boolean) => {
    await this.attempt(async () => {
      this.records = await core.syncAnswer(id, keep);
      announce(keep ? m.asked_kept() : m.asked_gone());
    });
    await session.refreshSeal().catch(() => {});
  };
}
