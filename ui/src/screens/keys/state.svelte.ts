import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { navigation } from "$app/navigation.svelte";
import { NewPassphrase } from "$app/passphrase.svelte";
import { Proof } from "$app/proof.svelte";
import type { CopiesView, QuickUnlockView, RecoveryCodeView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { fresh } from "$screens/recovery/state.svelte";

export type KeysPage = "ways" | "change" | "code" | "check" | "knew" | "quick";

/** Takes a new code to the screen on which it is kept and rehearsed. */
function keep(code: RecoveryCodeView, behind = false) {
  fresh.code = code;
  fresh.behind = behind;
  navigation.replace({ screen: "recovery" });
}

/** Changing the passphrase. */
export class Changing {
  proof = new Proof();
  next = new NewPassphrase();
  done = $state.raw<CopiesView | null>(null);

  async change() {
    if (!this.proof.filled() || !(await this.next.ready())) return;
    await this.proof.attempt(async () => {
      this.done = await core.changePassphrase(this.proof.value, this.next.value);
      this.forget();
    });
  }

  forget() {
    this.proof.forget();
    this.next.forget();
  }
}

/** Another recovery code. */
export class NewCode {
  proof = new Proof();

  async make() {
    if (!this.proof.filled()) return;
    await this.proof.attempt(async () => {
      const { code, copies } = await core.newRecoveryCode(this.proof.value);
      this.proof.forget();
      keep(code, copies.failed || copies.outOfReach !== null);
    });
  }
}

/** Checking the code on the person's sheet against the lock itself. */
export class CheckCode {
  proof = new Proof();

  async check(done: () => void) {
    if (!this.proof.filled(m.lock_code_empty())) return;
    await this.proof.attempt(async () => {
      await core.confirmRecoveryCode(this.proof.value);
      this.proof.forget();
      announce(m.keys_check_done());
      done();
    });
  }
}

/** "Somebody knew it": everything at once. */
export class Replacing {
  proof = new Proof();
  next = new NewPassphrase();
  percent = $state<number | null>(null);
  done = $state.raw<CopiesView | null>(null);
  #code: RecoveryCodeView | null = null;

  async replace() {
    if (!this.proof.filled() || !(await this.next.ready())) return;
    const watch = setInterval(() => void this.#look(), 250);
    await this.proof.attempt(async () => {
      const keys = await core.replaceAllKeys(this.proof.value, this.next.value);
      if (!keys) return;
      this.#code = keys.code;
      this.done = keys.copies;
      this.forget();
    });
    clearInterval(watch);
    this.percent = null;
  }

  async #look() {
    this.percent = await core.keyProgress().catch(() => null);
  }

  keepCode() {
    if (this.#code) keep(this.#code);
  }

  forget() {
    this.proof.forget();
    this.next.forget();
  }
}

/** Quick unlock: on with the passphrase, off with one tap. */
export class QuickUnlock {
  loaded = new Loaded<QuickUnlockView>(() => core.quickUnlock());
  proof = new Proof();
  error = $state.raw<UiError | null>(null);

  async on(done: () => void) {
    if (!this.proof.filled()) return;
    await this.proof.attempt(async () => {
      this.loaded.value = await core.switchQuickUnlockOn(this.proof.value);
      this.proof.forget();
      done();
    });
  }

  async off() {
    this.error = null;
    try {
      this.loaded.value = await core.switchQuickUnlockOff();
    } catch (thrown) {
      this.error = asUiError(thrown);
    }
  }
}
