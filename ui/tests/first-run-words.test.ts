import { expect, it } from "vitest";
import type { Language } from "$lib/bindings";
import en from "../messages/en.json";
import nl from "../messages/nl.json";
import { purposes } from "./fake-content";
import { sentences } from "./messages.mjs";

const texts: Record<Language, Record<string, unknown>> = { nl, en };
const shown = /^(first_run|consent_(details|data|recipients|retention)|passphrase|strength|hint)_?/;
const also = ["lock_passphrase", "help_open", "app_back", "settings_language"];

const words = (text: string) => text.split(/\s+/).filter((word) => /\p{L}|\d/u.test(word)).length;

function wordsOfFirstRun(language: Language): number {
  const own = Object.entries(texts[language])
    .filter(([key]) => shown.test(key) || also.includes(key))
    .flatMap(([, message]) => sentences(message));
  const choices = purposes(language).flatMap(({ title, text, data, recipients, retention }) => [
    title,
    text,
    data,
    recipients,
    retention,
  ]);
  return [...own, ...choices].reduce((sum, text) => sum + words(text), 0);
}

// Three minutes at 200 words a minute are 600; every hint and problem is counted, though nobody meets them all.
it.each(["nl", "en"] as const)("the first run in %s is read in well under three minutes", (language) => {
  const count = wordsOfFirstRun(language);
  expect(count).toBeGreaterThan(200);
  expect(count).toBeLessThan(450);
});
