import type {
  AddedView,
  AnswerChoice,
  ChangeView,
  DimensionView,
  InstrumentFaultView,
  ItemAnswer,
  Language,
  OfferView,
  PointView,
  ResultRow,
  ResultsPage,
  RestrictionView,
  ResultView,
  RunSummary,
  RunView,
  SeriesView,
  TrendView,
  UiError,
  WritingView,
} from "$lib/bindings";
import { instruments, type Instrument } from "./fake-instruments";

export type Run = {
  id: string;
  instrument: string;
  startedAt: string;
  position: number;
  answers: Map<string, AnswerChoice>;
  note: string;
  finishedAt: string | null;
  correctedAt: string | null;
};
type Input = Record<string, unknown>;
type Surroundings = {
  language: () => Language;
  now: () => Date;
  local: (date: Date) => string;
  newId: () => string;
  mustWrite: () => void;
  writing: () => WritingView;
  restriction: (id: string) => RestrictionView | null;
  onHold: () => boolean;
};

const day = 86_400_000;
const notFound = { code: "notFound" } satisfies UiError;

/** The meter in memory: taking, results, and a course over time. */
export class FakeMeter {
  runs: Run[] = [];
  deleted: Run[] = [];
  added: AddedView[] = [];
  /** What is wrong with the next file that is chosen. */
  faults: InstrumentFaultView[] = [];

  constructor(private readonly at: Surroundings) {}

