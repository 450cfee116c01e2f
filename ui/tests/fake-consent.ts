import type {
  BlockView,
  ChoiceView,
  HeldRow,
  Language,
  NewsView,
  OnHoldView,
  PurposeView,
  RestrictionView,
  StatementChangesView,
  UiError,
} from "$lib/bindings";
import * as content from "./fake-content";

type Input = Record<string, unknown>;
type Given = { given: boolean; since: string | null; version: number };
type Surroundings = {
  language: () => Language;
  now: () => string;
  /** What can be put on hold, by its id. */
  held: (id: string) => Omit<HeldRow, "restriction"> | null;
};

export const keeping = "keep_on_device";
export const lookBack = "look_back";
const onServer = "copy_on_server";

/** Choices, the statement and what is on hold, in memory. */
export class FakeConsent {
  choices = new Map<string, Given>();
  story: ChoiceView[] = [];
  seen = true;
  /** By id; the empty one stands for everything. */
  holds = new Map<string, RestrictionView>();

  constructor(
    private readonly at: Surroundings,
    options: { given: boolean; asked: boolean; news: boolean },
  ) {
    if (!options.asked) return;
    this.#record(keeping, options.given, "2026-11-20T09:12:00+01:00");
    // With news the text of keeping has changed, and looking back is new.
    if (!options.news) this.#record(lookBack, true, "2026-11-20T09:12:00+01:00");
    this.seen = !options.news;
    if (options.news) this.#version = 2;
  }

  #version = 1;

  get given(): boolean {
    return this.purposes().some(({ id, given }) => id === keeping && given);
  }

  get looksBack(): boolean {
    return this.purposes().some(({ id, given }) => id === lookBack && given);
  }

  get onHold(): RestrictionView | null {
    return this.holds.get("") ?? null;
  }

  begin(consents: string[]) {
    for (const id of [keeping, lookBack]) this.#record(id, consents.includes(id), this.at.now());
  }

  purposes(): PurposeView[] {
    return this.#known().map((purpose) => {
      const version = purpose.id === keeping ? this.#version : 1;
      const choice = this.choices.get(purpose.id);
      const on = choice?.given ?? false;
      const newest = choice?.version === version;
      return {
        ...purpose,
        version,
        given: on && newest,
        renew: on && !newest,
        since: choice?.since ?? null,
      };
    });
  }

  /** What joining asked is told from then on. */
  #known(): PurposeView[] {
    const language = this.at.language();
    const asked = this.choices.has(onServer) ? [content.copyPurpose(language)] : [];
    return [...content.purposes(language), ...asked];
  }

  setCopy(given: boolean) {
    this.#record(onServer, given, this.at.now());
  }

  mustWrite() {
    const keep = this.purposes().find(({ id }) => id === keeping);
    if (keep?.renew) throw { code: "consentOutdated" } satisfies UiError;
    if (!keep?.given) throw { code: "noConsent" } satisfies UiError;
  }

  get writing() {
    if (this.given) return "allowed" as const;
    return this.purposes()[0]?.renew ? ("outdated" as const) : ("off" as const);
  }

  of(id: string): RestrictionView | null {
    return this.holds.get(id) ?? null;
  }

  #record(id: string, given: boolean, at: string) {
    const before = this.choices.get(id);
    const version = id === keeping ? this.#version : 1;
    this.choices.set(id, { given, since: at, version });
    const read = this.#known().find((purpose) => purpose.id === id)!;
    const step = given
      ? before?.given && before.version < version
        ? "renewed"
        : "given"
      : before?.given
        ? "withdrawn"
        : "declined";
    this.story.unshift({
      step,
      at,
      zone: "Europe/Amsterdam",
      purpose: id,
      version,
      statement: content.newestStatement,
      title: read.title,
      read,
    });
  }

  #waiting = () => this.purposes().filter(({ since, renew }) => since === null || renew);

  news(): NewsView {
    const { version, date } = content.statement(this.at.language());
    const statement = { version, date, changes: content.statementNews[this.at.language()] };
    return { statement: this.seen ? null : statement, purposes: this.#waiting() };
  }

  #changes(): StatementChangesView {
    const language = this.at.language();
    const versions = content.statement(language).versions;
    const same = (markdown: string): BlockView => ({
      kind: markdown.startsWith("#") ? "heading" : markdown.startsWith("- ") ? "item" : "paragraph",
      change: "same",
      markdown,
      parts: [],
    });
    const words = content.statementDiff[language];
    return {
      from: versions[1]!,
      to: versions[0]!,
      changes: content.statementNews[language],
      purposes: this.#waiting(),
      blocks: [
        same(words.heading),
        same(words.same),
        { kind: "paragraph", change: "changed", markdown: null, parts: words.changed },
        { kind: "item", change: "added", markdown: null, parts: [{ change: "added", text: words.added }] },
        same(words.item),
        {
          kind: "item",
          change: "removed",
          markdown: null,
          parts: [{ change: "removed", text: words.removed }],
        },
      ],
    };
  }

  #list(): OnHoldView {
    const records = [...this.holds].flatMap(([id, restriction]): HeldRow[] => {
      const row = id === "" ? null : this.at.held(id);
      return row ? [{ ...row, restriction }] : [];
    });
    return { all: this.onHold, records: records.reverse() };
  }

  readonly handlers: Record<string, (input: Input) => unknown> = {
    purposes: () => this.purposes(),
    setConsent: ({ purpose, given }) => {
      this.#record(purpose as string, given as boolean, this.at.now());
      return this.purposes();
    },
    consentStory: () => this.story,
    statement: ({ version }) => content.statement(this.at.language(), version as number | null),
    news: () => this.news(),
    statementChanges: () => this.#changes(),
    statementSeen: () => {
      this.seen = true;
      return null;
    },
    onHold: () => this.#list(),
    putOnHold: ({ record, reason }) => {
      this.holds.set((record as string | null) ?? "", { since: this.at.now(), reason: reason as string });
      return null;
    },
    release: ({ record }) => {
      this.holds.delete((record as string | null) ?? "");
      return null;
    },
  };
}
