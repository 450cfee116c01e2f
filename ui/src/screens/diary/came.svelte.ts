import { core } from "$app/core";

/** Entries that came from another device and were not opened here since. */
class Came {
  entries = $state.raw<string[]>([]);

  has = (entry: string) => this.entries.includes(entry);

  async load() {
    this.entries = await core.diaryCame().catch(() => this.entries);
  }

  async seen(entry: string) {
    if (!this.has(entry)) return;
    this.entries = this.entries.filter((each) => each !== entry);
    await core.diarySeen(entry).catch(() => {});
  }
}

export const came = new Came();
