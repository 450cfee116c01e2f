import { applyAppearance, applyLanguage } from "$app/appearance";
import { commands, type AskView } from "$lib/bindings";

class Ask {
  view = $state.raw<AskView | null>(null);
  #answered = false;

  async load() {
    const view = await commands.askView();
    applyLanguage(view.language);
    applyAppearance(view.appearance);
    document.title = view.title;
    this.view = view;
  }

  /** The first answer counts; the core closes the window. */
  async answer(yes: boolean) {
    if (this.#answered) return;
    this.#answered = true;
    try {
      await commands.askAnswer(yes);
    } catch {
      this.#answered = false;
    }
  }
}

export const ask = new Ask();
