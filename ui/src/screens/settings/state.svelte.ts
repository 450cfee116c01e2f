import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { Queue } from "$app/queue";
import { session } from "$app/state.svelte";
import type { Appearance, Language, Settings, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

/** Every choice is kept at once; the screen shows what is really in force. */
export class ChangeSettings {
  loaded = new Loaded(() => core.settings());
  error = $state.raw<UiError | null>(null);
  #changes = new Queue();

  #keep(work: () => Promise<unknown>) {
    return this.#changes.add(async () => {
      this.error = null;
      try {
        await work();
      } catch (thrown) {
        this.error = asUiError(thrown);
      }
    });
  }

  language(language: Language) {
    return this.#keep(() => session.setLanguage(language));
  }

  appearance(change: Partial<Appearance>) {
    return this.#keep(async () => {
      const { view } = session;
      if (view) await session.setAppearance({ ...view.appearance, ...change });
    });
  }

  settings(change: Partial<Settings>) {
    return this.#keep(async () => {
      const before = this.loaded.value;
      if (!before) return;
      const settings = { ...before, ...change };
      await core.saveSettings(settings);
      this.loaded.value = settings;
    });
  }
}
