import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { session } from "$app/state.svelte";
import type { Appearance, Language, Settings, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

/** Every choice is kept at once; the screen shows what is really in force. */
export class ChangeSettings {
  loaded = new Loaded(() => core.settings());
  error = $state.raw<UiError | null>(null);

  async #keep(work: () => Promise<unknown>) {
    this.error = null;
    try {
      await work();
    } catch (thrown) {
      this.error = asUiError(thrown);
    }
  }

  language(language: Language) {
    return this.#keep(() => session.setLanguage(language));
  }

  appearance(change: Partial<Appearance>) {
    const { view } = session;
    if (!view) return Promise.resolve();
    return this.#keep(() => session.setAppearance({ ...view.appearance, ...change }));
  }

  settings(change: Partial<Settings>) {
    const before = this.loaded.value;
    if (!before) return Promise.resolve();
    const settings = { ...before, ...change };
    return this.#keep(async () => {
      await core.saveSettings(settings);
      this.loaded.value = settings;
    });
  }
}
