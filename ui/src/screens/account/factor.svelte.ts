import { announce } from "$app/announce.svelte";
import { Attempts, Steps } from "$app/attempts.svelte";
import { core } from "$app/core";
import { Proof } from "$app/proof.svelte";
import type { AccountView, FactorView } from "$lib/bindings";
import { accountTrouble } from "$lib/errors";
import { m } from "$lib/messages";

export type FactorStep = "about" | "scan" | "digits" | "codes" | "away" | "lost";

/** The second step of logging in: setting it in three steps, taking it away, and what to do without it. */
export class Factor extends Steps<FactorStep, "digits" | "before"> {
  view = $state.raw<FactorView | null>(null);
  proof = new Proof();
  digits = $state("");
  /** The one that is on: asked where it is to be replaced or taken away. */
  before = $state("");
  codes = $state.raw<string[]>([]);
  savedAt = $state<string | null>(null);

  constructor(private readonly changed: (view: AccountView) => void) {
    super("about");
  }

  override to(step: FactorStep) {
    super.to(step);
    this.proof.error = null;
    this.proof.problem = null;
  }

  async begin() {
    await this.attempt(async () => {
      this.view = await core.beginFactor();
      this.to("scan");
    });
  }

  async set(replaces: boolean) {
    const problems: typeof this.problems = {};
    if (!/^\s*(\d\s*){6}$/.test(this.digits)) problems.digits = m.factor_digits_empty();
    if (replaces && this.before.trim() === "") problems.before = m.factor_before_empty();
    this.problems = problems;
    if (!this.proof.filled() || Object.keys(problems).length > 0) return;
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
        this.problems = { digits: m.factor_digits_wrong() };
        return;
      }
      this.forget();
      this.to("codes");
      announce(m.factor_is_on());
      this.changed(await core.account());
    });
  }

  async takeAway() {
    this.problems = this.before.trim() === "" ? { before: m.factor_before_empty() } : {};
    if (!this.proof.filled() || this.problems.before) return;
    await this.#end(async () => {
      try {
        return await core.takeFactorAway(this.proof.value, this.before.trim());
      } catch (thrown) {
        if (accountTrouble(thrown) !== "loginFailed") throw thrown;
        this.problems = { before: m.factor_digits_wrong() };
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
    return this.attempt(async () => {
      this.savedAt = await core.saveOneTimeCodes();
    });
  }

  print() {
    return this.attempt(async () => {
      await core.printPage();
    });
  }

  forget() {
    this.proof.forget();
    this.digits = "";
    this.before = "";
    this.view = null;
  }
}

/** The second step is not at hand on a device that is none of the account's. */
export class LostFactor extends Attempts {
  other = $state("");
  /** When it goes; empty where it is gone. */
  due = $state.raw<string | null>(null);

  async lift(email: string, passphrase: string | null, code: string | null) {
    await this.attempt(async () => {
      const typed = this.other.trim() || null;
      this.due = (await core.liftFactorWithoutDevice(email.trim(), passphrase ?? typed, code ?? typed)) ?? "";
      this.other = "";
    });
  }
}

/** Passphrase and recovery code are both lost: the account can only go. */
export class LostAll extends Attempts {
  code = $state("");
  sent = $state(false);
  problem = $state<string | null>(null);
  due = $state.raw<string | null>(null);

  async next(email: string) {
    const typed = this.sent ? this.code : email;
    this.problem = typed.trim() !== "" ? null : this.sent ? m.join_mail_empty() : m.join_email_empty();
    if (this.problem) return;
    await this.attempt(async () => {
      if (this.sent) this.due = await core.beginDeletion(email.trim(), this.code.trim());
      else {
        await core.mailDeletionCode(email.trim());
        this.sent = true;
      }
    });
  }
}
