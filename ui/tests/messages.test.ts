import { expect, it } from "vitest";
import { findings } from "./messages.mjs";

it("has every text in both languages, with the same inputs, and none that is used nowhere", () => {
  expect(findings()).toEqual([]);
});
