import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { Queue } from "$app/queue";
import type { DiarySettings, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

/** What the diary offers unasked; every choice is kept at once. */
export class DiaryOffers {
  loaded = new Loaded(() => core.diarySettings());
  error = $state.raw<UiError | null>(null);
  #changes = new Queue();

  turn(key: keyof DiarySettings) {
    return this.#changes.add(async () => {
      const before = this.loaded.value;
      if (!before) return;
      const settings = { ...before, [key]: !before[key] };
      try {
        await core.saveDiarySettings(settings);
        this.loaded.value = settings;
        this.error = null;
      } catch (thrown) {
        this.error = asUiError(thrown);
      }
    });
  }
}
