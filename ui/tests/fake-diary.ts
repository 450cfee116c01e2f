import prompts from "../../crates/client/content/prompts.json";
import type {
  AttachmentSettings,
  AttachmentView,
  DayMarkView,
  DayView,
  DiaryCount,
  DiaryFilter,
  DiarySettings,
  EntryRow,
  Language,
  PromptView,
  ResultRow,
  TagView,
} from "$lib/bindings";

export type FakeEntry = {
  id: string;
  markdown: string;
  writtenAt: string;
  editedAt: string;
  caret: number;
  ownTitle: string;
  mood: number | null;
  tags: string[];
  attachments: AttachmentView[];
};

type Input = Record<string, unknown>;

/** What the diary asks of the rest of the fake core. */
export type Behind = {
  language: () => Language;
  now: () => Date;
  sorted: () => FakeEntry[];
  entry: (id: string) => FakeEntry;
  row: (entry: FakeEntry) => EntryRow;
  results: () => ResultRow[];
  mustWrite: () => void;
  looksBack: () => boolean;
  /** A device with little room. */
  phone: boolean;
  rests: () => boolean;
  held: (id: string) => boolean;
};

export const tagsOf: [mood: number | null, tags: Record<Language, string[]>][] = [
  [4, { nl: ["wandelen", "ochtend"], en: ["walking", "morning"] }],
  [5, { nl: ["vrij"], en: ["free time"] }],
  [2, { nl: ["werk"], en: ["work"] }],
  [3, { nl: ["werk", "Noor"], en: ["work", "Noor"] }],
  [null, { nl: [], en: [] }],
];

const day = (moment: string) => moment.slice(0, 10);
const month = (moment: string) => moment.slice(0, 7);
const named = (day: number) => String(day).replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");
const numbered = (name: string) => Number(name.replaceAll("-", ""));

function matches(entry: FakeEntry, filter: Required<DiaryFilter>): boolean {
  return (
    (filter.tag === null || entry.tags.includes(filter.tag)) &&
    (filter.mood === null || entry.mood === filter.mood) &&
    (filter.from === null || numbered(day(entry.writtenAt)) >= filter.from) &&
    (filter.to === null || numbered(day(entry.writtenAt)) <= filter.to)
  );
}

/** Years of made-up entries, for looking at a long list. */
export function manyEntries(count: number, now: Date): FakeEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const date = new Date(now.getTime() - (index + 80) * 43_200_000 * (7300 / Math.max(count, 7300)));
    const writtenAt = `${date.toISOString().slice(0, 19)}+00:00`;
    const text = index % 3 === 0 ? "Een regel en nog een, om te zien hoe een langere dag eruitziet." : "";
    return {
      id: `many-${index}`,
      markdown: `Dag ${index}\n\n${text}`,
      writtenAt,
      editedAt: writtenAt,
      caret: 0,
      ownTitle: "",
      mood: index % 4 === 0 ? 1 + (index % 5) : null,
      tags: index % 5 === 0 ? ["werk"] : [],
      attachments: [],
    };
  });
}

export function diaryHandlers(behind: Behind) {
  let settings: DiarySettings = { prompts: true };
  let attachments: AttachmentSettings = { keepsAll: true, isAsked: behind.phone };
  const of = (filter: Required<DiaryFilter>) => behind.sorted().filter((entry) => matches(entry, filter));
  const earlier = (of: string) =>
    behind
      .sorted()
      .filter(
        ({ id, writtenAt }) =>
          !behind.held(id) && writtenAt.slice(5, 10) === of.slice(5) && day(writtenAt) < of,
      );
  const today = () => {
    const now = behind.now();
    return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
  };
  return {
    diaryMove: ({ id, local }: Input) => {
      behind.mustWrite();
      const entry = behind.entry(id as string);
      entry.writtenAt = `${local as string}:00${entry.writtenAt.slice(19)}`;
      return { ...entry, zone: "Europe/Amsterdam", restriction: null };
    },
    diaryMonths: ({ filter }: Input): DiaryCount[] => {
      const counts = new Map<string, number>();
      for (const { writtenAt } of of(filter as Required<DiaryFilter>))
        counts.set(month(writtenAt), (counts.get(month(writtenAt)) ?? 0) + 1);
      return [...counts].map(([month, entries]) => ({ of: numbered(month), entries }));
    },
    diaryRows: ({ filter, month: wanted, skip, limit }: Input): EntryRow[] =>
      of(filter as Required<DiaryFilter>)
        .filter(({ writtenAt }) => numbered(month(writtenAt)) === wanted)
        .slice(skip as number, (skip as number) + (limit as number))
        .map(behind.row),
    diaryDays: ({ month: wanted }: Input): DayMarkView[] => {
      const days = new Map<string, DayMarkView>();
      const mark = (moment: string, kind: "entries" | "results") => {
        if (numbered(month(moment)) !== wanted) return;
        const found = days.get(day(moment)) ?? { day: numbered(day(moment)), entries: 0, results: 0 };
        days.set(day(moment), { ...found, [kind]: found[kind] + 1 });
      };
      for (const { writtenAt } of behind.sorted()) mark(writtenAt, "entries");
      for (const { takenAt } of behind.results()) mark(takenAt, "results");
      return [...days.values()];
    },
    diaryDay: ({ day: wanted }: Input): DayView => ({
      entries: behind
        .sorted()
        .filter(({ writtenAt }) => numbered(day(writtenAt)) === wanted)
        .map(behind.row),
      results: behind.results().filter(({ takenAt }) => numbered(day(takenAt)) === wanted),
      earlier: behind.looksBack() ? earlier(named(wanted as number)).map(behind.row) : [],
    }),
    diaryOnThisDay: (): EntryRow[] => (behind.looksBack() ? earlier(today()).map(behind.row) : []),
    diaryTags: (): TagView[] => {
      const counts = new Map<string, number>();
      for (const tag of behind.sorted().flatMap(({ tags }) => tags))
        counts.set(tag, (counts.get(tag) ?? 0) + 1);
      return [...counts]
        .map(([name, entries]) => ({
          name,
          entries,
          offered: behind.sorted().some(({ id, tags }) => tags.includes(name) && !behind.held(id)),
        }))
        .sort((a, b) => b.entries - a.entries || a.name.localeCompare(b.name));
    },
    diaryPrompt: ({ turn }: Input): PromptView | null =>
      settings.prompts && !behind.rests()
        ? { text: prompts[(turn as number) % prompts.length]![behind.language()], turn: turn as number }
        : null,
    diarySettings: () => settings,
    attachmentSettings: () => attachments,
    keepAllAttachments: ({ keepsAll }: Input) => {
      attachments = { ...attachments, keepsAll: keepsAll as boolean };
      return null;
    },
    saveDiarySettings: ({ settings: chosen }: Input) => {
      settings = chosen as DiarySettings;
      return null;
    },
  };
}
