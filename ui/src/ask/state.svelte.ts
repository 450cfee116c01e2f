import { applyAppearance, applyLanguage } from "$app/appearance";
import { commands, type AskView } from "$lib/bindings";

/** Nobody has read a question sooner. */
const reading = 400;

class Ask {
  view = $state.raw<AskView | null>(null);
  #answered = false;
  #shown = 0;

  async load() {
    const view = await commands.askView();
    applyLanguage(view.language);
    applyAppearance(view.appearance);
    document.title = view.title;
    this.view = view;
    this.#shown = performance.now();
  }

  /** The first answer counts; the core closes the window. */
  async answer(yes: boolean) {
    if (this.#answered || !this.view) return;
    // A click that was meant for what stood here before.
    if (yes && performance.now() - this.#shown < reading) return;
    this.#answered = true;
    try {
      await commands.askAnswer(this.view.number, yes);
    } catch {
      this.#answered = false;
    }
  }
}

export const ask = new Ask();
