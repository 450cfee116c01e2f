import type {
  AsideRow,
  BackupRow,
  BackupSchedule,
  BackupsView,
  CopiesView,
  DeletionPlanView,
  DeletionRequest,
  ElsewhereView,
  UiError,
} from "$lib/bindings";
import type { FakeCore } from "./fake-core";

type Input = Record<string, unknown>;

export type KeysOptions = {
  /** A chosen folder for copies: there, or out of reach. */
  elsewhere?: "reachable" | "away";
  /** What was deleted still lies in backups. */
  deletedUntil?: string;
  backupFailed?: boolean;
  /** A vault was set aside. */
  aside?: boolean;
  keychain?: boolean;
  quick?: boolean;
  codeCheckDue?: boolean;
};

const folder = "/media/sam/BLAUWE STICK/Regie";
const wrong = { code: "wrongPassphrase", waitSeconds: 0 } satisfies UiError;

/** Backups, keys and deletions of the core in memory. */
export class FakeKeys {
  backups: BackupRow[];
  elsewhere: ElsewhereView | null;
  deletedUntil: string | null;
  quick: { available: boolean; on: boolean };
  codeCheckDue: boolean;
  aside: AsideRow[];
  changed = true;
  failed: boolean;
  #core: FakeCore;
  #groups: string[];

  constructor(core: FakeCore, options: KeysOptions, groups: string[], empty: boolean) {
    this.#core = core;
    this.#groups = groups;
    const day = (days: number) => new Date(Date.now() - days * 86_400_000);
    this.backups = empty ? [] : [0, 1, 3, 4, 5, 8, 11].map((days) => row(day(days)));
    this.elsewhere = options.elsewhere
      ? {
          folder,
          reachable: options.elsewhere === "reachable",
          newest: options.elsewhere === "reachable" ? day(3).toISOString() : null,
          schedule: "weekly",
        }
      : null;
    this.deletedUntil = options.deletedUntil ?? null;
    this.aside = options.aside ? [{ name: "set-aside-2026-11-23", day: "2026-11-23", bytes: 1_204_224 }] : [];
    this.failed = options.backupFailed ?? false;
    this.quick = { available: options.keychain ?? true, on: options.quick ?? false };
    this.codeCheckDue = options.codeCheckDue ?? false;
  }

  view(): BackupsView {
    return {
      local: this.backups,
      folder: `${this.#core.start().folder}/backups`,
      kept: 7,
      changed: this.changed,
      elsewhere: this.elsewhere,
      deletedUntil: this.deletedUntil,
      aside: this.aside,
      failed: this.failed,
      damaged: false,
    };
  }

  #prove(passphrase: unknown) {
    if (passphrase !== this.#core.passphrase) throw wrong;
  }

