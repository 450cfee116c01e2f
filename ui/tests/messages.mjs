/*
 * Fails the build when a text is missing in a language, differs in its inputs, or is used nowhere.
 * Run by itself it prints what it found; the unit tests use `findings`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ui = join(import.meta.dirname, "..");
const languages = ["nl", "en"];

const read = (language) => JSON.parse(readFileSync(join(ui, "messages", `${language}.json`), "utf8"));

/** All the sentences of a message: one, or one for each form of a plural. */
export const sentences = (message) =>
  typeof message === "string" ? [message] : message.flatMap((variant) => Object.values(variant.match));

const inputs = (sentence) => [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "paraglide") yield* sources(path);
    } else if (/\.(svelte|ts)$/.test(entry.name) && !entry.name.endsWith(".test.ts")) yield path;
  }
}

function usedKeys() {
  const used = new Set();
  for (const path of sources(join(ui, "src")))
    for (const [, key] of readFileSync(path, "utf8").matchAll(/\bm\.(\w+)/g)) used.add(key);
  return used;
}

export function findings() {
  const found = [];
  const texts = Object.fromEntries(languages.map((language) => [language, read(language)]));
  const keys = new Set(languages.flatMap((language) => Object.keys(texts[language])));
  const used = usedKeys();
  for (const key of keys) {
    const missing = languages.filter((language) => !(key in texts[language]));
    for (const language of missing) found.push(`${key}: missing in ${language}`);
    if (!used.has(key)) found.push(`${key}: used nowhere`);
    if (missing.length > 0) continue;
    const each = languages.flatMap((language) => sentences(texts[language][key]));
    if (each.some((sentence) => sentence.trim() === "")) found.push(`${key}: empty`);
    if (new Set(each.map((sentence) => inputs(sentence).join())).size > 1)
      found.push(`${key}: the inputs differ`);
  }
  for (const key of used) if (!keys.has(key)) found.push(`${key}: used, but written nowhere`);
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = findings();
  for (const line of found) console.error(line);
  process.exitCode = found.length === 0 ? 0 : 1;
}
