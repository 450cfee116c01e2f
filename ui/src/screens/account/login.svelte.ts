import { Steps } from "$app/attempts.svelte";
import { core } from "$app/core";
import { NewPassphrase } from "$app/passphrase.svelte";
import { Proof } from "$app/proof.svelte";
import { session } from "$app/state.svelte";
import type { AccountView, PurposeView, ServerView, StartView } from "$lib/bindings";
import { accountTrouble, asUiError, describeError } from "$lib/errors";
import { m } from "$lib/messages";

export type LogInStep = "server" | "confirm" | "who" | "choices";

let waiting: Pick<LogIn, "address" | "server"> | null = null;

type Field = "address" | "compared" | "email";

/** Taking a new device into an account: whose server, who, and what is allowed here. */
export class LogIn extends Steps<LogInStep, Field> {
  address = $state("");
  server = $state.raw<ServerView | null>(null);
  compared = $state(false);
  email = $state("");
  by = $state<"passphrase" | "code" | "device">("passphrase");
  proof = new Proof();
  next = new NewPassphrase();
  factor = $state("");
  needsFactor = $state(false);
  device = $state(m.join_device_default());
  purposes = $state.raw<PurposeView[]>([]);
  chosen = $state.raw<string[]>([]);
  done = $state(false);
  /** This one shows a code for a device of the account. */
  pairing = $state(false);
  readonly steps: readonly LogInStep[];

  /** In a vault that is there already the choices were made before. */
  constructor(private readonly there: boolean) {
    super("server");
    this.steps = there ? ["server", "confirm", "who"] : ["server", "confirm", "who", "choices"];
    if (!there || !waiting) return;
    Object.assign(this, waiting);
    this.step = "who";
    this.by = "device";
    waiting = null;
  }

  /** A device of the account lets in what has a vault to keep its keys in. */
  get needsVault() {
    return this.by === "device" && !this.there;
  }

  /** What was settled waits until there is a vault. */
  wait() {
    const { address, server } = this;
    waiting = { address, server };
  }

  get number() {
    return this.steps.indexOf(this.step) + 1;
  }

  get deviceName() {
    return this.device.trim() || m.join_device_default();
  }

  /** False at the first step: there is nothing before it. */
  back(): boolean {
    const before = this.steps[this.steps.indexOf(this.step) - 1];
    if (!before || this.busy) return false;
    this.to(before);
    return true;
  }

  async look() {
    const typed = this.address.trim();
    this.problems = typed === "" ? { address: m.login_address_empty() } : {};
    if (typed === "") return;
    await this.attempt(async () => {
      try {
        this.server = await core.lookAtServer(typed, null);
        this.compared = false;
        this.to("confirm");
      } catch (thrown) {
        const error = asUiError(thrown);
        if (accountTrouble(error) !== "badAddress") throw error;
        const { title, text } = describeError(error);
        this.problems = { address: `${title}. ${text}` };
      }
    });
  }

  async confirm() {
    const { server } = this;
    if (!server) return;
    const missing = server.trust === "toConfirm" && !this.compared;
    this.problems = missing ? { compared: m.join_compare_missing() } : {};
    if (missing) return;
    await this.attempt(async () => {
      if (server.trust === "toConfirm") this.server = await core.confirmRoot(server.fingerprint.join("-"));
      this.to("who");
    });
  }

  use(by: typeof this.by) {
    this.by = by;
    this.proof.forget();
    this.proof.problem = null;
    this.problems = {};
    this.error = null;
  }

  async who() {
    if (this.by === "device") {
      this.pairing = true;
      return;
    }
    this.problems = this.email.trim() === "" ? { email: m.join_email_empty() } : {};
    const byCode = this.by === "code";
    const filled = this.proof.filled(byCode ? m.lock_code_empty() : m.lock_empty());
    if (!filled || this.problems.email || (byCode && !(await this.next.ready()))) return;
    if (this.steps.includes("choices")) this.to("choices");
    else await this.logIn();
  }

  async loadPurposes() {
    try {
      this.purposes = await core.purposes();
    } catch (thrown) {
      this.error = asUiError(thrown);
    }
  }

  choose(id: string) {
    this.chosen = this.chosen.includes(id) ? this.chosen.filter((each) => each !== id) : [...this.chosen, id];
  }

  async logIn() {
    await this.attempt(async () => {
      let view: StartView;
      try {
        const key =
          this.by === "passphrase"
            ? { kind: "passphrase" as const, passphrase: this.proof.value }
            : { kind: "code" as const, code: this.proof.value, newPassphrase: this.next.value };
        const { deviceName, chosen } = this;
        view = await core.logIn(this.email.trim(), key, this.factor.trim() || null, deviceName, chosen);
      } catch (thrown) {
        const error = asUiError(thrown);
        if (accountTrouble(error) === "factorNeeded") this.needsFactor = true;
        // What was typed there is not right: the step is shown again, with the words above it.
        this.step = "who";
        throw error;
      }
      this.forget();
      this.done = true;
      session.show(view);
    });
  }

  forget() {
    this.proof.forget();
    this.next.forget();
  }
}

/** The account's passphrase was changed elsewhere, or this device was signed out: it is entered here once more. */
export class CatchUp {
  proof = new Proof();
  account = $state("");
  /** Asked where this device was out: it may have been changed since. */
  email = $state<string | null>(null);
  factor = $state("");
  needsFactor = $state(false);
  done = $state.raw<AccountView | null>(null);

  catchUp() {
    if (!this.proof.filled()) return Promise.resolve();
    return this.proof.attempt(async () => {
      try {
        this.done = await core.catchUp(
          this.proof.value,
          this.account === "" ? null : this.account,
          this.factor.trim() || null,
          this.email?.trim() || null,
        );
      } catch (thrown) {
        if (accountTrouble(thrown) === "factorNeeded") this.needsFactor = true;
        throw thrown;
      }
      this.forget();
    });
  }

  forget() {
    this.proof.forget();
    this.account = "";
  }
}

/** A passphrase that was set by the recovery code is told to the server. */
export class FinishRecovery {
  proof = new Proof();
  code = $state("");
  codeProblem = $state<string | null>(null);
  factor = $state("");
  needsFactor = $state(false);
  done = $state.raw<AccountView | null>(null);

  finish() {
    this.codeProblem = this.code.trim() === "" ? m.lock_code_empty() : null;
    if (!this.proof.filled() || this.codeProblem) return Promise.resolve();
    return this.proof.attempt(async () => {
      try {
        this.done = await core.finishRecovery(this.code, this.proof.value, this.factor.trim() || null);
      } catch (thrown) {
        const error = asUiError(thrown);
        if (accountTrouble(error) === "factorNeeded") this.needsFactor = true;
        if (error.code === "recoveryCodeMistyped" || error.code === "wrongRecoveryCode") {
          const { title, text } = describeError(error);
          this.codeProblem = `${title}. ${text}`;
          return;
        }
        throw thrown;
      }
      this.proof.forget();
      this.code = "";
    });
  }
}
