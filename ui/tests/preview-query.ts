import type { Language, Stage, Theme, UiError } from "$lib/bindings";
import { FakeCore, type FakeOptions } from "./fake-core";

/*
 * The app on the fake core, in a plain browser. In the query:
 * lang nl|en, theme light|dark, contrast more, text 100..200, stage open|locked|firstRun:<step>|broken:<code>,
 * go <screen>, run <id>, result <id>, entry <id>, fresh 1, empty 1, consent 0, rehearsed 0, paused 0, wait <seconds>, many <entries>.
 */
export const query = new URLSearchParams(location.search);

function stage(): Stage {
  const [kind, detail] = (query.get("stage") ?? "open").split(":");
  if (kind === "locked") return { kind, waitSeconds: Number(query.get("wait") ?? 0) };
  if (kind === "firstRun") return { kind, step: (detail ?? "welcome") as "welcome" };
  if (kind === "broken") return { kind, error: { code: detail ?? "internal" } as UiError };
  return { kind: "open" };
}

export function fakeFromQuery(): FakeCore {
  const options: FakeOptions = {
    language: (query.get("lang") ?? "nl") as Language,
    appearance: {
      theme: (query.get("theme") ?? "light") as Theme,
      contrast: query.get("contrast") === "more" ? "more" : "system",
      textSize: Number(query.get("text") ?? 100),
    },
    stage: stage(),
    empty: query.get("empty") === "1",
    pausedRun: query.get("paused") !== "0",
  };
  if (query.has("many")) options.many = Number(query.get("many"));
  if (query.has("rehearsed")) options.rehearsed = query.get("rehearsed") === "1";
  if (query.has("consent")) options.consent = query.get("consent") === "1";
  return new FakeCore(options).install();
}
