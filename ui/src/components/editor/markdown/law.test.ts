import fc from "fast-check";
import type { Mark, Node } from "prosemirror-model";
import { describe, expect, it } from "vitest";
import { schema } from "../schema";
import { parse } from "./parse";
import { serialise } from "./serialise";
import { tidy } from "./tidy";

const { nodes, marks } = schema;

// Few letters, many signs: what a reader of Markdown could take for a mark comes up in nearly every sample.
const sign = fc.constantFrom(
  ..."ab1 .*_-+#>~`[]()<&!\\|=:;\"'é\u00a0😀€\t\uFEFF",
  "&amp;",
  "1. ",
  "- ",
  "---",
  "**",
  "http://a.nl",
);
const text = fc.oneof(
  fc.array(sign, { minLength: 1, maxLength: 8 }).map((parts) => parts.join("")),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
  fc.constantFrom("woord", "twee woorden", " ", "  "),
);
const href = fc.constantFrom(
  "https://a.nl",
  "https://a.nl/x_(y)?q=1&b=2#*z*",
  "mailto:jij@a.nl",
  "http://b.nl/<é>\\",
);
const title = fc.constantFrom("", "", 'a "b" \\c &amp; d');

const markSet = fc
  .tuple(fc.boolean(), fc.boolean(), fc.option(fc.tuple(href, title), { freq: 4 }))
  .map(([strong, em, link]) => {
    let set: readonly Mark[] = [];
    if (strong) set = marks.strong!.create().addToSet(set);
    if (em) set = marks.em!.create().addToSet(set);
    if (link) set = marks.link!.create({ href: link[0], title: link[1] }).addToSet(set);
    return set;
  });

const words = fc.tuple(text, markSet).map(([value, set]) => schema.text(value, set));
const picture = fc
  .tuple(href, fc.oneof(text, fc.constant("")), title, markSet)
  .map(([src, alt, t, set]) => nodes.image!.create({ src, alt: tidyAlt(alt), title: t }, null, set));
const lineBreak = markSet.map((set) => nodes.hard_break!.create(null, null, set));
const tidyAlt = (alt: string) => alt.replace(/\0/g, "");

const inline = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: words },
    { weight: 1, arbitrary: picture },
    { weight: 2, arbitrary: lineBreak },
  ),
  {
    maxLength: 6,
  },
);
const line = inline.map((list) => list.filter((node) => node.type !== nodes.hard_break));

const paragraph = inline.map((content) => nodes.paragraph!.create(null, content));
const heading = fc
  .tuple(fc.integer({ min: 1, max: 6 }), line)
  .map(([level, content]) => nodes.heading!.create({ level }, content));
const rule = fc.constant(nodes.horizontal_rule!.create());
const codeText = fc.oneof(text, fc.constantFrom("", "\n", "a\n\n  b\n", "```\n~~~", "\tx"));
const code = fc
  .tuple(fc.constantFrom("", "js", "a`b c"), codeText)
  .map(([info, value]) => nodes.code_block!.create({ info }, value ? schema.text(value) : null));

const { block } = fc.letrec<{ block: Node; item: Node }>((tie) => ({
  block: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 6, arbitrary: paragraph },
    { weight: 1, arbitrary: heading },
    { weight: 1, arbitrary: rule },
    { weight: 1, arbitrary: code },
    {
      weight: 2,
      arbitrary: fc
        .array(tie("block"), { minLength: 1, maxLength: 3 })
        .map((c) => nodes.blockquote!.create(null, c)),
    },
    {
      weight: 2,
      arbitrary: fc
        .array(tie("item"), { minLength: 1, maxLength: 3 })
        .map((c) => nodes.bullet_list!.create(null, c)),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.constantFrom(0, 1, 1, 2, 99, 999_999_999),
          fc.array(tie("item"), { minLength: 1, maxLength: 3 }),
        )
        .map(([order, c]) => nodes.ordered_list!.create({ order }, c)),
    },
  ),
  item: fc
    .tuple(paragraph, fc.array(tie("block"), { maxLength: 2 }))
    .map(([first, rest]) => nodes.list_item!.create(null, [first, ...rest])),
}));

const anyDocument = fc
  .array(block, { minLength: 1, maxLength: 5 })
  .map((content) => nodes.doc!.create(null, content));

describe("what is written comes back", { timeout: 60_000 }, () => {
  it("for every document", () => {
    fc.assert(
      fc.property(anyDocument, (doc) => {
        doc.check();
        const markdown = serialise(doc);
        expect(parse(markdown).toJSON(), JSON.stringify(markdown)).toEqual(tidy(doc).toJSON());
      }),
      { numRuns: Number(process.env.LAW_RUNS ?? 400) },
    );
  });

  it("with every position where it was, so that the caret returns to its place", () => {
    fc.assert(
      fc.property(anyDocument, (doc) => {
        expect(parse(serialise(doc)).nodeSize).toBe(doc.nodeSize);
      }),
      { numRuns: 300 },
    );
  });

  it("for every text typed as plain paragraphs", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (paragraphs) => {
        const doc = nodes.doc!.create(
          null,
          paragraphs.map((value) => nodes.paragraph!.create(null, value ? schema.text(value) : null)),
        );
        const again = parse(serialise(doc));
        expect(again.toJSON()).toEqual(tidy(doc).toJSON());
      }),
      { numRuns: 500 },
    );
  });

  it("for every Markdown from elsewhere, once read", () => {
    const piece = fc.oneof(
      sign,
      fc.constantFrom("\n", "\n\n", "> ", "<b>", "</b>", "```\n", "[x](y)", "![a](b)", "\n    "),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const read = parse(pieces.join(""));
        read.check();
        expect(parse(serialise(read)).toJSON()).toEqual(tidy(read).toJSON());
      }),
      { numRuns: 600 },
    );
  });
});

describe("Markdown that people will see elsewhere stays plain", () => {
  it.each([
    ["Vanochtend lukte het om eerst te **wandelen**.", "Vanochtend lukte het om eerst te **wandelen**."],
    ["- brood\n- melk\n  - halfvol", "- brood\n- melk\n  - halfvol"],
    ["a *b* **c *d***", "a *b* **c _d_**"],
    ["Om 17:30 uur, 3 - 2 = 1 & klaar (echt) <3", "Om 17:30 uur, 3 - 2 = 1 & klaar (echt) \\<3"],
  ])("%s", (markdown, expected) => {
    expect(serialise(parse(markdown))).toBe(expected);
  });

  it("keeps raw HTML and images, as words", () => {
    const doc = parse('Een <b onclick="x()">knop</b> en ![een kat](https://kat.example/kat.png).');
    expect(doc.textContent).toBe('Een <b onclick="x()">knop</b> en een kat (https://kat.example/kat.png).');
    expect(serialise(doc)).toContain("![een kat](https://kat.example/kat.png)");
  });

  it("makes no link of an address that is not for the web or mail", () => {
    const doc = parse("[klik](javascript:alert(1)) [lees](https://a.nl)");
    expect(doc.firstChild!.child(0).marks).toEqual([]);
    expect(doc.textContent).toBe("[klik](javascript:alert(1)) lees");
  });
});
