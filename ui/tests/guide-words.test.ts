import { describe, expect, it } from "vitest";
import en from "../messages/en.json";
import nl from "../messages/nl.json";

const files = import.meta.glob<string>("../../crates/domain/content/guide/*.md", {
  query: "?raw",
  import: "default",
  eager: true,
});
const isKey = (word: string) => /^(Ctrl|Alt|Shift)\+\w$|^\d$|^Esc$/.test(word);

describe("the help pages", () => {
  it.each(Object.entries(files))("%s names buttons as the screens do", (file, text) => {
    const messages: unknown[] = Object.values(file.endsWith(".nl.md") ? nl : en);
    const named = [...text.matchAll(/\*\*(.+?)\*\*/g)]
      .map(([, word]) => word!)
      .filter((word) => !isKey(word));
    expect(named.filter((word) => !messages.includes(word))).toEqual([]);
  });
});
