import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(join(import.meta.dirname, "../src/app/tokens.css"), "utf8");

type Tokens = Record<string, [light: string, dark: string]>;

/** The colours set under a selector, as light and dark. */
function tokens(selector: string): Tokens {
  const block = css.slice(css.indexOf(selector) + selector.length).split("}")[0] ?? "";
  const found = block.matchAll(/--([\w-]+):\s*light-dark\((#\w{6}),\s*(#\w{6})\)/g);
  return Object.fromEntries([...found].map(([, name, light, dark]) => [name, [light, dark]])) as Tokens;
}

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

const plain = tokens(":root {");
const more = { ...plain, ...tokens(':root[data-contrast="more"] {') };

const grounds = ["paper", "raised", "soft"];
const text = ["ink", "quiet-ink", "primary", "danger"];
const marks = ["accent", "input-border", "energy", "motivation", "resilience"];

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("in the %s theme", (_, theme) => {
  const at = (of: Tokens, name: string) => of[name]![theme];

  it.each(grounds.flatMap((ground) => text.map((name) => [name, ground] as const)))(
    "text in %s is legible on %s",
    (name, ground) => {
      expect(contrast(at(plain, name), at(plain, ground))).toBeGreaterThanOrEqual(4.5);
    },
  );

  it.each(["paper", "raised"].flatMap((ground) => marks.map((name) => [name, ground] as const)))(
    "a mark in %s stands out on %s",
    (name, ground) => {
      expect(contrast(at(plain, name), at(plain, ground))).toBeGreaterThanOrEqual(3);
    },
  );

  it.each([
    ["on-primary", "primary"],
    ["on-primary", "primary-strong"],
    ["on-danger", "danger"],
    ["paper", "ink"],
    ["ink", "mark"],
  ])("%s is legible on %s", (name, ground) => {
    expect(contrast(at(plain, name), at(plain, ground))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(["paper", "raised"].flatMap((ground) => text.map((name) => [name, ground] as const)))(
    "with more contrast, %s on %s is far above the least",
    (name, ground) => {
      expect(contrast(at(more, name), at(more, ground))).toBeGreaterThanOrEqual(7);
    },
  );

  it.each(marks)("with more contrast, a mark in %s is as clear as text", (name) => {
    expect(contrast(at(more, name), at(more, "paper"))).toBeGreaterThanOrEqual(4.5);
  });
});

it("gives the system's wish for more contrast the same colours as the setting", () => {
  const wish = css.slice(css.indexOf("@media (prefers-contrast: more)"));
  const block = wish.slice(wish.indexOf("{", wish.indexOf(":root"))).split("}")[0];
  for (const [name, [light, dark]] of Object.entries(tokens(':root[data-contrast="more"] {')))
    expect(block).toContain(`--${name}: light-dark(${light}, ${dark})`);
});
