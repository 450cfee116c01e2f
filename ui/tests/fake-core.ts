import { mockIPC } from "@tauri-apps/api/mocks";
import type {
  Appearance,
  AskView,
  EntryBase,
  EntryDraft,
  EntryRow,
  EntryView,
  FirstRunStep,
  HeldRow,
  Language,
  PeopleView,
  PlaceView,
  RehearsalAnswer,
  SavedView,
  SearchHit,
  Settings,
  Stage,
  StartView,
  StrengthView,
  UiError,
} from "$lib/bindings";
import { attachedTo, FakeAttachments } from "./fake-attachments";
import * as content from "./fake-content";
import { diaryHandlers, manyEntries, tagsOf, type FakeEntry as Entry } from "./fake-diary";
import { FakeExport, FakeJob, type ExportOptions } from "./fake-export";
import { FakeImport, type ImportOptions } from "./fake-import";
import { countOf } from "$screens/diary/attached/count";
import { peopleHere, systemHandlers } from "./fake-system";
import { FakeConsent } from "./fake-consent";
import { FakeKeys, type KeysOptions } from "./fake-keys";
import { FakeMeter } from "./fake-meter";
import { FakeAccount, type AccountOptions } from "./fake-account";
import { FakeCame, type CameOptions } from "./fake-came";

export type FakeOptions = {
  language?: Language;
  appearance?: Partial<Appearance>;
  stage?: Stage;
  /** A vault in which nothing was written yet. */
  empty?: boolean;
  consent?: boolean;
  /** A new statement, with a question anew and a new one. */
  news?: boolean;
  /** Everything is on hold. */
  onHold?: boolean;
  rehearsed?: boolean;
  pausedRun?: boolean;
  /** So many made-up entries more. */
  many?: number;
  /** The newest entry has photos and recordings. */
  attached?: boolean;
  /** A recording of that entry waits, which a lock ended. */
  recorded?: boolean;
  /** A device with little room. */
  phone?: boolean;
  /** Two people share the computer. */
  shared?: boolean;
  /** Years of results. */
  history?: boolean;
  passphrase?: string;
  now?: Date;
  /** Calls that fail, by command name as in the bindings ("diarySave"). */
  failing?: Partial<Record<string, UiError>>;
  keys?: KeysOptions;
  /** What goes out, and what comes in. */
  along?: ExportOptions & ImportOptions;
  account?: AccountOptions;
  /** What comes from other devices, and what is asked about it. */
  fromElsewhere?: CameOptions;
};

type Input = Record<string, unknown>;

