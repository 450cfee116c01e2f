import type { Mark, Node } from "prosemirror-model";
import { imageText, linkTail } from "./address";
import { tidyInline } from "./tidy";

/** Stands for "nothing here" where Markdown would drop an empty line. Typed by hand it is written as an entity. */
export const FILLER = "\u00A0";

type Span = { kind: "open" | "close"; mark: Mark; delimiter: string };
type Piece =
  /** One entry per character, already escaped, so that a character at an edge can be written as an entity. */
  { kind: "text"; cells: string[] } | { kind: "fixed"; source: string } | { kind: "break" } | Span;

/** The inline content of one block as one Markdown line (hard breaks aside). */
export function writeInline(block: Node): string {
  const pieces = readPieces(block);
  chooseDelimiters(pieces);
  protectLines(pieces, block.type.name === "heading");
  protectDelimiters(pieces);
  return pieces.map(source).join("");
}

function source(piece: Piece): string {
  switch (piece.kind) {
    case "text":
      return piece.cells.join("");
    case "fixed":
      return piece.source;
    case "break":
      return "\\\n";
    default:
      return piece.delimiter;
  }
}

function readPieces(block: Node): Piece[] {
  const nodes = tidyInline(block).content;
  const pieces: Piece[] = [];
  const open: Mark[] = [];
  const closeTo = (depth: number) => {
    while (open.length > depth) {
      const mark = open.pop()!;
      pieces.push({ kind: "close", mark, delimiter: delimiterOf(mark, false) });
    }
  };
  nodes.forEach((node, index) => {
    closeTo(keptDepth(open, node.marks));
    const missing = node.marks.filter((mark) => !mark.isInSet(open));
    missing.sort((a, b) => runLength(nodes, index, b) - runLength(nodes, index, a));
    for (const mark of missing) {
      open.push(mark);
      pieces.push({ kind: "open", mark, delimiter: delimiterOf(mark, true) });
    }
    pieces.push(readNode(node, index === nodes.length - 1));
  });
  closeTo(0);
  return pieces;
}

function keptDepth(open: Mark[], marks: readonly Mark[]): number {
  const gone = open.findIndex((mark) => !mark.isInSet(marks));
  return gone < 0 ? open.length : gone;
}

function runLength(nodes: readonly Node[], from: number, mark: Mark): number {
  let to = from;
  while (to < nodes.length && mark.isInSet(nodes[to]!.marks)) to += 1;
  return to - from;
}

function readNode(node: Node, last: boolean): Piece {
  if (node.isText) return { kind: "text", cells: escapeText(node.text!) };
  if (node.type.name === "image") return { kind: "fixed", source: imageText(node) };
  return last ? { kind: "fixed", source: `\\\n${FILLER}` } : { kind: "break" };
}

function delimiterOf(mark: Mark, opening: boolean): string {
  if (mark.type.name === "strong") return "**";
  if (mark.type.name === "em") return "*";
  return opening ? "[" : linkTail(mark);
}

function escapeText(text: string): string[] {
  const characters = Array.from(text);
  return characters.map((character, index) => {
    const next = characters[index + 1] ?? "";
    const previous = characters[index - 1] ?? "";
    switch (character) {
      case "\\":
      case "`":
      case "*":
      case "_":
      case "[":
      case "]":
        return `\\${character}`;
      case "<":
        return next === " " ? character : "\\<";
      case "~":
        return next === "~" || previous === "~" ? "\\~" : character;
      case "&":
        return /^&#?[\da-z]{1,32};/i.test(characters.slice(index, index + 36).join("")) ? "\\&" : character;
      case "\uFEFF":
      case "\t":
        return entity(character);
      default:
        return character;
    }
  });
}

export function entity(character: string): string {
  return `&#x${character.codePointAt(0)!.toString(16).toUpperCase()};`;
}

/** Italic beside bold is written with underscores, so that no run of stars can be read in two ways. */
function chooseDelimiters(pieces: Piece[]): void {
  const spans: number[] = [];
  pieces.forEach((piece, index) => {
    if (piece.kind === "open") spans.push(index);
    if (piece.kind !== "close") return;
    const start = spans.pop()!;
    if (piece.mark.type.name !== "em") return;
    const besideBold = [start - 1, start + 1, index - 1, index + 1].some((i) => isStars(pieces[i]));
    if (!besideBold) return;
    piece.delimiter = "_";
    (pieces[start] as Span).delimiter = "_";
  });
}

