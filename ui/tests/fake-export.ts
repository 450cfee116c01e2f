import type { ExportedView, ExportKey, ExportRequest, NotHereView, UiError } from "$lib/bindings";

type Input = Record<string, unknown>;

export type ExportOptions = {
  /** An export or import stays where it is, at so many percent, until it is stopped. */
  holdAt?: number;
  /** The person closes the dialog that saves. */
  dialogClosed?: boolean;
  /** What is not on this device. */
  notHere?: NotHereView;
  /** There is no network to fetch it by. */
  noNetwork?: boolean;
};

const allHere: NotHereView = { photos: 0, sounds: 0, bytes: 0, outOfReach: 0 };
export const fakeRecipient = "age1h4tk2p7q0xw3d9cvu6mz5yl8sjr2nfe4g7ka3t0qx9w5mld6c8vsy2pzu7";
const secret = "AGE-SECRET-KEY-1";

/** What the fake core lends. */
type Lent = {
  entries: () => { writtenAt: string }[];
  results: () => { takenAt: string }[];
  today: () => string;
};

/** Waits as the core does: for the end, or for whoever stops it. */
export class FakeJob {
  percent: number | null = null;
  #holdAt: number | null;
  #stop: (() => void) | null = null;

  constructor(holdAt: number | undefined) {
    this.#holdAt = holdAt ?? null;
  }

  async run() {
    if (this.percent !== null) throw { code: "notNow" } satisfies UiError;
    if (this.#holdAt === null) return;
    this.percent = this.#holdAt;
    await new Promise<void>((resolve) => (this.#stop = resolve));
    this.percent = null;
    throw { code: "stopped" } satisfies UiError;
  }

  /** As far as the test says. */
  go(percent: number) {
    this.percent = percent;
  }

  readonly handlers: Record<string, (input: Input) => unknown> = {
    exportProgress: () => this.percent,
    stopExport: () => {
      this.#stop?.();
      return null;
    },
  };
}

/** Copies of the core in memory. */
export class FakeExport {
  readonly job: FakeJob;
  /** What is not on this device. */
  notHere: NotHereView;
  /** What the server turns out to have no more. */
  lost = 0;
  /** What was written, newest last. */
  written: { request: ExportRequest; protection: ExportKey }[] = [];
  #lent: Lent;
  #options: ExportOptions;

  constructor(lent: Lent, job: FakeJob, options: ExportOptions) {
    this.#lent = lent;
    this.job = job;
    this.#options = options;
    this.notHere = options.notHere ?? allHere;
  }

  #plan({ form, diary, checks, from, to }: ExportRequest) {
    const within = (moment: string) => {
      const day = moment.slice(0, 10);
      return from === null || to === null || (day >= from && day <= to);
    };
    const count = (moments: string[]) => moments.filter(within).length;
    return {
      entries: diary ? count(this.#lent.entries().map(({ writtenAt }) => writtenAt)) : 0,
      results: checks ? count(this.#lent.results().map(({ takenAt }) => takenAt)) : 0,
      notHere: diary && form === "archive" ? this.notHere : allHere,
    };
  }

  #recipient(text: string): string {
    const key = /\bage1[a-z0-9]{58}\b/.exec(text)?.[0];
    if (key === undefined || text.includes(secret)) throw { code: "badRecipient" } satisfies UiError;
    return key;
  }

  readonly handlers: Record<string, (input: Input) => unknown> = {
    planExport: ({ request }) => this.#plan(request as ExportRequest),
    originalsNotHere: () => this.notHere,
    fetchOriginals: async (): Promise<NotHereView> => {
      if (this.#options.noNetwork) throw { code: "account", why: { kind: "offline" } } satisfies UiError;
      await this.job.run();
      this.notHere = { ...allHere, outOfReach: this.notHere.outOfReach + this.lost };
      return this.notHere;
    },
    exportRecipient: ({ text }) => this.#recipient(text as string),
    chooseRecipient: () => fakeRecipient,
    export: async ({ request, protection }): Promise<ExportedView | null> => {
      const [wanted, seal] = [request as ExportRequest, protection as ExportKey];
      if (seal.kind === "recipient") this.#recipient(seal.key);
      if (this.#options.dialogClosed) return null;
      await this.job.run();
      this.written.push({ request: wanted, protection: seal });
      const ending = `${wanted.form === "archive" ? "zip" : wanted.form}${seal.kind === "plain" ? "" : ".age"}`;
      return {
        path: `/home/sam/Documenten/regie-${this.#lent.today()}.${ending}`,
        bytes: 1_842_113,
        entries: this.#plan(wanted).entries,
        results: this.#plan(wanted).results,
        encrypted: seal.kind !== "plain",
      };
    },
    showExported: () => {
      if (this.written.length === 0) throw { code: "notNow" } satisfies UiError;
      return null;
    },
  };
}
