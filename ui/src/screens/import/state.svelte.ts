import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { Job } from "$app/job.svelte";
import { Loaded } from "$app/loaded.svelte";
import { Proof } from "$app/proof.svelte";
import type { ImportedView, ImportKey, ImportLook, ImportOrigin, ImportRow, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { sayNumber } from "$lib/sizes";

const origins: Record<ImportOrigin, () => string> = {
  regie: m.import_from_regie,
  dayOne: m.import_from_day_one,
  daylio: m.import_from_daylio,
  files: m.import_from_files,
};
export const sayOrigin = (origin: ImportOrigin) => origins[origin]();

/** Bringing in: what was chosen, what it turned out to be, and what came of it. */
export class Importing {
  look = $state.raw<ImportLook | null>(null);
  done = $state.raw<ImportedView | null>(null);
  doing = $state<"looking" | "bringing">("looking");
  busy = $state(false);
  /** What came of the last thing that left nothing behind. */
  told = $state("");
  error = $state.raw<UiError | null>(null);
  job = new Job();
  /** The passphrase or key of what is locked. */
  secret = new Proof();
  #left = false;

  chooseFile() {
    return this.#choose(() => core.chooseImportFile());
  }

  chooseFolder() {
    return this.#choose(() => core.chooseImportFolder());
  }

  #choose(ask: () => Promise<boolean>) {
    return this.#attempt("looking", async () => {
      if (!(await ask())) return;
      // Whoever has gone elsewhere meanwhile does not want it any more.
      if (this.#left) await core.leaveImport();
      else await this.#lookAt(null);
    });
  }

  async open() {
    const { look, secret } = this;
    if (look?.kind !== "locked") return;
    if (!secret.filled(look.passphrase ? m.lock_empty() : m.import_key_empty())) return;
    const key: ImportKey = look.passphrase
      ? { kind: "passphrase", passphrase: secret.value }
      : { kind: "key", key: secret.value.trim() };
    await this.#attempt("looking", () => this.#lookAt(key));
  }

  async #lookAt(key: ImportKey | null) {
    const look = await this.job.run(() => core.lookAtImport(key), false);
    this.look = look;
    if (look.kind !== "locked") this.secret.forget();
    else if (look.wrong)
      this.secret.problem = look.passphrase ? m.import_wrong_passphrase() : m.import_wrong_key();
  }

  bringIn() {
    return this.#attempt("bringing", async () => {
      const outcome = await this.job.run(() => core.import());
      if (outcome.kind === "refused") this.look = outcome;
      else {
        this.done = outcome.imported;
        if (this.#left) announce(m.import_done_title());
      }
    });
  }

  async #attempt(doing: "looking" | "bringing", work: () => Promise<void>) {
    if (this.busy) return;
    this.busy = true;
    this.doing = doing;
    this.told = "";
    this.error = null;
    try {
      await work();
    } catch (thrown) {
      this.#fail(asUiError(thrown));
    } finally {
      this.busy = false;
    }
  }

  /** Nothing was changed; the person chooses anew. */
  #fail(error: UiError) {
    this.again();
    if (error.code !== "stopped") this.error = error;
    else this.tell(m.import_stopped());
  }

  tell(text: string) {
    this.told = text;
    announce(text);
  }

  /** Back to the first step. */
  again() {
    this.look = null;
    this.done = null;
    this.told = "";
    this.error = null;
    this.secret.forget();
    this.secret.problem = null;
    if (!this.#left) void core.leaveImport().catch(() => {});
  }

  enter() {
    this.#left = false;
  }

  /** What comes in goes on and is found again here; looking ends. */
  leave() {
    const bringing = this.busy && this.doing === "bringing";
    if (!bringing) {
      if (this.busy) void this.job.stop();
      this.again();
      kept = null;
    }
    this.#left = true;
  }
}

let kept: Importing | null = null;

/** What comes in goes on while the person does something else, and is found again here. */
export function importing(): Importing {
  kept ??= new Importing();
  return kept;
}

/** What was brought in lately and can be taken back, which the core asks about in a window of its own. */
export class Lately {
  loaded = new Loaded<ImportRow[]>(() => core.imports());
  error = $state.raw<UiError | null>(null);
  #busy = false;

  /** What was done, in words; null when the person said no or it went wrong. */
  async undo(id: number): Promise<string | null> {
    if (this.#busy) return null;
    this.#busy = true;
    this.error = null;
    try {
      const undone = await core.undoImport(id);
      if (!undone) return null;
      await this.loaded.refresh();
      const removed = m.import_undone({ count: undone.removed, figure: sayNumber(undone.removed) });
      if (undone.kept === 0) return removed;
      return `${removed} ${m.import_undone_kept({ count: undone.kept, figure: sayNumber(undone.kept) })}`;
    } catch (thrown) {
      this.error = asUiError(thrown);
      return null;
    } finally {
      this.#busy = false;
    }
  }
}
