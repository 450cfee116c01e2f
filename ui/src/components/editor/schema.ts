import { Schema, type MarkSpec, type NodeSpec } from "prosemirror-model";

/** Addresses that a link may carry; everything else stays plain text. */
export function isLinkAddress(href: string): boolean {
  return /^(https?:\/\/|mailto:)[^\s]+$/i.test(href);
}

/** Only the web is opened from here; a mail address is shown as what it is. */
export function isWebAddress(href: string): boolean {
  return /^https?:/i.test(href) && URL.canParse(href);
}

export function imageLabel(alt: string, src: string): string {
  return alt ? `${alt} (${src})` : src;
}

const inHeading = "(text | image)*";

const nodes: Record<string, NodeSpec> = {
  doc: { content: "block+" },
  paragraph: {
    content: "inline*",
    group: "block",
    parseDOM: [{ tag: "p" }],
    toDOM: () => ["p", 0],
  },
  heading: {
    attrs: { level: { default: 2, validate: "number" } },
    content: inHeading,
    group: "block",
    defining: true,
    parseDOM: [1, 2, 3, 4, 5, 6].map((level) => ({
      tag: `h${level}`,
      getAttrs: (dom) => ({ level: Number(dom.getAttribute("data-level")) || level }),
    })),
    // The page already has its h1: what a writer calls level 1 is drawn one level lower.
    toDOM: (node) => [`h${Math.min(6, node.attrs.level + 1)}`, { "data-level": String(node.attrs.level) }, 0],
  },
  blockquote: {
    content: "block+",
    group: "block",
    defining: true,
    parseDOM: [{ tag: "blockquote" }],
    toDOM: () => ["blockquote", 0],
  },
  bullet_list: {
    content: "list_item+",
    group: "block",
    parseDOM: [{ tag: "ul" }],
    toDOM: () => ["ul", 0],
  },
  ordered_list: {
    attrs: { order: { default: 1, validate: "number" } },
    content: "list_item+",
    group: "block",
    parseDOM: [{ tag: "ol", getAttrs: (dom) => ({ order: listStart(dom.getAttribute("start")) }) }],
    toDOM: (node) => (node.attrs.order === 1 ? ["ol", 0] : ["ol", { start: node.attrs.order }, 0]),
  },
  list_item: {
    content: "paragraph block*",
    defining: true,
    parseDOM: [{ tag: "li" }],
    toDOM: () => ["li", 0],
  },
  code_block: {
    attrs: { info: { default: "", validate: "string" } },
    content: "text*",
    marks: "",
    group: "block",
    code: true,
    defining: true,
    parseDOM: [{ tag: "pre", preserveWhitespace: "full" }],
    toDOM: () => ["pre", ["code", 0]],
  },
  horizontal_rule: {
    group: "block",
    parseDOM: [{ tag: "hr" }],
    toDOM: () => ["hr"],
  },
  text: { group: "inline" },
  // Never fetched: an image is shown as its words and its address.
  image: {
    attrs: {
      src: { default: "", validate: "string" },
      alt: { default: "", validate: "string" },
      title: { default: "", validate: "string" },
    },
    inline: true,
    group: "inline",
    parseDOM: [
      {
        tag: "span.editor-image",
        getAttrs: (dom) => ({
          src: dom.getAttribute("data-src") ?? "",
          alt: dom.getAttribute("data-alt") ?? "",
          title: dom.getAttribute("data-title") ?? "",
        }),
      },
    ],
    leafText: (node) => imageLabel(node.attrs.alt, node.attrs.src),
    toDOM: ({ attrs }) => [
      "span",
      { class: "editor-image", "data-src": attrs.src, "data-alt": attrs.alt, "data-title": attrs.title },
      imageLabel(attrs.alt, attrs.src),
    ],
  },
  hard_break: {
    inline: true,
    group: "inline",
    selectable: false,
    linebreakReplacement: true,
    parseDOM: [{ tag: "br" }],
    leafText: () => "\n",
    toDOM: () => ["br"],
  },
};

const marks: Record<string, MarkSpec> = {
  // Drawn without an href, so that nothing but our own confirmed command can follow it.
  link: {
    attrs: { href: { validate: "string" }, title: { default: "", validate: "string" } },
    inclusive: false,
    parseDOM: [
      { tag: "a[data-href]", getAttrs: (dom) => linkAttrs(dom, "data-href") },
      { tag: "a[href]", getAttrs: (dom) => linkAttrs(dom, "href") },
    ],
    toDOM: ({ attrs }) => [
      "a",
      { class: "editor-link", role: "link", "data-href": attrs.href, title: attrs.title || attrs.href },
      0,
    ],
  },
  strong: {
    parseDOM: [
      { tag: "strong" },
      // Some word processors wrap everything in <b> that is not bold.
      { tag: "b", getAttrs: (dom) => (dom.style.fontWeight === "normal" ? false : null) },
      { style: "font-weight=400", clearMark: (mark) => mark.type.name === "strong" },
      { style: "font-weight=normal", clearMark: (mark) => mark.type.name === "strong" },
      { style: "font-weight", getAttrs: (value) => (/^(bold(er)?|[6-9]\d\d)$/.test(value) ? null : false) },
    ],
    toDOM: () => ["strong", 0],
  },
  em: {
    parseDOM: [
      { tag: "em" },
      { tag: "i" },
      { style: "font-style=italic" },
      { style: "font-style=normal", clearMark: (mark) => mark.type.name === "em" },
    ],
    toDOM: () => ["em", 0],
  },
};

function listStart(value: string | null): number {
  const start = Number.parseInt(value ?? "1", 10);
  return Number.isInteger(start) && start >= 0 && start <= 999_999_999 ? start : 1;
}

function linkAttrs(dom: HTMLElement, attribute: string) {
  const href = dom.getAttribute(attribute) ?? "";
  if (!isLinkAddress(href)) return false;
  const title = dom.getAttribute("title") ?? "";
  return { href, title: title === href ? "" : title };
}

export const schema = new Schema({ nodes, marks });
