import type {
  ImportKey,
  ImportLook,
  ImportOutcome,
  ImportPreview,
  ImportRow,
  Language,
  UiError,
} from "$lib/bindings";
import type { FakeJob } from "./fake-export";

type Input = Record<string, unknown>;

/** What is chosen in the dialog. */
export type FakeFile =
  "regie" | "dayOne" | "notes" | "locked" | "lockedToKey" | "refused" | "there" | "foreign";

export type ImportOptions = {
  file?: FakeFile;
  /** Something was brought in before. */
  lately?: boolean;
  /** So many of what came in were changed since. */
  changed?: number;
  /** So many of the photos cannot be read. */
  damaged?: number;
};

export const fakeFilePassphrase = "drie natte jassen op zolder";
export const fakeFileKey = "AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSKZ4KC";

type Lent = {
  language: () => Language;
  mayWrite: () => boolean;
  mustWrite: () => void;
  now: () => Date;
};

const texts = {
  nl: {
    photos: "Foto's, opnamen en andere bijlagen die niet meekomen",
    damaged: "Foto's en opnamen die beschadigd zijn of die Regie niet kan lezen",
    weather: "Plaats, weer en dergelijke: Regie bewaart ze niet",
    choices: "Instellingen en keuzes: die van hier blijven gelden",
    foreign: "Bestanden die geen dagboek zijn",
    altered: "Dit deel is veranderd nadat het archief is gemaakt.",
  },
  en: {
    photos: "Photos, recordings and other attachments that do not come along",
    damaged: "Photos and recordings that are damaged or that Regie cannot read",
    weather: "Place, weather and the like: Regie does not keep them",
    choices: "Settings and choices: those made here hold",
    foreign: "Files that are no journal",
    altered: "This part was changed after the archive was made.",
  },
};

/** Bringing in, of the core in memory. */
export class FakeImport {
  file: FakeFile;
  rows: ImportRow[];
  chosen = false;
  #changed: number;
  #damaged: number;
  #looked: ImportPreview | null = null;
  #lent: Lent;
  #job: FakeJob;

  constructor(lent: Lent, job: FakeJob, options: ImportOptions) {
    this.#lent = lent;
    this.#job = job;
    this.file = options.file ?? "dayOne";
    this.#changed = options.changed ?? 0;
    this.#damaged = options.damaged ?? 0;
    this.rows = options.lately ? [this.#row(1, "daylio", 214, 5)] : [];
  }

  #row(id: number, origin: ImportRow["origin"], records: number, hoursAgo = 0): ImportRow {
    const at = this.#lent.now().getTime() - hoursAgo * 3_600_000;
    const iso = (time: number) => new Date(time).toISOString();
    return { id, origin, records, at: iso(at), until: iso(at + 86_400_000) };
  }

  #preview(): ImportPreview {
    const say = texts[this.#lent.language()];
    const nothing = {
      entries: 0,
      results: 0,
      instruments: 0,
      photos: 0,
      sounds: 0,
      there: 0,
      differ: 0,
      first: null,
      last: null,
    };
    const mayWrite = this.#lent.mayWrite();
    if (this.file === "dayOne")
      return {
        ...nothing,
        origin: "dayOne",
        name: "Dagboek 2019 tot nu.zip",
        entries: 1412,
        photos: 371,
        sounds: 4,
        first: "2019-05-03",
        last: "2026-11-22",
        leftOut: [
          { what: say.photos, count: 13 },
          { what: say.weather, count: 1297 },
        ],
        mayWrite,
      };
    if (this.file === "notes" || this.file === "foreign")
      return {
        ...nothing,
        origin: "files",
        name: "Notities",
        entries: this.file === "notes" ? 1 : 0,
        first: this.file === "notes" ? "2024-03-08" : null,
        last: this.file === "notes" ? "2024-03-08" : null,
        leftOut: [{ what: say.foreign, count: 12 }],
        mayWrite,
      };
    const there = this.file === "there";
    return {
      origin: "regie",
      name: "regie-2026-11-02.zip.age",
      entries: there ? 0 : 37,
      results: there ? 0 : 4,
      instruments: there ? 0 : 1,
      photos: there ? 0 : 12,
      sounds: there ? 0 : 1,
      there: there ? 450 : 409,
      differ: there ? 0 : 2,
      first: "2021-02-14",
      last: "2026-11-02",
      leftOut: [{ what: say.choices, count: 1 }],
      mayWrite,
    };
  }

  #look(key: ImportKey | null): ImportLook {
    const passphrase = this.file === "locked";
    if (passphrase || this.file === "lockedToKey") {
      const given = key?.kind === "passphrase" ? key.passphrase : key?.key;
      const fits = given === (passphrase ? fakeFilePassphrase : fakeFileKey);
      if (!fits) return { kind: "locked", passphrase, wrong: key !== null };
    }
    if (this.file === "refused")
      return {
        kind: "refused",
        part: "data.json",
        problem: texts[this.#lent.language()].altered,
      };
    return { kind: "ready", preview: this.#preview() };
  }

  #choose() {
    this.chosen = true;
    this.#looked = null;
    return true;
  }

  #mustHave<T>(value: T | null): T {
    if (!this.chosen || value === null) throw { code: "notNow" } satisfies UiError;
    return value;
  }

  readonly handlers: Record<string, (input: Input) => unknown> = {
    chooseImportFile: () => this.#choose(),
    chooseImportFolder: () => this.#choose(),
    leaveImport: () => {
      this.chosen = false;
      return null;
    },
    lookAtImport: async ({ key }) => {
      this.#mustHave(this.chosen);
      await this.#job.run();
      const look = this.#look(key as ImportKey | null);
      this.#looked = look.kind === "ready" ? look.preview : null;
      return look;
    },
    import: async (): Promise<ImportOutcome> => {
      const { origin, entries, results, photos, sounds, there } = this.#mustHave(this.#looked);
      this.chosen = false;
      this.#lent.mustWrite();
      await this.#job.run();
      this.rows = [this.#row(this.rows.length + 1, origin, entries + results), ...this.rows];
      // Only taking apart shows that a photo cannot be read.
      const { damaged } = texts[this.#lent.language()];
      const leftOut = this.#damaged > 0 ? [{ what: damaged, count: this.#damaged }] : [];
      return {
        kind: "done",
        imported: { entries, results, photos: photos - this.#damaged, sounds, there, leftOut },
      };
    },
    imports: () => this.rows,
    undoImport: ({ id }) => {
      const row = this.rows.find((each) => each.id === id);
      if (!row) throw { code: "notFound" } satisfies UiError;
      this.rows = this.rows.filter((each) => each !== row);
      return { removed: row.records - this.#changed, kept: this.#changed };
    },
  };
}
