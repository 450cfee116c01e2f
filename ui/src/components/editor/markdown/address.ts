import type { Mark, Node } from "prosemirror-model";

export function linkTail(mark: Mark): string {
  return `](${target(mark.attrs.href, mark.attrs.title)})`;
}

export function imageText(node: Node): string {
  const { alt, src, title } = node.attrs;
  return `![${escapeAlt(alt)}](${target(src, title)})`;
}

function target(address: string, title: string): string {
  const written = /^[\w\-.~:/?#@!$'*+,;=%]+$/.test(address) ? address : `<${escape(address, /[\\<>]/g)}>`;
  return title ? `${written} "${escape(title, /[\\"]/g)}"` : written;
}

/** In an alternative text only the words count, so everything that could be a mark is escaped. */
function escapeAlt(alt: string): string {
  return escape(alt, /[\\`*_[\]<>!~]/g).replace(/^ | $/g, "&#x20;");
}

function escape(text: string, special: RegExp): string {
  return text
    .replace(special, "\\$&")
    .replace(/&/g, "&amp;")
    .replace(/[\n\r\t]/g, (character) => `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`);
}
