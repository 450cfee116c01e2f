import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { Queue } from "$app/queue";
import type { Quiet, RemindersView, Rhythm, Schedule, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

export type Occasion = keyof Schedule["rhythms"];

/** Every choice is kept at once; the screen shows what is really in force. */
export class ChangeReminders {
  system = new Loaded(() => core.system());
  loaded = new Loaded(() => core.reminders());
  error = $state.raw<UiError | null>(null);
  #changes = new Queue();

  rhythm(occasion: Occasion, change: Partial<Rhythm>) {
    return this.#keep((schedule) => {
      const rhythm = { ...schedule.rhythms[occasion], ...change };
      return { ...schedule, rhythms: { ...schedule.rhythms, [occasion]: rhythm } };
    });
  }

  /** Without a day there is nothing to remind of: the last one that goes turns it off, and is offered again. */
  days(occasion: Occasion, days: boolean[]) {
    if (!days.some(Boolean)) return this.rhythm(occasion, { on: false });
    return this.rhythm(occasion, { days: days as Rhythm["days"] });
  }

  quiet(change: Partial<Quiet>) {
    return this.#keep((schedule) => ({ ...schedule, quiet: { ...schedule.quiet, ...change } }));
  }

  /** What is chosen holds on each of the person's devices; this one may be silent all the same. */
  here(on: boolean) {
    return this.#show(() => core.remindHere(on));
  }

  #keep(change: (schedule: Schedule) => Schedule) {
    return this.#show(({ schedule }) => core.saveReminders(change(schedule)));
  }

  #show(kept: (before: RemindersView) => Promise<RemindersView>) {
    return this.#changes.add(async () => {
      const before = this.loaded.value;
      if (!before) return;
      this.error = null;
      try {
        this.loaded.value = await kept(before);
      } catch (thrown) {
        this.error = asUiError(thrown);
      }
    });
  }
}
