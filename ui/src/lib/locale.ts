import type { Language } from "$lib/bindings";
import { overwriteGetLocale } from "../paraglide/runtime";

const tags: Record<Language, string> = { nl: "nl-NL", en: "en-GB" };

let current: () => Language = () => "en";

/** Texts follow `language`; reading a signal in it makes every shown message change with it. */
export function followLanguage(language: () => Language) {
  current = language;
  overwriteGetLocale(language);
}

export const localeTag = () => tags[current()];
