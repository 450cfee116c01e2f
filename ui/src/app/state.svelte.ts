import { core, whenLocked } from "$app/core";
import { applyAppearance, applyLanguage, systemLanguage } from "$app/appearance";
import { navigation } from "$app/navigation.svelte";
import { undo } from "$app/undo.svelte";
import type { Appearance, Language, Stage, StartView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { followLanguage } from "$lib/locale";

declare global {
  interface Window {
    regieStart?: StartView | null;
  }
}

/** What the core last said about the window as a whole. */
class Session {
  view = $state.raw<StartView | null>(null);
  failure = $state.raw<UiError | null>(null);

  language: Language = $derived(this.view?.language ?? systemLanguage());

  get stage(): Stage | null {
    if (this.failure) return { kind: "broken", error: this.failure };
    return this.view?.stage ?? null;
  }

  /** In the last step of the first run, with the recovery code on the screen, the vault is open too. */
  get unlocked(): boolean {
    const { stage } = this;
    return stage?.kind === "open" || (stage?.kind === "firstRun" && stage.step === "recovery");
  }

  /** With what the shell told this window before its page. A page that is loaded again was told long ago, and asks. */
  beginAtOnce() {
    const told = window.name === "" ? window.regieStart : null;
    // Lives as long as the window, and nowhere else.
    window.name = "begun";
    delete window.regieStart;
    if (told) this.show(told);
    else void this.begin();
  }

  async begin() {
    try {
      this.show(await core.start());
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }

  show(view: StartView) {
    this.failure = null;
    if (view.stage.kind !== "open") {
      navigation.reset();
      undo.dismiss();
    }
    this.view = view;
    applyLanguage(view.language);
    applyAppearance(view.appearance);
  }

  async setLanguage(language: Language) {
    this.show(await core.setLanguage(language));
  }

  async setAppearance(appearance: Appearance) {
    await core.setAppearance(appearance);
    if (this.view) this.view = { ...this.view, appearance };
    applyAppearance(appearance);
  }

  /** Another device of the person's may have chosen another language. */
  async followAccount() {
    const view = await core.start();
    if (this.view && view.language !== this.view.language) this.show(view);
    else await this.refreshSeal();
  }

  async refreshSeal() {
    const seal = await core.seal();
    if (this.view) this.view = { ...this.view, seal };
  }
}

export const session = new Session();

followLanguage(() => session.language);
addEventListener("regie:account", () => {
  if (session.unlocked) void session.followAccount().catch(() => {});
});
whenLocked(() => {
  if (session.unlocked) void session.begin();
});