const zone = "Europe/Amsterdam";
export const fakePassphrase = "vier rustige ochtenden aan zee";
export const fakeRecoveryGroups = ["7H3K", "Q2XM", "90BT", "VC4R", "E8WN", "5JPZ", "AD61", "GYSK", "3MRT"];

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const plain = (markdown: string) =>
  markdown
    .replace(/^[\s>#*+-]+|^\d+\.\s+/gm, "")
    .replace(/[*_`\\]/g, "")
    .trim();
const tidyCode = (code: string) => code.toUpperCase().replace(/[^0-9A-Z]/g, "");

/** RFC 3339 in the offset of the machine that runs the tests. */
function local(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const two = (value: number) => String(Math.abs(value)).padStart(2, "0");
  const shifted = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
  return `${shifted}${offset < 0 ? "-" : "+"}${two(Math.trunc(offset / 60))}:${two(offset % 60)}`;
}

/** All commands, in memory: for component tests and for looking at screens in a browser. */
export class FakeCore {
  language: Language;
  appearance: Appearance;
  stage: Stage;
  settings: Settings = { lockAfterMinutes: 5 };
  consent: FakeConsent;
  rehearsed: boolean;
  passphrase: string;
  phone: boolean;
  failing: Partial<Record<string, UiError>>;
  entries: Entry[] = [];
  deleted: Entry[] = [];
  readonly meter: FakeMeter;
  place: PlaceView | null = null;
  hiding: { hidden: boolean; spot: string | null } = { hidden: false, spot: null };
  failures = 0;
  keys: FakeKeys;
  readonly job: FakeJob;
  readonly export: FakeExport;
  readonly import: FakeImport;
  readonly account: FakeAccount;
  readonly elsewhere: FakeCame;
  readonly attachments: FakeAttachments;
  people: PeopleView;
  /** Names of the commands that were called, in order. */
  calls: { name: string; input: Input }[] = [];
  #now: () => Date;
  #ids = 0;

  constructor(options: FakeOptions = {}) {
    this.language = options.language ?? "nl";
    this.appearance = { theme: "system", contrast: "system", textSize: 100, ...options.appearance };
    this.stage = options.stage ?? { kind: "open" };
    this.people = peopleHere(options.shared ?? false, this.stage.kind !== "choose");
    this.rehearsed = options.rehearsed ?? this.stage.kind !== "firstRun";
    this.passphrase = options.passphrase ?? fakePassphrase;
    this.failing = options.failing ?? {};
    this.phone = options.phone ?? false;
    const { now } = options;
    this.#now = now ? () => now : () => new Date();
    this.consent = new FakeConsent(
      {
        language: () => this.language,
        now: () => local(this.#now()),
        held: (id) => this.#held(id),
      },
      {
        given: options.consent ?? true,
        asked: this.stage.kind !== "firstRun",
        news: options.news ?? false,
      },
    );
    if (options.onHold) this.consent.holds.set("", { since: local(this.#now()), reason: "" });
    if (options.many) this.entries.push(...manyEntries(options.many, this.#now()));
    const empty = options.empty ?? this.stage.kind === "firstRun";
    this.keys = new FakeKeys(this, options.keys ?? {}, fakeRecoveryGroups, empty);
    this.meter = new FakeMeter({
      language: () => this.language,
      now: () => this.#now(),
      local,
      newId: () => this.#id("run"),
      mustWrite: () => this.consent.mustWrite(),
      writing: () => this.consent.writing,
      restriction: (id) => this.consent.of(id),
      onHold: () => this.consent.onHold !== null,
    });
    if (!options.empty && this.stage.kind !== "firstRun") this.#fill(options.pausedRun ?? true);
    if (options.attached) this.entries[0]!.attachments.push(...attachedTo(this.language));
    if (options.history) this.meter.putHistory();
    this.attachments = new FakeAttachments({
      mustWrite: () => this.consent.mustWrite(),
      newId: () => this.#id("photo"),
      now: () => local(this.#now()),
      entry: (id) => this.#entry(id),
      begin: () => this.#begin({}),
      entries: () => this.entries.map((entry) => ({ entry, title: this.#row(entry).title, zone })),
    });
    if (options.recorded) {
      const { id: entry, writtenAt: begunAt } = this.entries[0]!;
      this.attachments.waiting = { id: "recording-0", entry, begunAt, zone, seconds: 200 };
    }
    const along = options.along ?? {};
    const lent = {
      language: () => this.language,
      now: () => this.#now(),
      today: () => local(this.#now()).slice(0, 10),
      entries: () => this.entries,
      results: () => this.meter.results(),
      mayWrite: () => this.consent.given,
      mustWrite: () => this.consent.mustWrite(),
    };
    this.job = new FakeJob(along.holdAt);
    this.export = new FakeExport(lent, this.job, along);
    this.import = new FakeImport(lent, this.job, along);
    this.elsewhere = new FakeCame(options.fromElsewhere);
    this.account = new FakeAccount(
      {
        language: () => this.language,
        now: () => this.#now(),
        passphrase: () => this.passphrase,
        code: () => fakeRecoveryGroups.join(""),
        start: () => this.start(),
        leave: () => (this.stage = { kind: "firstRun", step: "welcome" }),
        open: () => (this.stage = { kind: "open" }),
        setCopy: (given) => this.consent.setCopy(given),
      },
      options.account ?? {},
    );
  }

  install(): this {
    mockIPC((command, input) => this.answer(command, (input ?? {}) as Input));
    return this;
  }

  called(name: string): Input[] {
    return this.calls.filter((call) => call.name === name).map((call) => call.input);
  }

  async answer(command: string, input: Input): Promise<unknown> {
    this.#system ??= this.#systemHandlers();
    const name = command.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const handler =
      this.#handlers()[command] ?? this.#system[command] ?? this.keys.handlers[name] ?? this.#along(name);
    if (!handler) throw { code: "internal" } satisfies UiError;
    this.calls.push({ name, input });
    const failure = this.failing[name];
    if (failure) throw failure;
    return structuredClone(await handler(input));
  }

  #along(name: string) {
    return [this.job, this.export, this.import, this.account, this.account.pairing, this.attachments]
      .map(({ handlers }) => handlers[name])
      .find(Boolean);
  }

  #id(kind: string) {
    this.#ids += 1;
    return `${kind}-${this.#ids}`;
  }

  #fill(paused: boolean) {
    const today = this.#now();
    for (const [index, [days, time, markdown]] of content.diary[this.language].entries()) {
      const [mood, tags] = tagsOf[index] ?? tagsOf.at(-1)!;
      const [hours, minutes] = time.split(":").map(Number);
      const date = new Date(today);
      date.setDate(date.getDate() - days);
      date.setHours(hours!, minutes!, 0, 0);
      const writtenAt = local(date);
      this.entries.push({
        id: this.#id("entry"),
        markdown,
        writtenAt,
        editedAt: writtenAt,
        caret: markdown.length,
        ownTitle: "",
        mood,
        tags: tags[this.language],
        attachments: [],
      });
    }
    const answered = [4, 3, 5, 6, 4, 5, 6, 3, 5, 4, 6, 5, 2, 5, 4, 6];
    const shifted = (shift: number, count = 16) => answered.slice(0, count).map((value) => value + shift);
    this.meter.put("vitality-16", 96, shifted(-1));
    this.meter.put("vitality-16", 33, shifted(0));
    if (paused) this.meter.put("vitality-16", 1, shifted(0, 6), false);
  }

  start(): StartView {
    const state =
      this.stage.kind === "firstRun"
        ? "notYet"
        : this.stage.kind !== "open"
          ? "locked"
          : this.consent.given && !this.consent.onHold
            ? this.account.seal
            : "paused";
    return {
      stage: this.stage,
      language: this.language,
      appearance: this.appearance,
      seal: { state, text: content.seals[state][this.language] },
      version: "0.1.0",
      folder: "/home/sam/.local/share/nl.regie.app",
      hidden: this.hiding.hidden,
      people: structuredClone(this.people),
      quickUnlock: this.keys.quick.on,
    };
  }

  #system: Record<string, (input: Input) => unknown> | null = null;

  #systemHandlers() {
    const lent = {
      language: () => this.language,
      start: () => this.start(),
      to: (stage: Stage) => {
        this.stage = stage;
        return this.start();
      },
    };
    const handlers = Object.entries(systemHandlers(lent, this.people));
    return Object.fromEntries(handlers.map(([name, handler]) => [snake(name), handler]));
  }

  #held(id: string): Omit<HeldRow, "restriction"> | null {
    const entry = this.entries.find((each) => each.id === id);
    if (entry) return { kind: "entry", id, title: this.#row(entry).title, at: entry.writtenAt };
    const result = this.meter.results().find((each) => each.id === id);
    return result ? { kind: "note", id, title: result.title, at: result.takenAt } : null;
  }

  #row(entry: Entry): EntryRow {
    const lines = entry.markdown.split("\n").map(plain).filter(Boolean);
    return {
      id: entry.id,
      title: entry.ownTitle || (lines[0] ?? ""),
      preview: lines
        .slice(entry.ownTitle ? 0 : 1)
        .join(" ")
        .slice(0, 160),
      writtenAt: entry.writtenAt,
      zone,
      mood: entry.mood,
      tags: entry.tags,
      ...countOf(entry.attachments),
    };
  }

  #begin(begun: Partial<Entry>): Entry {
    const now = local(this.#now());
    const entry: Entry = {
      id: this.#id("entry"),
      markdown: "",
      caret: 0,
      writtenAt: now,
      editedAt: now,
      ownTitle: "",
      mood: null,
      tags: [],
      attachments: [],
      ...begun,
    };
    this.entries.push(entry);
    return entry;
  }

  #entry(id: string): Entry {
    const entry = this.entries.find((each) => each.id === id);
    if (!entry) throw { code: "notFound" } satisfies UiError;
    return entry;
  }

  #sorted() {
    return [...this.entries].sort((a, b) => b.writtenAt.localeCompare(a.writtenAt));
  }

  get runs() {
    return this.meter.runs;
  }

  #open(): StartView {
    this.failures = 0;
    this.stage = { kind: "open" };
    return this.start();
  }

  #strength(passphrase: string): StrengthView {
    const score = passphrase.length === 0 ? 0 : Math.min(4, Math.floor(passphrase.length / 5));
    const hint =
      passphrase.length === 0 ? "empty" : passphrase.length < 10 ? "tooShort" : score < 3 ? "addWords" : null;
    return { score, enough: score >= 3, hint };
  }

  #search(query: string): SearchHit[] {
    const wanted = query.trim().toLowerCase();
    if (wanted === "") return [];
    return this.#sorted().flatMap((entry) => {
      const text = plain(entry.markdown).replace(/\s+/g, " ");
      const at = text.toLowerCase().indexOf(wanted);
      if (at < 0) return [];
      const from = Math.max(0, at - 40);
      const to = at + wanted.length;
      return [
        {
          kind: "entry" as const,
          entry: this.#row(entry),
          snippet: [
            { text: `${from > 0 ? "… " : ""}${text.slice(from, at)}`, hit: false },
            { text: text.slice(at, to), hit: true },
            { text: `${text.slice(to, to + 60)}${to + 60 < text.length ? " …" : ""}`, hit: false },
          ],
        },
      ];
    });
  }

  readonly #handlers = (): Record<string, (input: Input) => unknown> =>
    Object.fromEntries(
      Object.entries<(input: Input) => unknown>({
        start: () => this.start(),
        setLanguage: ({ language }: Input) => {
          this.language = language as Language;
          return this.start();
        },
        setAppearance: ({ appearance }: Input) => {
          this.appearance = appearance as Appearance;
          return null;
        },
        seal: () => this.start().seal,
        helpNow: () => content.helpLines(this.language),
        screenDrawn: () => null,
        touch: () => null,
        openLink: () => null,
        closeWindow: () => null,

        firstRunStep: ({ step }: Input) => {
          this.stage = { kind: "firstRun", step: step as FirstRunStep };
          return null;
        },
        passphraseStrength: ({ passphrase }: Input) => this.#strength(passphrase as string),
        createVault: ({ passphrase, consents }: Input) => {
          if (!this.#strength(passphrase as string).enough)
            throw { code: "weakPassphrase" } satisfies UiError;
          this.passphrase = passphrase as string;
          this.consent.begin(consents as string[]);
          this.rehearsed = false;
          this.stage = { kind: "firstRun", step: "recovery" };
          return this.start();
        },
        recoveryCode: () => {
          // Once rehearsed, the program no longer knows the code.
          if (this.rehearsed) throw { code: "notNow" } satisfies UiError;
          return { groups: fakeRecoveryGroups, rehearse: [2, 6] };
        },
        saveRecoverySheet: () => "/home/sam/Documenten/Regie-herstelcode.txt",
        printPage: () => null,
        rehearseRecovery: ({ answers }: Input) => {
          this.rehearsed = (answers as RehearsalAnswer[]).every(
            ({ position, group }) => tidyCode(group) === fakeRecoveryGroups[position],
          );
          return this.rehearsed;
        },
        finishFirstRun: () => this.#open(),

        unlock: ({ passphrase }: Input) => {
          if (passphrase === this.passphrase) return this.#open();
          this.failures += 1;
          const waitSeconds = this.failures < 3 ? 0 : 2 ** (this.failures - 1);
          throw { code: "wrongPassphrase", waitSeconds } satisfies UiError;
        },
        checkRecoveryCode: ({ code }: Input) => {
          const typed = tidyCode(code as string);
          if (typed.length !== 36) throw { code: "recoveryCodeMistyped" } satisfies UiError;
          if (typed !== fakeRecoveryGroups.join(""))
            throw { code: "wrongRecoveryCode", waitSeconds: 0 } satisfies UiError;
          return null;
        },
        unlockWithRecoveryCode: ({ newPassphrase }: Input) => {
          this.passphrase = newPassphrase as string;
          return this.#open();
        },
        lock: () => {
          this.stage = { kind: "locked", waitSeconds: 0 };
          return null;
        },
        hide: ({ spot }: Input) => {
          this.stage = { kind: "locked", waitSeconds: 0 };
          this.hiding = { hidden: true, spot: spot as string };
          return null;
        },
        leaveHiding: () => {
          this.hiding.hidden = false;
          return null;
        },
        takeSpot: () => {
          const { spot } = this.hiding;
          this.hiding = { hidden: false, spot: null };
          return spot;
        },
        startOver: () => {
          this.stage = { kind: "firstRun", step: "welcome" };
          return "vault-set-aside-2026-11-23";
        },

        ...this.consent.handlers,
        myData: () => ({
          counts: content.counts(this.language, {
            diary_entry: this.entries.length,
            meter_run: this.meter.runs.length,
            backup: this.keys.backups.length,
          }),
          bytes: 1_483_776,
          folder: this.start().folder,
          map: content.dataMapRows(this.language),
          recoveryRehearsed: this.rehearsed,
          deletedUntil: this.keys.deletedUntil,
          setAside: this.keys.aside.length,
        }),
        settings: () => this.settings,
        saveSettings: ({ settings }: Input) => {
          this.settings = settings as Settings;
          return null;
        },

        today: () => {
          const [newest] = this.#sorted();
          const rests = (id: string) => this.consent.onHold !== null || this.consent.of(id) !== null;
          const entry = this.place ? this.entries.find(({ id }) => id === this.place?.entry) : newest;
          return {
            continueEntry: entry && !rests(entry.id) ? this.#row(entry) : null,
            caret: entry?.caret ?? null,
            pausedRun: this.meter.paused().find(({ id }) => !rests(id)) ?? null,
            lastResult: this.meter.results().find(({ id }) => !rests(id)) ?? null,
            offers: this.meter.offers(),
            mayWrite: this.consent.given,
            writing: this.consent.writing,
            onHold: this.consent.onHold,
            news: this.consent.news(),
            damaged: false,
            recoveryRehearsed: this.rehearsed,
            recoveryCheckDue: this.keys.codeCheckDue,
          };
        },

        diaryPage: ({ before, limit }: Input) => {
          const rows = this.#sorted().map((entry) => this.#row(entry));
          const from = before === null ? 0 : rows.findIndex(({ id }) => id === before) + 1;
          const entries = rows.slice(from, from + (limit as number));
          const more = from + entries.length < rows.length;
          return { entries, next: more ? (entries.at(-1)?.id ?? null) : null };
        },
        diaryEntry: ({ id }: Input): EntryView => ({
          ...this.#entry(id as string),
          zone,
          restriction: this.consent.of(id as string),
        }),
        diarySave: ({ entry, base }: Input): SavedView => {
          this.consent.mustWrite();
          const draft = entry as EntryDraft;
          const savedAt = local(this.#now());
          const { markdown, caret, about } = draft;
          const anew = draft.id !== null && base !== null && !this.entries.some(({ id }) => id === draft.id);
          if (draft.id === null || anew) {
            const { ownTitle = "", mood = null, tags = [] } = about ?? {};
            const { id } = this.#begin({ markdown, caret, ownTitle: ownTitle.trim(), mood, tags });
            return { id, savedAt, merged: null, anew };
          }
          const { ownTitle, mood, tags } = about ?? this.#entry(draft.id);
          const stood = this.#entry(draft.id);
          // What another device added goes behind what is written here: the core merges sentence by sentence.
          const added = base === null ? "" : stood.markdown.replace((base as EntryBase).markdown, "");
          const both = markdown + (stood.markdown === markdown ? "" : added);
          Object.assign(stood, { markdown: both, caret, ownTitle, mood, tags, editedAt: savedAt });
          const merged = both === markdown ? null : { ...stood, zone, restriction: null };
          return { id: draft.id, savedAt, merged, anew };
        },
        diaryPlace: ({ place }: Input) => {
          this.place = place as PlaceView | null;
          return null;
        },
        diaryDelete: ({ id }: Input) => {
          const entry = this.#entry(id as string);
          this.entries = this.entries.filter((each) => each !== entry);
          this.deleted.push(entry);
          if (this.place?.entry === id) this.place = null;
          return null;
        },
        diaryUndoDelete: ({ id }: Input) => {
          const entry = this.deleted.find((each) => each.id === id);
          if (!entry) throw { code: "notFound" } satisfies UiError;
          this.deleted = this.deleted.filter((each) => each !== entry);
          this.entries.push(entry);
          return null;
        },
        ...this.elsewhere.handlers(),
        ...diaryHandlers({
          language: () => this.language,
          now: () => this.#now(),
          sorted: () => this.#sorted(),
          entry: (id) => this.#entry(id),
          row: (entry) => this.#row(entry),
          results: () => this.meter.results(),
          mustWrite: () => this.consent.mustWrite(),
          phone: this.phone,
          looksBack: () => this.consent.looksBack && !this.consent.onHold,
          rests: () => this.consent.onHold !== null,
          held: (id) => this.consent.of(id) !== null,
        }),
        diarySearch: ({ query, limit }: Input) => {
          const hits = this.#search(query as string);
          const most = limit as number;
          return { hits: hits.slice(0, most), more: hits.length > most, ranked: hits.length, older: false };
        },

        ...this.meter.handlers,

        askView: (): AskView => ({
          number: 0,
          title: this.language === "nl" ? "Opnieuw beginnen?" : "Start over?",
          text:
            this.language === "nl"
              ? "Je oude kluis wordt opzijgezet in de map vault-set-aside-2026-11-23. Er wordt niets verwijderd. Zonder wachtzin of herstelcode kan niemand hem openen."
              : "Your old vault is set aside in the folder vault-set-aside-2026-11-23. Nothing is deleted. Without the passphrase or the recovery code nobody can open it.",
          yes: this.language === "nl" ? "Opnieuw beginnen" : "Start over",
          no: this.language === "nl" ? "Terug" : "Back",
          language: this.language,
          appearance: this.appearance,
        }),
        askAnswer: () => null,
      }).map(([name, handler]) => [snake(name), handler]),
    );
}
