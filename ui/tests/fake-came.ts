import type { OriginalsView, SyncAsked, SyncCode, SyncCompared } from "$lib/bindings";

type Input = Record<string, unknown>;

export type CameOptions = {
  /** Entries that came from another device, by id; `true`: the newest. */
  came?: string[];
  /** Entries that were brought together from two devices. */
  merged?: string[];
  /** Something was deleted on one device and written on another. */
  asked?: boolean;
  /** Nothing is known to compare. */
  codeless?: boolean;
};

export const fakeCode: SyncCode = { number: 104, code: "K7QM-2D0X" };

const asked: SyncAsked[] = [
  {
    id: "0a".repeat(16),
    what: "entry",
    title: "Langs de rivier gelopen",
    at: "2026-11-21T19:40:00+01:00",
    deletedHere: false,
  },
  { id: "0b".repeat(16), what: "check", title: "", at: "2026-11-19T08:10:00+01:00", deletedHere: true },
];

/** What comes from other devices, and what is asked about it. */
export class FakeCame {
  came: string[];
  merged: string[];
  asked: SyncAsked[];
  answers: Record<string, boolean> = {};
  #code: SyncCode | null;

  constructor(options: CameOptions = {}) {
    this.came = options.came ?? [];
    this.merged = options.merged ?? [];
    this.asked = options.asked ? [...asked] : [];
    this.#code = options.codeless ? null : fakeCode;
  }

  handlers() {
    return {
      diaryCame: () => this.came,
      diarySeen: ({ id }: Input) => {
        this.came = this.came.filter((each) => each !== id);
      },
      entryOriginals: ({ id }: Input) => (this.merged.includes(String(id)) ? this.#originals() : null),
      forgetEntryOriginals: ({ id }: Input) => {
        this.merged = this.merged.filter((each) => each !== id);
      },
      syncAsked: () => this.asked,
      syncAnswer: ({ id, keep }: Input) => {
        this.answers[String(id)] = keep === true;
        this.asked = this.asked.filter((each) => each.id !== id);
        return this.asked;
      },
      syncCode: () => this.#code,
      syncCompare: ({ number, typed }: Input): SyncCompared => {
        const code = String(typed)
          .toUpperCase()
          .replace(/[^0-9A-Z]/g, "");
        if (code.length !== 8) return "noCode";
        if (Number(number) > fakeCode.number) return "behind";
        if (Number(number) < 10) return "unknown";
        return code === fakeCode.code.replace("-", "") ? "same" : "differs";
      },
    };
  }

  #originals(): OriginalsView {
    const same = { text: "Daarna thee gedronken met Sam.", own: false };
    const here = "Vanmorgen langs de rivier gelopen. ";
    const there = "Vanmorgen twee uur langs de rivier gelopen, in de mist. ";
    const original = (text: string, edited: string) => ({
      title: text.trim(),
      markdown: text + same.text,
      parts: [{ text, own: true }, same],
      edited,
    });
    return {
      merged: "2026-11-24T09:00:00+01:00",
      until: "2026-12-24T09:00:00+01:00",
      here: original(here, "2026-11-24T07:30:00+01:00"),
      there: original(there, "2026-11-24T08:15:00+01:00"),
    };
  }
}
