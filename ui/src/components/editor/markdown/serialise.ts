import type { Node } from "prosemirror-model";
import { FILLER, writeInline } from "./inline";
import { codeOf } from "./tidy";

/**
 * The document as Markdown. Blocks are immutable and shared between versions of a document, so what was written once is
 * remembered: a save costs as much as was changed since the last one.
 */
export function serialise(doc: Node): string {
  const only = doc.childCount === 1 ? doc.firstChild! : undefined;
  if (only?.type.name === "paragraph" && only.childCount === 0) return "";
  return writeBlocks(doc);
}

const written = new WeakMap<Node, string>();

function writeBlocks(parent: Node): string {
  const parts: string[] = [];
  parent.forEach((child, _offset, index) => {
    if (index > 0) parts.push(isTight(parent, child) ? "\n" : "\n\n");
    parts.push(isList(child) ? writeList(child, markerStyle(parent, index)) : writeBlock(child));
  });
  return parts.join("");
}

function writeBlock(block: Node): string {
  const known = written.get(block);
  if (known !== undefined) return known;
  const text = writeNew(block);
  written.set(block, text);
  return text;
}

function writeNew(block: Node): string {
  switch (block.type.name) {
    case "heading":
      return `${"#".repeat(block.attrs.level)} ${writeInline(block)}`.replace(/ $/, "");
    case "blockquote":
      return prefixLines(writeBlocks(block), "> ", "> ");
    case "code_block":
      return writeCode(block);
    case "horizontal_rule":
      return "---";
    default:
      return block.childCount === 0 ? FILLER : writeInline(block);
  }
}

function isList(node: Node): boolean {
  return node.type.name === "bullet_list" || node.type.name === "ordered_list";
}

/** A list may follow its item's own words without an empty line, unless Markdown would read it as part of them. */
function isTight(parent: Node, child: Node): boolean {
  if (parent.type.name !== "list_item") return false;
  return child.type.name === "bullet_list" || (child.type.name === "ordered_list" && child.attrs.order === 1);
}

/** Two lists in a row need different markers, or they would be read as one. */
function markerStyle(parent: Node, index: number): boolean {
  let alternate = false;
  for (let i = index - 1; i >= 0 && parent.child(i).type === parent.child(index).type; i -= 1)
    alternate = !alternate;
  return alternate;
}

const writtenLists = { plain: new WeakMap<Node, string>(), alternate: new WeakMap<Node, string>() };

function writeList(list: Node, alternate: boolean): string {
  const known = writtenLists[alternate ? "alternate" : "plain"];
  const text = known.get(list) ?? writeNewList(list, alternate);
  known.set(list, text);
  return text;
}

function writeNewList(list: Node, alternate: boolean): string {
  const items: string[] = [];
  list.forEach((item, _offset, index) => {
    const marker = markerOf(list, index, alternate);
    items.push(prefixLines(writeBlocks(item), marker, " ".repeat(marker.length)));
  });
  return items.join(list.content.content.every(isPlainItem) ? "\n" : "\n\n");
}

function markerOf(list: Node, index: number, alternate: boolean): string {
  if (list.type.name === "bullet_list") return alternate ? "* " : "- ";
  const number = Math.min(999_999_999, list.attrs.order + index);
  return `${number}${alternate ? ")" : "."} `;
}

function isPlainItem(item: Node): boolean {
  return item.content.content.every((child, index) => index === 0 || isTight(item, child));
}

function prefixLines(text: string, first: string, rest: string): string {
  return text
    .split("\n")
    .map((line, index) => (index === 0 ? first + line : line === "" ? rest.trimEnd() : rest + line))
    .join("\n");
}

function writeCode(block: Node): string {
  const code = codeOf(block);
  const longest = Math.max(2, ...Array.from(code.matchAll(/[`~]+/g), (run) => run[0].length));
  const fence = (block.attrs.info.includes("`") ? "~" : "`").repeat(longest + 1);
  const info = block.attrs.info.replace(/[\\`~]/g, "\\$&").replace(/&/g, "&amp;");
  return code ? `${fence}${info}\n${code}\n${fence}` : `${fence}${info}\n${fence}`;
}
