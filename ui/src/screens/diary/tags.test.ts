import { describe, expect, it } from "vitest";
import { completions, tidyTag } from "./tags";
import { readTime } from "./time";

describe("tags", () => {
  it("are completed whatever the case and the accents, without those chosen", () => {
    const known = ["Coöperatie", "werk", "huiswerk", "Werkoverleg"];
    expect(completions("WERK", known, [])).toEqual(["werk", "Werkoverleg", "huiswerk"]);
    expect(completions("coop", known, [])).toEqual(["Coöperatie"]);
    expect(completions("werk", known, ["WERK"])).toEqual(["Werkoverleg", "huiswerk"]);
  });

  it("lose their signs and are not longer than a chip", () => {
    expect(tidyTag("  #rust,  en\n stilte ")).toBe("rust en stilte");
    expect(tidyTag("a".repeat(90))).toHaveLength(40);
  });
});

describe("a time as people type it", () => {
  it.each([
    ["21:14", "21:14"],
    ["9", "09:00"],
    ["9.05", "09:05"],
    ["2114", "21:14"],
    [" 08h30 ", "08:30"],
    ["24:00", null],
    ["12:60", null],
    ["later", null],
  ])("%s", (typed, time) => expect(readTime(typed)).toBe(time));
});
