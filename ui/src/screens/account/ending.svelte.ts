import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { Job } from "$app/job.svelte";
import type { NotHereView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { whyFetchingEnded } from "$lib/not-here";

/** Before the copy on the server ends: whether what only the server has is fetched first. It never stands in the way of ending it. */
class Ending {
  /** What is not here, as long as the person is asked. */
  asked = $state.raw<NotHereView | null>(null);
  job = new Job();
  fetching = $state(false);
  /** What came of fetching, in a sentence. */
  said = $state<string | null>(null);
  error = $state.raw<UiError | null>(null);
  #answer: ((goesOn: boolean) => void) | null = null;

  get left() {
    return this.asked !== null && this.asked.photos + this.asked.sounds > 0;
  }

  /** Whether to go on. What cannot be counted is not asked about. */
  async ask(): Promise<boolean> {
    this.answer(false);
    const notHere = await this.#look();
    if (notHere === null || notHere.photos + notHere.sounds === 0) return true;
    this.said = this.error = null;
    this.asked = notHere;
    return new Promise((resolve) => (this.#answer = resolve));
  }

  answer(goesOn: boolean) {
    if (this.fetching) void this.job.stop();
    this.asked = null;
    this.#answer?.(goesOn);
    this.#answer = null;
  }

  async fetch() {
    const before = this.asked;
    if (before === null || this.fetching) return;
    this.fetching = true;
    this.said = this.error = null;
    try {
      const after = await this.job.run(() => core.fetchOriginals(null));
      // Whoever closed it meanwhile is not asked again.
      if (this.asked === null) return;
      const whole = after.photos + after.sounds === 0 && after.outOfReach <= before.outOfReach;
      if (whole) return this.answer(true);
      this.asked = after;
      this.#say(m.ending_left());
    } catch (thrown) {
      const error = asUiError(thrown);
      const why = whyFetchingEnded(error);
      const now = await this.#look();
      if (this.asked === null) return;
      this.asked = now ?? before;
      if (why === null) this.error = error;
      else this.#say(why);
    } finally {
      this.fetching = false;
    }
  }

  #look = () => core.originalsNotHere().catch(() => null);

  #say(what: string) {
    this.said = what;
    announce(what);
  }
}

export const ending = new Ending();
