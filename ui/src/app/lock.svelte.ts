import { core } from "$app/core";
import { session } from "$app/state.svelte";
import { flushAll } from "$app/unsaved";

export { beforeLock } from "$app/unsaved";

class Locking {
  /** Text could not be kept; the person decides whether to lock all the same. */
  doubtful = $state(false);
  #busy = false;

  async lock() {
    if (this.#busy || session.stage?.kind !== "open") return;
    this.#busy = true;
    try {
      await flushAll();
    } catch {
      this.doubtful = true;
      return;
    } finally {
      this.#busy = false;
    }
    await this.lockAnyway();
  }

  async lockAnyway() {
    this.doubtful = false;
    await core.lock();
    await session.begin();
  }

  stay() {
    this.doubtful = false;
  }
}

export const locking = new Locking();
