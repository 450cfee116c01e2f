import checkInQuestions from "../../crates/domain/content/instruments/check-in-2.questionnaire.json";
import checkInScoring from "../../crates/domain/content/instruments/check-in-2.scoring.json";
import pulseStatements from "../../crates/domain/content/instruments/pulse-4.questionnaire.json";
import pulseScoring from "../../crates/domain/content/instruments/pulse-4.scoring.json";
import vitalityStatements from "../../crates/domain/content/instruments/vitality-16.questionnaire.json";
import vitalityScoring from "../../crates/domain/content/instruments/vitality-16.scoring.json";
import type { InstrumentView, Language, StatementItem } from "$lib/bindings";

type Both = Record<Language, string>;
type Translated = { extension: { extension: { url: string; valueString?: string }[] }[] };

const translated = (base: string, dutch: Translated, language: Language): string =>
  language === "en"
    ? base
    : (dutch.extension[0]?.extension.find(({ url }) => url === "content")?.valueString ?? base);

export type Scoring = {
  instrument: string;
  rhythm?: string;
  onePage?: boolean;
  scale: { min: number; max: number };
  subscales: { id: string; name: Both; items: string[]; reversed: string[] }[];
  overall?: { name: Both };
  missing: { minAnsweredShare: number };
  minutes: number;
  about: Both;
  source: Both;
};

export type Instrument = {
  scoring: Scoring;
  view: (language: Language) => InstrumentView;
  period: (language: Language) => string;
  items: (language: Language) => StatementItem[];
};

function read(questionnaire: typeof vitalityStatements, scoring: Scoring): Instrument {
  const group = questionnaire.item[0]!;
  return {
    scoring,
    period: (language) => translated(group.text, group._text, language),
    items: (language) =>
      group.item.map((item) => ({
        id: item.linkId,
        text: translated(item.text, item._text, language),
        options: item.answerOption.map(({ valueCoding }) => ({
          value: Number(valueCoding.code),
          label: translated(valueCoding.display, valueCoding._display, language),
        })),
      })),
    view: (language) => ({
      id: scoring.instrument,
      title: translated(questionnaire.title, questionnaire._title, language),
      about: scoring.about[language],
      statements: group.item.length,
      minutes: scoring.minutes,
      source: scoring.source[language],
      provisional: true,
      onePage: scoring.onePage ?? false,
    }),
  };
}

/** The shipped instruments, from the core's own files. */
export const instruments: Instrument[] = [
  read(vitalityStatements, vitalityScoring),
  read(pulseStatements, pulseScoring),
  read(checkInQuestions, checkInScoring),
];
