import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { Queue } from "$app/queue";
import type { UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

/** What the diary offers unasked; every choice is kept at once. */
export class DiaryOffers {
  loaded = new Loaded(() => core.diarySettings());
  purposes = new Loaded(() => core.purposes());
  attachments = new Loaded(() => core.attachmentSettings());
  error = $state.raw<UiError | null>(null);
  #changes = new Queue();

  /** What was written on this day: a purpose of its own, as it takes something from the diary. */
  get lookBack() {
    return this.purposes.value?.find(({ id }) => id === "look_back");
  }

  turnPrompts() {
    return this.#change(async () => {
      const before = this.loaded.value;
      if (!before) return;
      const settings = { ...before, prompts: !before.prompts };
      await core.saveDiarySettings(settings);
      this.loaded.value = settings;
    });
  }

  turnLookBack() {
    return this.#change(async () => {
      const { lookBack } = this;
      if (lookBack) this.purposes.value = await core.setConsent(lookBack.id, !lookBack.given);
    });
  }

  /** Where not all are kept, those looked at longest ago make room. */
  turnKeepAll() {
    return this.#change(async () => {
      const before = this.attachments.value;
      if (!before) return;
      const keepsAll = !before.keepsAll;
      await core.keepAllAttachments(keepsAll);
      this.attachments.value = { ...before, keepsAll };
    });
  }

  #change(act: () => Promise<void>) {
    return this.#changes.add(async () => {
      try {
        await act();
        this.error = null;
      } catch (thrown) {
        this.error = asUiError(thrown);
      }
    });
  }
}
