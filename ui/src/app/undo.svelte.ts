import { announce } from "$app/announce.svelte";
import { sayDate } from "$lib/dates";
import { m } from "$lib/messages";

export type Undoable = {
  /** What was done: "Entry deleted." */
  text: string;
  undo: () => Promise<void>;
  /** Said after it was taken back: "Entry is back." */
  undone?: string;
};

/** What was done, and by when it has left the backups that hold it. */
export const deleted = (what: string, until: string | null) =>
  until === null ? what : `${what} ${m.backup_until({ day: sayDate(until) })}`;

export const undoMilliseconds = 10_000;
/** However long it is looked at: the core makes a deletion final after 45 seconds. */
export const undoAtMost = 40_000;

class Undo {
  offered = $state.raw<Undoable | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #end: ReturnType<typeof setTimeout> | undefined;
  #left = 0;
  #since = 0;

  offer(undoable: Undoable) {
    this.dismiss();
    this.offered = undoable;
    this.#left = undoMilliseconds;
    this.#end = setTimeout(() => this.dismiss(), undoAtMost);
    this.resume();
  }

  /** The clock stands still while the bar is under a pointer or has the focus, as long as there is something to undo. */
  pause() {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#left -= Date.now() - this.#since;
  }

  resume() {
    if (this.offered === null || this.#timer !== undefined) return;
    this.#since = Date.now();
    this.#timer = setTimeout(() => this.dismiss(), Math.max(this.#left, 0));
  }

  dismiss() {
    clearTimeout(this.#timer);
    clearTimeout(this.#end);
    this.#timer = undefined;
    this.offered = null;
  }

  async take() {
    const taken = this.offered;
    this.dismiss();
    if (taken === null) return;
    await taken.undo();
    if (taken.undone) announce(taken.undone);
  }
}

export const undo = new Undo();
export const offerUndo = (undoable: Undoable) => undo.offer(undoable);
