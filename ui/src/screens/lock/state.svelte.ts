import { core } from "$app/core";
import { Countdown } from "$app/countdown.svelte";
import { NewPassphrase } from "$app/passphrase.svelte";
import { session } from "$app/state.svelte";
import type { StartView, UiError } from "$lib/bindings";
import { asUiError, describeError, waitSecondsOf } from "$lib/errors";
import { m } from "$lib/messages";
import { People } from "$screens/chooser/state.svelte";

export type LockPage =
  "passphrase" | "code" | "newPassphrase" | "restore" | "startOver" | "addPerson" | "help";

export class Lock {
  page = $state<LockPage>("passphrase");
  /** Where restoring was chosen. */
  cameFrom: LockPage = "passphrase";
  passphrase = $state("");
  shown = $state(false);
  code = $state("");
  renewed = new NewPassphrase();
  wait = new Countdown();
  people = new People();
  busy = $state(false);
  /** Beside the field it is about. */
  problem = $state<string | null>(null);
  /** Anything else. */
  error = $state.raw<UiError | null>(null);

  constructor(waitSeconds: number) {
    this.wait.start(waitSeconds);
  }

  go(page: LockPage) {
    if (page === "restore") this.cameFrom = this.page;
    this.page = page;
    this.problem = null;
    this.error = null;
  }

  async open() {
    if (this.passphrase === "") this.problem = m.lock_empty();
    else await this.#enter(() => core.unlock(this.passphrase));
  }

  async checkCode() {
    if (this.code.trim() === "") this.problem = m.lock_code_empty();
    else
      await this.#attempt(async () => {
        await core.checkRecoveryCode(this.code);
        this.go("newPassphrase");
      });
  }

  async openWithCode() {
    if (this.busy || !(await this.renewed.ready())) return;
    await this.#enter(() => core.unlockWithRecoveryCode(this.code, this.renewed.value));
  }

  openQuickly() {
    return this.#enter(() => core.unlockQuickly());
  }

  #enter(unlock: () => Promise<StartView>) {
    return this.#attempt(async () => {
      const view = await unlock();
      this.forget();
      session.show(view);
    });
  }

  async #attempt(work: () => Promise<void>) {
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
    const beside = ["wrongPassphrase", "recoveryCodeMistyped", "wrongRecoveryCode", "tooSoon"];
    if (beside.includes(error.code)) {
      const { title, text } = describeError({ ...error, waitSeconds: 0 } as UiError);
      this.problem = `${title}. ${text}`;
    } else this.error = error;
  }

  forget() {
    this.passphrase = "";
    this.code = "";
    this.renewed.forget();
    this.wait.stop();
  }
}
