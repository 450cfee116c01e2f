import { Fragment, type Mark, type MarkType, type Node } from "prosemirror-model";
import { schema } from "../schema";

/**
 * The form that Markdown can hold: bold and italic never begin or end with white space or cover a line break, and text
 * has only characters that a Markdown file can carry. What is seen and every position in the document stay as they are.
 */
export function tidy(node: Node): Node {
  if (node.isText) return node;
  if (node.type.spec.code) return node.copy(Fragment.from(tidyCode(node)));
  if (node.inlineContent) return node.copy(tidyInline(node));
  const children: Node[] = [];
  node.forEach((child) => children.push(tidy(child)));
  return node.copy(Fragment.fromArray(children));
}

export function tidyInline(block: Node): Fragment {
  let pieces: Node[] = [];
  block.forEach((child) => pieces.push(...splitWhitespace(child)));
  for (const type of [schema.marks.strong!, schema.marks.em!]) pieces = trimMark(pieces, type);
  return Fragment.fromArray(pieces);
}

export function codeOf(block: Node): string {
  return block.textContent.replace(/\p{Cs}|\0/gu, "\uFFFD").replace(/\r\n?/g, "\n");
}

function tidyCode(block: Node): Node[] {
  const code = codeOf(block);
  return code ? [schema.text(code)] : [];
}

function splitWhitespace(node: Node): Node[] {
  if (!node.isText) return [node.type === schema.nodes.hard_break ? node.mark([]) : node];
  const parts = holdable(node.text!).match(/\s+|\S+/gu) ?? [];
  return parts.map((part) => schema.text(part, node.marks));
}

/** Half a character pair cannot be written to a file, Markdown cannot hold a NUL, and a new line is a hard break. */
function holdable(text: string): string {
  return text.replace(/\p{Cs}|\0/gu, "\uFFFD").replace(/[\r\n]/g, " ");
}

function trimMark(pieces: Node[], type: MarkType): Node[] {
  const out = [...pieces];
  let start = 0;
  while (start < out.length) {
    if (!type.isInSet(out[start]!.marks)) {
      start += 1;
      continue;
    }
    let end = start;
    while (end < out.length && type.isInSet(out[end]!.marks)) end += 1;
    for (let i = start; i < end && isBlank(out[i]!); i += 1) out[i] = without(out[i]!, type);
    for (let i = end - 1; i >= start && isBlank(out[i]!); i -= 1) out[i] = without(out[i]!, type);
    start = end;
  }
  return out;
}

function isBlank(node: Node): boolean {
  return node.isText && /^\s+$/u.test(node.text!);
}

function without(node: Node, type: MarkType): Node {
  return node.mark(type.removeFromSet(node.marks) as Mark[]);
}
