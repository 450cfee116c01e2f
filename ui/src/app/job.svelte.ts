import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { m } from "$lib/messages";

const every = 250;
const said = [75, 50, 25];

/** An export or import under way: how far it is, spoken at a quarter, a half and three quarters, and stopped at once. */
export class Job {
  /** Null before it has begun and after it has ended. */
  percent = $state<number | null>(null);
  stopping = $state(false);
  #run = 0;
  #said = 0;

  /** `counted`: how far it is can be told; else only that it goes on. */
  async run<T>(work: () => Promise<T>, counted = true): Promise<T> {
    const run = ++this.#run;
    this.stopping = false;
    this.#said = 0;
    const watch = setInterval(() => void this.#look(run, counted), every);
    try {
      return await work();
    } finally {
      clearInterval(watch);
      this.#run += 1;
      this.percent = null;
      this.stopping = false;
    }
  }

  async #look(run: number, counted: boolean) {
    const percent = await core.exportProgress().catch(() => null);
    // An answer that comes after the end is of no use.
    if (run !== this.#run) return;
    this.percent = percent;
    const reached = said.find((mark) => percent !== null && percent >= mark) ?? 0;
    if (!counted || reached <= this.#said) return;
    this.#said = reached;
    announce(m.job_percent({ percent: reached }));
  }

  async stop() {
    this.stopping = true;
    await core.stopExport().catch(() => {});
  }
}
