import { core } from "$app/core";
import { navigation, type Place } from "$app/navigation.svelte";
import { NewPassphrase } from "$app/passphrase.svelte";
import { session } from "$app/state.svelte";
import type { FirstRunStep, PurposeView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { Recovery } from "$screens/recovery/state.svelte";

export const steps: readonly FirstRunStep[] = ["welcome", "statement", "consent", "passphrase", "recovery"];

/** A page read beside the steps; what was filled in stays. */
export type Reading = "statement" | "employer" | "help" | "restore" | "account";

export class FirstRun {
  step = $state<FirstRunStep>("welcome");
  reading = $state<Reading | null>(null);
  adult = $state(false);
  adultMissing = $state(false);
  purposes = $state.raw<PurposeView[]>([]);
  chosen = $state.raw<string[]>([]);
  passphrase = new NewPassphrase();
  recovery = new Recovery();
  busy = $state(false);
  error = $state.raw<UiError | null>(null);
  /** Where to go on once the vault is there. */
  #andThen: Place | null = null;

  constructor(step: FirstRunStep) {
    // The choices are asked again when they were lost with the window: they rest nowhere before there is a vault.
    this.step = step === "passphrase" ? "consent" : step;
    this.adult = steps.indexOf(step) > steps.indexOf("statement");
  }

  get number() {
    return steps.indexOf(this.step) + 1;
  }

  /** There is nothing to go back to before the first step, nor once the vault is made. */
  get canGoBack() {
    return this.reading !== null || (this.step !== "welcome" && this.step !== "recovery" && !this.busy);
  }

  /** Called when a step is shown. */
  async arrive() {
    this.error = null;
    try {
      await core.firstRunStep(this.step);
    } catch (thrown) {
      this.error = asUiError(thrown);
    }
  }

  async loadPurposes() {
    try {
      this.purposes = await core.purposes();
    } catch (thrown) {
      this.error = asUiError(thrown);
    }
  }

  back() {
    if (this.reading) this.reading = null;
    else if (this.canGoBack) this.#move(-1);
  }

  next() {
    if (this.step === "statement" && !this.adult) this.adultMissing = true;
    else this.#move(1);
  }

  #move(by: 1 | -1) {
    this.step = steps[steps.indexOf(this.step) + by] ?? this.step;
  }

  /** What was begun elsewhere needs a vault: first that, then there. */
  makeVaultFor(place: Place) {
    this.#andThen = place;
    this.reading = null;
    this.#move(1);
  }

  choose(id: string) {
    this.chosen = this.chosen.includes(id) ? this.chosen.filter((each) => each !== id) : [...this.chosen, id];
  }

  async createVault() {
    if (this.busy || !(await this.passphrase.ready())) return;
    this.busy = true;
    this.error = null;
    try {
      const view = await core.createVault(this.passphrase.value, this.chosen);
      this.passphrase.forget();
      session.show(view);
      this.step = "recovery";
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }

  async finish() {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      session.show(await core.finishFirstRun());
      if (this.#andThen) navigation.go(this.#andThen);
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}