function isStars(piece: Piece | undefined): boolean {
  return (piece?.kind === "open" || piece?.kind === "close") && piece.delimiter.startsWith("*");
}

function protectLines(pieces: Piece[], heading: boolean): void {
  pieces.forEach((piece, index) => {
    if (piece.kind !== "text") return;
    const before = pieces[index - 1];
    const after = pieces[index + 1];
    if (before === undefined || before.kind === "break") {
      if (!heading) protectLineStart(piece.cells);
      encodeAt(piece.cells, 0, /^[ \t]$/);
      if (after === undefined && piece.cells.every((cell) => cell === FILLER)) encodeAt(piece.cells, 0, /./);
    }
    const last = piece.cells.length - 1;
    if (after === undefined || after.kind === "break" || isTrailingBreak(after))
      encodeAt(piece.cells, last, /^[ \t]$/);
    if (heading && after === undefined && piece.cells[last] === "#") piece.cells[last] = "\\#";
    if (after?.kind === "open" && after.delimiter === "[" && piece.cells[last] === "!")
      piece.cells[last] = "\\!";
  });
}

function isTrailingBreak(piece: Piece): boolean {
  return piece.kind === "fixed" && piece.source.startsWith("\\\n");
}

function encodeAt(cells: string[], index: number, what: RegExp): void {
  const cell = cells[index]!;
  if (what.test(cell)) cells[index] = entity(cell);
}

/** What a line begins with must not be read as a heading, quote, list, rule, table or fence. */
function protectLineStart(cells: string[]): void {
  const text = cells.join("").slice(0, 16);
  if (/^#{1,6}(\s|$)/.test(text) || /^[>|]/.test(text) || /^[-+=~]($|[^\p{L}\p{N}])/u.test(text)) {
    if (cells[0]!.length === 1) cells[0] = `\\${cells[0]}`;
    return;
  }
  const number = /^\d{1,9}(?=[.)](\s|$))/.exec(text);
  if (number) cells[number[0].length] = `\\${cells[number[0].length]}`;
}

type Class = "space" | "punctuation" | "word" | "unsure";

/** Symbols and emoji count as punctuation in newer Markdown and as word characters in older: trust neither. */
function classOf(character: string): Class {
  if (character === "" || /^\s$/u.test(character)) return "space";
  if (character.length > 1) return "unsure";
  if (/^\p{P}$/u.test(character)) return "punctuation";
  if (/^[$+<=>^`|~]$/.test(character)) return "punctuation";
  return /^[\p{L}\p{N}\p{M}]$/u.test(character) ? "word" : "unsure";
}

/**
 * A delimiter is read as such only between certain neighbours. Where the neighbours are wrong, the character beside it
 * is written as an entity, which counts as punctuation.
 */
function protectDelimiters(pieces: Piece[]): void {
  let changed = true;
  while (changed) {
    changed = false;
    pieces.forEach((piece, index) => {
      if (piece.kind !== "open" && piece.kind !== "close") return;
      if (piece.mark.type.name === "link") return;
      const inward = piece.kind === "open" ? 1 : -1;
      const inside = edge(pieces[index + inward], inward);
      const outside = edge(pieces[index - inward], -inward);
      if (classOf(inside) === "space") changed = encodeEdge(pieces[index + inward], inward) || changed;
      const clear = ["space", "punctuation"].includes(classOf(outside));
      const needsClear = piece.delimiter === "_" || classOf(inside) !== "word";
      if (needsClear && !clear) changed = encodeEdge(pieces[index - inward], -inward) || changed;
    });
  }
}

/** The character of a piece that faces a delimiter standing before (1) or after (-1) it. */
function edge(piece: Piece | undefined, side: number): string {
  if (piece === undefined) return "";
  const text = piece.kind === "text" ? piece.cells.at(side > 0 ? 0 : -1)! : source(piece);
  const characters = Array.from(text);
  return side > 0 ? characters[0]! : characters.at(-1)!;
}

function encodeEdge(piece: Piece | undefined, side: number): boolean {
  if (piece?.kind !== "text") return false;
  const index = side > 0 ? 0 : piece.cells.length - 1;
  const cell = piece.cells[index]!;
  if (Array.from(cell).length !== 1) return false;
  piece.cells[index] = entity(cell);
  return true;
}
