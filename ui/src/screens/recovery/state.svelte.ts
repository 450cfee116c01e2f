import { core } from "$app/core";
import type { RecoveryCodeView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

/** "asking": whether the code may be shown, which the core asks in a window of its own. */
export type Phase = "asking" | "code" | "rehearsal";

/** A code that was made a moment ago, on its way to the screen that keeps it; "behind": some backups have the old one. */
export const fresh: { code: RecoveryCodeView | null; behind: boolean } = { code: null, behind: false };

/** Keeping the recovery code and rehearsing it; the program forgets the code once it was rehearsed. */
export class Recovery {
  phase = $state<Phase>("code");
  code = $state.raw<RecoveryCodeView | null>(null);
  /** The core no longer knows the code: it was rehearsed before. */
  forgotten = $state(false);
  behind = false;
  savedAt = $state<string | null>(null);
  typed = $state(["", ""]);
  wrong = $state(false);
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  constructor(phase: Phase = "code") {
    this.phase = fresh.code ? "code" : phase;
    this.code = fresh.code;
    this.behind = fresh.behind;
    fresh.code = null;
    fresh.behind = false;
  }

  /** The person lets the code be shown, or refuses and stays. */
  reveal() {
    return this.#attempt(async () => {
      try {
        this.code = await core.recoveryCode();
        this.phase = "code";
      } catch (thrown) {
        if (asUiError(thrown).code !== "notNow") throw thrown;
      }
    });
  }

  async load() {
    try {
      this.code = await core.recoveryCode();
    } catch (thrown) {
      const error = asUiError(thrown);
      if (error.code === "notNow") this.forgotten = true;
      else this.error = error;
    }
  }

  async #attempt(work: () => Promise<void>) {
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

  print() {
    return this.#attempt(async () => void (await core.printPage()));
  }

  save() {
    return this.#attempt(async () => {
      this.savedAt = (await core.saveRecoverySheet()) ?? this.savedAt;
    });
  }

  /** Runs `done` when both groups are right. */
  rehearse(done: () => Promise<void>) {
    return this.#attempt(async () => {
      const asked = this.code?.rehearse ?? [];
      const answers = asked.map((position, index) => ({ position, group: this.typed[index] ?? "" }));
      this.wrong = !(await core.rehearseRecovery(answers));
      if (!this.wrong) await done();
    });
  }
}
