import { Attempts } from "$app/attempts.svelte";
import { core } from "$app/core";
import type { SyncCode, SyncCompared } from "$lib/bindings";
import { whenChanged } from "./changed.svelte";

/** Whether the person's devices see the same: this device's code, and another's that is typed here. */
export class Compare extends Attempts {
  code = $state.raw<SyncCode | null>(null);
  number = $state("");
  typed = $state("");
  compared = $state.raw<SyncCompared | null>(null);

  /** To be made while a component starts. */
  constructor() {
    super();
    const load = async () => (this.code = await core.syncCode().catch(() => null));
    void load();
    whenChanged(load);
  }

  change() {
    this.compared = null;
  }

  compare = () =>
    this.attempt(async () => {
      const number = Number(this.number.replace(/[\s.,]/g, ""));
      const isNumber = Number.isInteger(number) && number > 0 && number < 2 ** 32;
      this.compared = isNumber ? await core.syncCompare(number, this.typed) : "noCode";
    });
}
