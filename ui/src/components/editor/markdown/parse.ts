import type * as Mdast from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import type { Mark, Node } from "prosemirror-model";
import { isLinkAddress, schema } from "../schema";
import { FILLER } from "./inline";

/** Deeper nesting than anyone writes; beyond it the source is shown as plain text. */
const MAX_DEPTH = 24;

const { nodes, marks } = schema;

export function parse(markdown: string): Node {
  const tree = fromMarkdown(markdown);
  const blocks = new Reader(markdown).blocks(tree.children, 0);
  return nodes.doc!.create(null, blocks.length > 0 ? blocks : [nodes.paragraph!.create()]);
}

class Reader {
  constructor(private readonly markdown: string) {}

  blocks(children: Mdast.Nodes[], depth: number): Node[] {
    return children.map((child) => this.block(child, depth));
  }

  private block(node: Mdast.Nodes, depth: number): Node {
    if (depth > MAX_DEPTH) return this.plain(this.source(node));
    switch (node.type) {
      case "paragraph":
        return this.paragraph(node);
      case "heading":
        return nodes.heading!.create({ level: node.depth }, this.inline(node.children, [], true));
      case "blockquote":
        return nodes.blockquote!.create(null, filled(this.blocks(node.children, depth + 1)));
      case "list":
        return this.list(node, depth);
      case "code": {
        const info = [node.lang, node.meta].filter(Boolean).join(" ");
        return nodes.code_block!.create({ info }, node.value ? schema.text(node.value) : null);
      }
      case "thematicBreak":
        return nodes.horizontal_rule!.create();
      case "html":
        return this.plain(node.value);
      default:
        return this.plain(this.source(node));
    }
  }

  private list(node: Mdast.List, depth: number): Node {
    const items = node.children.map((item) => {
      const blocks = filled(this.blocks(item.children, depth + 1));
      if (blocks[0]!.type !== nodes.paragraph) blocks.unshift(nodes.paragraph!.create());
      return nodes.list_item!.create(null, blocks);
    });
    return node.ordered
      ? nodes.ordered_list!.create({ order: node.start ?? 1 }, items)
      : nodes.bullet_list!.create(null, items);
  }

  private paragraph(node: Mdast.Paragraph): Node {
    if (this.source(node) === FILLER) return nodes.paragraph!.create();
    const last = node.children.at(-1)!;
    const afterBreak = node.children.at(-2)?.type === "break" && this.source(last) === FILLER;
    const children = afterBreak ? node.children.slice(0, -1) : node.children;
    return nodes.paragraph!.create(null, this.inline(children, [], false));
  }

  private inline(children: Mdast.Nodes[], active: readonly Mark[], oneLine: boolean): Node[] {
    return children.flatMap((child) => this.inlineNode(child, active, oneLine));
  }

  private inlineNode(node: Mdast.Nodes, active: readonly Mark[], oneLine: boolean): Node[] {
    switch (node.type) {
      case "text":
        return words(node.value, active);
      case "strong":
        return this.inline(node.children, marks.strong!.create().addToSet(active), oneLine);
      case "emphasis":
        return this.inline(node.children, marks.em!.create().addToSet(active), oneLine);
      case "break":
        return oneLine ? words(" ", active) : [nodes.hard_break!.create()];
      case "link": {
        if (!isLinkAddress(node.url)) return words(this.source(node), active);
        const link = marks.link!.create({ href: node.url, title: node.title ?? "" });
        return this.inline(node.children, link.addToSet(active), oneLine);
      }
      case "image": {
        const attrs = { src: node.url, alt: node.alt ?? "", title: node.title ?? "" };
        return [nodes.image!.create(attrs, null, active)];
      }
      case "html":
        return words(node.value, active);
      default:
        return words(this.source(node), active);
    }
  }

  /** A paragraph that shows a piece of source as it was written, line by line. */
  private plain(text: string): Node {
    const lines = text.split(/\r\n?|\n/);
    const content = lines.flatMap((line, index) => [
      ...(index > 0 ? [nodes.hard_break!.create()] : []),
      ...words(line, []),
    ]);
    return nodes.paragraph!.create(null, content);
  }

  private source(node: Mdast.Nodes): string {
    return this.markdown.slice(node.position!.start.offset, node.position!.end.offset);
  }
}

function filled(blocks: Node[]): Node[] {
  return blocks.length > 0 ? blocks : [nodes.paragraph!.create()];
}

/** A line end inside a paragraph of Markdown is only a space. */
function words(value: string, active: readonly Mark[]): Node[] {
  const text = value.replace(/\r\n?|\n/g, " ");
  return text ? [schema.text(text, active)] : [];
}