  #copies(): CopiesView {
    return {
      renewed: this.backups.length,
      failed: this.failed,
      outOfReach: this.elsewhere && !this.elsewhere.reachable ? folder : null,
    };
  }

  #plan({ kinds }: DeletionRequest): DeletionPlanView {
    const count =
      (kinds.includes("diary_entry") ? this.#core.entries.length : 0) +
      (kinds.includes("meter_run") ? this.#core.runs.length : 0);
    return {
      count,
      copies: this.backups.length,
      copiesUntil: this.backups.length > 0 ? "2026-12-23" : null,
      outOfReach: this.elsewhere && !this.elsewhere.reachable ? folder : null,
      setAside: this.aside.length,
    };
  }

  readonly handlers: Record<string, (input: Input) => unknown> = {
    backups: () => this.view(),
    localBackups: () => this.backups,
    backUpNow: () => {
      this.backups = [row(new Date()), ...this.backups].slice(0, 7);
      this.changed = false;
      this.failed = false;
      return { backups: this.view(), copied: this.elsewhere?.reachable ?? null };
    },
    chooseBackupFolder: () => {
      const newest = new Date().toISOString();
      this.elsewhere = { folder, reachable: true, newest, schedule: "byHand" };
      return { backups: this.view(), copied: true };
    },
    setBackupSchedule: ({ schedule }) => {
      if (this.elsewhere) this.elsewhere = { ...this.elsewhere, schedule: schedule as BackupSchedule };
      return this.view();
    },
    forgetBackupFolder: () => {
      this.elsewhere = null;
      return this.view();
    },
    chooseBackup: () => row(new Date("2026-11-02T21:40:00+01:00")),
    restoreBackup: ({ key }) => {
      const { kind, passphrase } = key as { kind: string; passphrase?: string };
      if (kind === "passphrase") this.#prove(passphrase);
      const there = this.#core.stage.kind !== "firstRun";
      this.#core.stage = { kind: "open" };
      return { start: this.#core.start(), setAside: there ? "set-aside-2026-11-23" : null };
    },
    changePassphrase: ({ current, newPassphrase }) => {
      this.#prove(current);
      this.#core.passphrase = newPassphrase as string;
      return this.#copies();
    },
    newRecoveryCode: ({ passphrase }) => {
      this.#prove(passphrase);
      this.#core.rehearsed = false;
      return { code: { groups: this.#groups, rehearse: [2, 6] }, copies: this.#copies() };
    },
    confirmRecoveryCode: ({ code }) => {
      const typed = (code as string).toUpperCase().replace(/[^0-9A-Z]/g, "");
      if (typed.length !== 36) throw { code: "recoveryCodeMistyped" } satisfies UiError;
      if (typed !== this.#groups.join(""))
        throw { code: "wrongRecoveryCode", waitSeconds: 0 } satisfies UiError;
      this.codeCheckDue = false;
      return null;
    },
    putOffRecoveryCheck: () => {
      this.codeCheckDue = false;
      return null;
    },
    replaceAllKeys: ({ current, newPassphrase }) => {
      this.#prove(current);
      this.#core.passphrase = newPassphrase as string;
      this.#core.rehearsed = false;
      return { code: { groups: this.#groups, rehearse: [2, 6] }, copies: this.#copies() };
    },
    keyProgress: () => 64,
    quickUnlock: () => this.quick,
    switchQuickUnlockOn: ({ passphrase }) => {
      this.#prove(passphrase);
      this.quick = { available: true, on: true };
      return this.quick;
    },
    switchQuickUnlockOff: () => {
      this.quick = { ...this.quick, on: false };
      return this.quick;
    },
    unlockQuickly: () => {
      if (!this.quick.on || !this.quick.available) throw { code: "noKeychain" } satisfies UiError;
      this.#core.stage = { kind: "open" };
      return this.#core.start();
    },
    planDeletion: ({ request }) => this.#plan(request as DeletionRequest),
    deletePeriod: ({ request }) => {
      const wanted = request as DeletionRequest;
      const { count, copiesUntil, outOfReach } = this.#plan(wanted);
      if (wanted.kinds.includes("diary_entry")) this.#core.entries = [];
      if (wanted.kinds.includes("meter_run")) this.#core.meter.runs = [];
      this.deletedUntil = wanted.backupsToo ? null : copiesUntil;
      return { count, copiesUntil: this.deletedUntil, outOfReach, setAside: this.aside };
    },
    cleanBackups: () => {
      this.deletedUntil = null;
      return { count: 0, copiesUntil: null, outOfReach: null, setAside: this.aside };
    },
    deleteAside: ({ name }) => {
      this.aside = this.aside.filter((row) => row.name !== name);
      return this.aside;
    },
    deleteEverything: ({ passphrase }) => {
      this.#prove(passphrase);
      this.#core.stage = { kind: "firstRun", step: "welcome" };
      return this.#core.start();
    },
  };
}

function row(made: Date): BackupRow {
  const day = made.toISOString().slice(0, 19);
  return {
    name: `regie-${day.replace("T", "-").replaceAll(":", "")}-7f3a90bc.regie-backup`,
    madeAt: made.toISOString(),
    bytes: 1_483_776,
  };
}
