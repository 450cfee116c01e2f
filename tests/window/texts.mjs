// What the screens say, so that a test reads a screen as a person does and survives a better wording.

import { readFileSync } from "node:fs";

const messages = Object.fromEntries(
  ["nl", "en"].map((language) => [
    language,
    JSON.parse(readFileSync(new URL(`../../ui/messages/${language}.json`, import.meta.url), "utf8")),
  ]),
);

/** `say("first_run_step", { step: 2, of: 5 })` in one language. */
export function texts(language) {
  return (key, values = {}) => {
    const message = messages[language][key];
    if (message === undefined) throw new Error(`no message ${key} in ${language}`);
    return fill(typeof message === "string" ? message : plural(message[0].match, values.count), values);
  };
}

function plural(match, count) {
  return match[count === 1 ? "amount=one" : "amount=other"];
}

function fill(message, values) {
  return message.replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole);
}
