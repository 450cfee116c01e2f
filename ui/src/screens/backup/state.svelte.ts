import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { NewPassphrase } from "$app/passphrase.svelte";
import { Proof } from "$app/proof.svelte";
import type {
  AsideRow,
  BackedUpView,
  BackupChoice,
  BackupRow,
  BackupSchedule,
  BackupsView,
  RestoredView,
  UiError,
} from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";

/** What there is of backups, and what the person does about them. */
export class Backups {
  loaded = new Loaded(() => core.backups());
  busy = $state(false);
  error = $state.raw<UiError | null>(null);
  /** What came of the last thing that was done. */
  done = $state("");

  async #attempt(work: () => Promise<string | null>) {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    this.done = "";
    try {
      const done = await work();
      if (done !== null) {
        this.done = done;
        announce(done);
      }
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }

  #show(view: BackupsView) {
    this.loaded.value = view;
  }

  #tell({ backups, copied }: BackedUpView): string {
    this.#show(backups);
    if (copied === null) return m.backup_made();
    return copied ? m.backup_made_both() : m.backup_made_here_only();
  }

  make() {
    return this.#attempt(async () => this.#tell(await core.backUpNow()));
  }

  chooseFolder() {
    return this.#attempt(async () => {
      const made = await core.chooseBackupFolder();
      return made && this.#tell(made);
    });
  }

  schedule(schedule: BackupSchedule) {
    return this.#attempt(async () => {
      this.#show(await core.setBackupSchedule(schedule));
      return null;
    });
  }

  forgetFolder() {
    return this.#attempt(async () => {
      this.#show(await core.forgetBackupFolder());
      return m.backup_forgotten();
    });
  }

  /** Vaults that were set aside are left after one was deleted. */
  leave(aside: AsideRow[]) {
    if (this.loaded.value) this.loaded.value = { ...this.loaded.value, aside };
  }

  clean() {
    return this.#attempt(async () => {
      await core.cleanBackups();
      await this.loaded.refresh();
      return m.backup_cleaned();
    });
  }
}

/** Deleting a vault that was set aside, which the core asks about in a window of its own. */
export class DeletingAside {
  error = $state.raw<UiError | null>(null);
  #onchange: (left: AsideRow[]) => void;

  constructor(onchange: (left: AsideRow[]) => void) {
    this.#onchange = onchange;
  }

  async delete(name: string) {
    this.error = null;
    try {
      const left = await core.deleteAside(name);
      if (!left) return;
      this.#onchange(left);
      announce(m.aside_deleted());
    } catch (thrown) {
      this.error = asUiError(thrown);
    }
  }
}

/** Restoring: which backup, how it opens, and what came of it. */
export class Restoring {
  local = new Loaded(() => core.localBackups());
  choice = $state.raw<{ choice: BackupChoice; row: BackupRow } | null>(null);
  way = $state<"passphrase" | "code">("passphrase");
  proof = new Proof();
  renewed = new NewPassphrase();
  restored = $state.raw<RestoredView | null>(null);
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  chooseLocal(row: BackupRow) {
    this.#choose({ kind: "local", name: row.name }, row);
  }

  async chooseFile() {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      const row = await core.chooseBackup();
      if (row) this.#choose({ kind: "chosen" }, row);
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }

  #choose(choice: BackupChoice, row: BackupRow) {
    this.choice = { choice, row };
    this.error = null;
  }

  use(way: "passphrase" | "code") {
    this.way = way;
    this.proof.value = "";
    this.proof.problem = null;
  }

  back() {
    this.choice = null;
    this.forget();
  }

  async restore() {
    const { choice } = this;
    const empty = this.way === "code" ? m.lock_code_empty() : m.lock_empty();
    if (!choice || !this.proof.filled(empty)) return;
    if (this.way === "code" && !(await this.renewed.ready())) return;
    const key =
      this.way === "code"
        ? { kind: "code" as const, code: this.proof.value, newPassphrase: this.renewed.value }
        : { kind: "passphrase" as const, passphrase: this.proof.value };
    await this.proof.attempt(async () => {
      this.restored = await core.restoreBackup(choice.choice, key);
      if (this.restored) this.forget();
    });
  }

  forget() {
    this.proof.forget();
    this.renewed.forget();
  }
}
