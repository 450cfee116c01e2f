import { tick } from "svelte";
import { core } from "$app/core";
import { session } from "$app/state.svelte";
import { flushAll } from "$app/unsaved";

export { beforeLock } from "$app/unsaved";

type Leaving = "lock" | "close" | "hide";

/** Locking, and closing the window: both keep first what is under the pen. */
class Locking {
  /** What the person wanted when text could not be kept; they decide whether to do it all the same. */
  doubtful = $state<Leaving | null>(null);
  #busy = false;
  #spot = () => "";

  async lock() {
    if (session.unlocked) await this.#leave("lock");
  }

  /** As `lock`, behind a neutral screen; `spot` is where to come back to, or null for the one told before. */
  async hide(spot: (() => string) | null) {
    this.#spot = spot ?? this.#spot;
    await this.#leave("hide");
  }

  /** The shell asks before it closes the window, the computer sleeps, or Regie locks by itself; returns how to stop listening. */
  watchClosing(): () => void {
    const closing = () => void this.#leave("close");
    const mustLock = () => void this.lock();
    addEventListener("regie:closing", closing);
    addEventListener("regie:locking", mustLock);
    return () => {
      removeEventListener("regie:closing", closing);
      removeEventListener("regie:locking", mustLock);
    };
  }

  async leaveAnyway() {
    const leaving = this.doubtful;
    this.doubtful = null;
    if (leaving) await this.#go(leaving);
  }

  stay() {
    this.doubtful = null;
  }

  async #leave(leaving: Leaving) {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await flushAll();
    } catch {
      this.doubtful = leaving;
      return;
    } finally {
      this.#busy = false;
    }
    await this.#go(leaving);
  }

  async #go(leaving: Leaving) {
    if (leaving === "close") return void (await core.closeWindow());
    if (leaving === "hide") {
      await tick();
      await core.hide(this.#spot());
    }
    if (leaving === "lock") await core.lock();
    await session.begin();
  }
}

export const locking = new Locking();