  #of(id: string): Instrument {
    const found = instruments.find(({ scoring }) => scoring.instrument === id);
    if (!found) throw { code: "internal" } satisfies UiError;
    return found;
  }

  #run(id: string): Run {
    const run = this.runs.find((each) => each.id === id);
    if (!run) throw notFound;
    return run;
  }

  /** A run so many days ago, the answers in the order of the statements. */
  put(instrument: string, daysAgo: number, values: number[], finished = true): Run {
    const date = new Date(this.at.now());
    date.setDate(date.getDate() - daysAgo);
    date.setHours(21, 14, 0, 0);
    const { scale } = this.#of(instrument).scoring;
    const answers = new Map<string, AnswerChoice>();
    this.#of(instrument)
      .items("en")
      .forEach((item, index) => {
        const value = values[index];
        if (value === undefined) return;
        const kept = Math.min(scale.max, Math.max(scale.min, Math.round(value)));
        answers.set(item.id, { kind: "value", value: kept });
      });
    const run: Run = {
      id: this.at.newId(),
      instrument,
      startedAt: this.at.local(date),
      position: values.length,
      answers,
      note: "",
      finishedAt: finished ? this.at.local(date) : null,
      correctedAt: null,
    };
    this.runs.push(run);
    return run;
  }

  /** Two years of checks, pulses and check-ins, as somebody's life goes. */
  putHistory() {
    const wave = (daysAgo: number, seed: number) =>
      Math.sin(daysAgo / 47 + seed) * 0.9 + Math.sin(daysAgo * 12.9898 * (seed + 1)) * 0.8;
    for (let daysAgo = 720; daysAgo > 40; daysAgo -= 60)
      this.put(
        "vitality-16",
        daysAgo,
        Array.from({ length: 16 }, (_, item) => {
          const value = 4.3 + wave(daysAgo, item % 3) + (item % 3) * 0.3;
          const { subscales } = this.#of("vitality-16").scoring;
          const id = this.#of("vitality-16").items("en")[item]!.id;
          return subscales.some(({ reversed }) => reversed.includes(id)) ? 8 - value : value;
        }),
      );
    for (let daysAgo = 366; daysAgo > 6; daysAgo -= 7)
      this.put(
        "pulse-4",
        daysAgo,
        [4.6, 4.9, 5.1, 3.6].map((mean, item) => mean + wave(daysAgo, item)),
      );
    for (let daysAgo = 200; daysAgo > 0; daysAgo -= 1)
      if (daysAgo % 5 !== 0)
        this.put(
          "check-in-2",
          daysAgo,
          [3.4, 3.1].map((mean, item) => mean + wave(daysAgo, item)),
        );
  }

  #view(run: Run): RunView {
    const instrument = this.#of(run.instrument);
    const language = this.at.language();
    const items = instrument.items(language);
    return {
      id: run.id,
      title: instrument.view(language).title,
      period: instrument.period(language),
      items,
      answers: [...run.answers].map(([item, answer]) => ({ item, answer })),
      position: Math.min(run.position, items.length - 1),
    };
  }

  #summary(run: Run): RunSummary {
    const { title, statements } = this.#of(run.instrument).view(this.at.language());
    const { id, instrument, startedAt, answers } = run;
    return { id, instrument, title, startedAt, answered: answers.size, of: statements };
  }

  paused(): RunSummary[] {
    return this.runs.filter(({ finishedAt }) => finishedAt === null).map((run) => this.#summary(run));
  }

  #finished(instrument?: string): Run[] {
    return this.runs
      .filter((run) => run.finishedAt !== null && (instrument ?? run.instrument) === run.instrument)
      .sort((a, b) => a.finishedAt!.localeCompare(b.finishedAt!));
  }

  #rests = (run: Run) => this.at.onHold() || this.at.restriction(run.id) !== null;

  /** Those that are not on hold. */
  #used(instrument?: string): Run[] {
    return this.#finished(instrument).filter((run) => !this.#rests(run));
  }

  /** Scores of all dimensions, the whole first where there is one. */
  #scores(run: Run): { id: string; score: number | null; mean: number; answered: number; of: number }[] {
    const { scoring } = this.#of(run.instrument);
    const { min, max } = scoring.scale;
    const parts = scoring.subscales.map(({ id, items, reversed }) => {
      const values = items.flatMap((item) => {
        const answer = run.answers.get(item);
        if (answer?.kind !== "value") return [];
        return [reversed.includes(item) ? min + max - answer.value : answer.value];
      });
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const enough = values.length >= scoring.missing.minAnsweredShare * items.length;
      const score = enough ? (100 * (mean - min)) / (max - min) : null;
      return { id, score, mean, answered: values.length, of: items.length };
    });
    if (!scoring.overall) return parts;
    const whole = parts.every(({ score }) => score !== null);
    const score = whole ? parts.reduce((sum, part) => sum + part.score!, 0) / parts.length : null;
    const mean = score === null ? Number.NaN : min + (score / 100) * (max - min);
    const answered = parts.reduce((sum, part) => sum + part.answered, 0);
    const of = parts.reduce((sum, part) => sum + part.of, 0);
    return [{ id: "overall", score, mean, answered, of }, ...parts];
  }

  #change(run: Run, dimension: string): ChangeView | null {
    const row = this.#used(run.instrument)
      .filter(({ finishedAt }) => finishedAt! <= run.finishedAt!)
      .flatMap((each) => this.#scores(each).find(({ id }) => id === dimension)?.score ?? []);
    const newest = row.at(-1);
    if (newest === undefined) return null;
    const earlier = row.slice(-25, -1);
    const known = { results: row.length, needed: 8, published: false };
    if (row.length < 8) return { ...known, kind: "tooFew", of: 0, low: null, high: null };
    const mean = earlier.reduce((sum, value) => sum + value, 0) / earlier.length;
    const steps = earlier.slice(1).map((value, index) => (value - earlier[index]!) ** 2);
    const s = Math.sqrt(steps.reduce((sum, step) => sum + step, 0) / steps.length / 2);
    const low = Math.max(0, mean - 2.2 * s);
    const high = Math.min(100, mean + 2.2 * s);
    const kind = newest > high ? "higher" : newest < low ? "lower" : "unclear";
    return { ...known, kind, of: earlier.length, low, high };
  }

  result(run: Run): ResultView {
    const language = this.at.language();
    const instrument = this.#of(run.instrument);
    const view = instrument.view(language);
    const dimensions = this.#scores(run).map(({ id, score, mean, answered, of }): DimensionView => {
      const subscale = instrument.scoring.subscales.find((one) => one.id === id);
      const item = instrument.items(language).find((one) => subscale?.items.includes(one.id) ?? true);
      const { min } = instrument.scoring.scale;
      return {
        id,
        name: (subscale?.name ?? instrument.scoring.overall!.name)[language],
        score: score === null ? null : Math.round(score),
        label: score === null ? null : (item?.options[Math.round(mean - min)]?.label ?? null),
        answered,
        of,
        change: score === null || this.#rests(run) ? null : this.#change(run, id),
      };
    });
    return {
      id: run.id,
      instrument: run.instrument,
      title: view.title,
      period: instrument.period(language),
      takenAt: run.finishedAt ?? run.startedAt,
      zone: "Europe/Amsterdam",
      overall: dimensions.find(({ id }) => id === "overall") ?? null,
      dimensions: dimensions.filter(({ id }) => id !== "overall"),
      note: run.note,
      correctedAt: run.correctedAt,
      restriction: this.at.restriction(run.id),
      source: view.source,
      provisional: true,
    };
  }

  results(): ResultRow[] {
    return this.#finished()
      .reverse()
      .map((run) => {
        const { id, instrument, title, takenAt, overall, dimensions } = this.result(run);
        return {
          id,
          instrument,
          title,
          takenAt,
          overall: overall?.score ?? null,
          overallName: overall?.name ?? null,
          words: overall ? [] : dimensions.flatMap(({ label }) => label ?? []),
        };
      });
  }

  #page(after?: string): ResultsPage {
    const all = this.results();
    const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
    const results = all.slice(start, start + 100);
    return { results, earlier: start + 100 < all.length ? results.at(-1)!.id : null };
  }

  offers(): OfferView[] {
    if (this.at.writing() !== "allowed" || this.at.onHold()) return [];
    const due = { daily: 1, weekly: 7 } as Record<string, number>;
    const today = Math.floor(this.at.now().getTime() / day);
    return [...instruments].reverse().flatMap(({ scoring, view, items }) => {
      const every = due[scoring.rhythm ?? ""];
      if (every === undefined || (every > 1 && this.#finished().length === 0)) return [];
      const last = this.#finished(scoring.instrument).at(-1)?.finishedAt;
      if (last && today - Math.floor(Date.parse(last) / day) < every) return [];
      const { title, statements, minutes } = view(this.at.language());
      const first = scoring.onePage ? items(this.at.language())[0]! : null;
      return [{ instrument: scoring.instrument, title, statements, minutes, first }];
    });
  }

  #trend(from: number | null, to: number | null): TrendView {
    const all = this.#used();
    const [first, last] = [all[0], all.at(-1)].map((run) => (run ? Date.parse(run.finishedAt!) : null));
    const series = instruments.flatMap(({ scoring, view }) => {
      const runs = this.#used(scoring.instrument);
      const newest = runs.at(-1);
      if (!newest) return [];
      return this.#scores(newest).map(({ id }): SeriesView => {
        const samples = runs.flatMap((run) => {
          const score = this.#scores(run).find((one) => one.id === id)?.score;
          const at = Date.parse(run.finishedAt!);
          if (score == null) return [];
          return [{ at, score, low: score, high: score, count: 1 }];
        });
        const inside = samples.filter(({ at }) => at >= (from ?? 0) && at <= (to ?? Infinity));
        const weekly = inside.length > 62;
        const change = this.#change(newest, id);
        return {
          instrument: scoring.instrument,
          version: "1.0.0",
          title: view(this.at.language()).title,
          dimension: id,
          measures: id,
          name: (scoring.subscales.find((one) => one.id === id)?.name ?? scoring.overall!.name)[
            this.at.language()
          ],
          grain: weekly ? "week" : "each",
          points: weekly ? weeks(samples) : samples,
          results: inside.length,
          newest: samples.length > 0 ? Math.round(samples.at(-1)!.score) : null,
          change,
          comparedFrom: change?.of ? (samples.at(-1 - change.of)?.at ?? null) : null,
          provisional: true,
        };
      });
    });
    const onHold = this.at.onHold();
    const held = onHold ? 0 : this.#finished().length - all.length;
    return { first: first ?? null, last: last ?? null, series, onHold, held };
  }

  readonly handlers: Record<string, (input: Input) => unknown> = {
    meterOverview: () => ({
      instruments: instruments.map(({ view }) => view(this.at.language())),
      paused: this.paused(),
      ...this.#page(),
      mayWrite: this.at.writing() === "allowed",
      writing: this.at.writing(),
    }),
    meterResults: ({ earlier }) => this.#page(earlier as string),
    meterStart: ({ instrument }) => {
      this.at.mustWrite();
      const run = this.put(instrument as string, 0, [], false);
      run.startedAt = this.at.local(this.at.now());
      return this.#view(run);
    },
    meterPage: ({ instrument }) => {
      const run = this.put(instrument as string, 0, [], false);
      this.runs = this.runs.filter((each) => each !== run);
      return this.#view(run);
    },
    meterCheckIn: ({ instrument, answers, note }) => {
      this.at.mustWrite();
      const run = this.put(instrument as string, 0, []);
      for (const { item, answer } of answers as ItemAnswer[]) run.answers.set(item, answer);
      run.note = note as string;
      run.finishedAt = this.at.local(this.at.now());
      return run.id;
    },
    meterRun: ({ run }) => this.#view(this.#run(run as string)),
    meterAnswer: ({ run, item, answer, position }) => {
      this.at.mustWrite();
      const found = this.#run(run as string);
      found.answers.set(item as string, answer as AnswerChoice);
      found.position = position as number;
      return null;
    },
    meterFinish: ({ run }) => {
      const found = this.#run(run as string);
      found.finishedAt = this.at.local(this.at.now());
      return this.result(found);
    },
    meterResult: ({ id }) => this.result(this.#run(id as string)),
    meterAnnotate: ({ id, note }) => {
      this.at.mustWrite();
      this.#run(id as string).note = note as string;
      return null;
    },
    meterCorrect: ({ id, answers, local }) => {
      this.at.mustWrite();
      const run = this.#run(id as string);
      for (const { item, answer } of answers as ItemAnswer[]) run.answers.set(item, answer);
      run.finishedAt = `${local as string}:00${run.finishedAt!.slice(19)}`;
      run.correctedAt = this.at.local(this.at.now());
      return this.result(run);
    },
    meterDelete: ({ id }) => {
      const run = this.#run(id as string);
      this.runs = this.runs.filter((each) => each !== run);
      this.deleted.push(run);
      return null;
    },
    meterUndoDelete: ({ id }) => {
      const run = this.deleted.find((each) => each.id === id);
      if (!run) throw notFound;
      this.deleted = this.deleted.filter((each) => each !== run);
      this.runs.push(run);
      return null;
    },
    meterTrend: ({ from, to }) => this.#trend(from as number | null, to as number | null),
    saveResult: ({ format }) =>
      `/home/sam/Documenten/Regie Vitaliteitscheck.${format === "pdf" ? "pdf" : "png"}`,
    addInstrument: () => {
      if (this.faults.length === 0)
        this.added.push({
          id: "team-climate-6",
          version: "1.0.0",
          title: this.at.language() === "nl" ? "Sfeer in het team" : "Team climate",
          source: "",
          addedAt: this.at.local(this.at.now()),
          runs: 0,
        });
      return this.faults;
    },
    addedInstruments: () => this.added,
    removeInstrument: ({ id }) => {
      this.added = this.added.filter((one) => one.id !== id);
      return null;
    },
  };
}

function weeks(samples: PointView[]): PointView[] {
  const groups = new Map<number, PointView[]>();
  for (const sample of samples) {
    const week = Math.floor(sample.at / (7 * day));
    groups.set(week, [...(groups.get(week) ?? []), sample]);
  }
  return [...groups.values()].map((group) => {
    const mean = (of: (point: PointView) => number) =>
      group.reduce((sum, point) => sum + of(point), 0) / group.length;
    return {
      at: mean(({ at }) => at),
      score: mean(({ score }) => score),
      low: Math.min(...group.map(({ score }) => score)),
      high: Math.max(...group.map(({ score }) => score)),
      count: group.length,
    };
  });
}
