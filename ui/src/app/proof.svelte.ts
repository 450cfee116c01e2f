import { Countdown } from "$app/countdown.svelte";
import type { UiError } from "$lib/bindings";
import { asUiError, describeError, waitSecondsOf } from "$lib/errors";
import { m } from "$lib/messages";

const beside = ["wrongPassphrase", "recoveryCodeMistyped", "wrongRecoveryCode", "tooSoon"];

/** A passphrase or code that is asked for: what is wrong with it stands beside its field, and wrong ones cost a wait. */
export class Proof {
  value = $state("");
  shown = $state(false);
  problem = $state<string | null>(null);
  busy = $state(false);
  /** Anything that is not about the field. */
  error = $state.raw<UiError | null>(null);
  wait = new Countdown();

  /** Whether something was typed; says so if not. */
  filled(empty = m.lock_empty()): boolean {
    this.problem = this.value.trim() === "" ? empty : null;
    return this.problem === null;
  }

  async attempt(work: () => Promise<void>) {
    if (this.busy || this.wait.left > 0) return;
    this.busy = true;
    this.problem = null;
    this.error = null;
    try {
      await work();
    } catch (thrown) {
      this.#fail(asUiError(thrown));
    } finally {
      this.busy = false;
    }
  }

  #fail(error: UiError) {
    this.wait.start(waitSecondsOf(error));
    if (beside.includes(error.code)) {
      const { title, text } = describeError({ ...error, waitSeconds: 0 } as UiError);
      this.problem = `${title}. ${text}`;
    } else this.error = error;
  }

  forget() {
    this.value = "";
    this.wait.stop();
  }
}
