import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { Proof } from "$app/proof.svelte";
import type { AccountView, FactorView, UiError } from "$lib/bindings";
import { accountTrouble, asUiError } from "$lib/errors";
import { m } from "$lib/messages";

export type FactorStep = "about" | "scan" | "digits" | "codes" | "away" | "lost";

/** The second step of logging in: setting it in three steps, taking it away, and what to do without it. */
export class Factor {
  step = $state<FactorStep>("about");
  view = $state.raw<FactorView | null>(null);
  proof = new Proof();
  digits = $state("");
  digitsProblem = $state<string | null>(null);
  /** The one that is on: asked where it is to be replaced or taken away. */
  before = $state("");
  beforeProblem = $state<string | null>(null);
  codes = $state.raw<string[]>([]);
  savedAt = $state<string | null>(null);
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  constructor(private readonly changed: (view: AccountView) => void) {}

  to(step: FactorStep) {
    this.step = step;
    this.error = null;
    this.proof.error = null;
    this.proof.problem = null;
    this.digitsProblem = null;
    this.beforeProblem = null;
  }

  async begin() {
    await this.#try(async () => {
      this.view = await core.beginFactor();
      this.to("scan");
    });
  }

  async set(replaces: boolean) {
    this.digitsProblem = /^\s*(\d\s*){6}$/.test(this.digits) ? null : m.factor_digits_empty();
    this.beforeProblem = replaces && this.before.trim() === "" ? m.factor_before_empty() : null;
    if (!this.proof.filled() || this.digitsProblem || this.beforeProblem) return;
    await this.proof.attempt(async () => {
      try {
        this.codes = await core.setFactor(
          this.digits,
          this.proof.value,
          replaces ? this.before.trim() : null,
        );
      } catch (thrown) {
        if (accountTrouble(thrown) !== "loginFailed") throw thrown;
        // The passphrase was compared here before: it is the digits.
        this.digitsProblem = m.factor_digits_wrong();
        return;
      }
      this.forget();
      this.to("codes");
      announce(m.factor_is_on());
      this.changed(await core.account());
    });
  }

  async takeAway() {
    this.beforeProblem = this.before.trim() === "" ? m.factor_before_empty() : null;
    if (!this.proof.filled() || this.beforeProblem) return;
    await this.#end(async () => {
      try {
        return await core.takeFactorAway(this.proof.value, this.before.trim());
      } catch (thrown) {
        if (accountTrouble(thrown) !== "loginFailed") throw thrown;
        this.beforeProblem = m.factor_digits_wrong();
        return null;
      }
    });
  }

  async lift() {
    if (!this.proof.filled()) return;
    await this.#end(() => core.liftFactor(this.proof.value));
  }

  async #end(work: () => Promise<AccountView | null>) {
    await this.proof.attempt(async () => {
      const view = await work();
      if (!view) return;
      this.forget();
      this.changed(view);
      this.to("about");
      announce(m.factor_is_off());
    });
  }

  save() {
    return this.#try(async () => {
      this.savedAt = await core.saveOneTimeCodes();
    });
  }

  print() {
    return this.#try(async () => {
      await core.printPage();
    });
  }

  async #try(work: () => Promise<void>) {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      await work();
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }

  forget() {
    this.proof.forget();
    this.digits = "";
    this.before = "";
    this.view = null;
  }
}

/** The second step is not at hand on a device that is none of the account's. */
export class LostFactor {
  other = $state("");
  busy = $state(false);
  error = $state.raw<UiError | null>(null);
  /** When it goes; empty where it is gone. */
  due = $state.raw<string | null>(null);

  async lift(email: string, passphrase: string | null, code: string | null) {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      const typed = this.other.trim() || null;
      this.due = (await core.liftFactorWithoutDevice(email.trim(), passphrase ?? typed, code ?? typed)) ?? "";
      this.other = "";
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}

/** Passphrase and recovery code are both lost: the account can only go. */
export class LostAll {
  code = $state("");
  sent = $state(false);
  problem = $state<string | null>(null);
  due = $state.raw<string | null>(null);
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  async next(email: string) {
    const typed = this.sent ? this.code : email;
    this.problem = typed.trim() !== "" ? null : this.sent ? m.join_mail_empty() : m.join_email_empty();
    if (this.problem || this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      if (this.sent) this.due = await core.beginDeletion(email.trim(), this.code.trim());
      else {
        await core.mailDeletionCode(email.trim());
        this.sent = true;
      }
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}
