import { history } from "prosemirror-history";
import type { Node } from "prosemirror-model";
import { EditorState, Plugin, Selection } from "prosemirror-state";
import { Decoration, DecorationSet, EditorView } from "prosemirror-view";
import {
  removeLink,
  tools,
  toolStates,
  linkAt,
  type LinkAtCaret,
  type ToolName,
  type ToolStates,
} from "./commands";
import { filesIn, hasFiles } from "./files";
import { keys } from "./keys";
import { parse } from "./markdown/parse";
import { serialise } from "./markdown/serialise";
import { cleanPasted } from "./paste";
import { typingRules } from "./rules";
import { isLinkAddress, isWebAddress, schema } from "./schema";

export type EditorOptions = {
  markdown: string;
  caret: number | null;
  editable: boolean;
  label: string;
  placeholder: string;
  language: string;
  /** The text is another one now. Called for every keystroke: must not read the document. */
  onChange: () => void;
  /** Only the caret went elsewhere. */
  onCaret: () => void;
  onBlur: () => void;
  onTools: (states: ToolStates, link: LinkAtCaret | null) => void;
  onOpenLink: (href: string) => void;
};

export type Editor = {
  markdown: () => string;
  caret: () => number;
  /** The first line with words in it, and some of what follows, as a list shows them. */
  head: () => { title: string; preview: string };
  run: (tool: ToolName) => void;
  /** Another text in place of the one that stands there, as one step that can be taken back. */
  replace: (markdown: string) => void;
  /** Takes over what came from elsewhere: the caret stays where it is, and there is nothing to take back. */
  become: (markdown: string) => void;
  removeLink: () => void;
  focus: () => void;
  setEditable: (editable: boolean) => void;
  /** Where a position is on the screen. */
  coords: (position: number) => { left: number; top: number; bottom: number };
  destroy: () => void;
};

const roomAround = { top: 112, right: 0, bottom: 96, left: 0 };

export function createEditor(mount: HTMLElement, options: EditorOptions): Editor {
  let editable = options.editable;
  const doc = parse(options.markdown);
  const view: EditorView = new EditorView(mount, {
    state: EditorState.create({
      doc,
      selection: selectionAt(doc, options.caret),
      plugins: [typingRules(), ...keys(options.onOpenLink), history(), firstLine(options.placeholder)],
    }),
    editable: () => editable,
    attributes: () => ({
      role: "textbox",
      "aria-multiline": "true",
      "aria-label": options.label,
      "aria-readonly": String(!editable),
      "aria-placeholder": options.placeholder,
      spellcheck: "true",
      lang: options.language,
      class: "editor-text",
      // A read-only text must still be reachable and scrollable by keyboard.
      tabindex: "0",
    }),
    // The head of the page stays above the text, so the caret must not hide under it.
    scrollThreshold: roomAround,
    scrollMargin: roomAround,
    dispatchTransaction(transaction) {
      view.updateState(view.state.apply(transaction));
      if (transaction.docChanged) options.onChange();
      else if (transaction.selectionSet) options.onCaret();
      report();
    },
    handleClick: (_view, position, event) => {
      const link = event.ctrlKey || event.metaKey ? linkNear(view.state.doc, position) : null;
      if (link !== null && isWebAddress(link)) options.onOpenLink(link);
      return link !== null;
    },
    handleDOMEvents: {
      blur: () => {
        options.onBlur();
        return false;
      },
    },
    transformPastedHTML: cleanPasted,
    // Files are taken by what the editor stands in, and never become text.
    handleDrop: (_view, event) => hasFiles(event.dataTransfer),
    handlePaste: (_view, event) =>
      filesIn(event.clipboardData).length > 0 ||
      pasteAsLink(view, event.clipboardData?.getData("text/plain") ?? ""),
  });
  const report = () => options.onTools(toolStates(view.state), linkAt(view.state));
  report();

  return {
    markdown: () => serialise(view.state.doc),
    caret: () => view.state.selection.head,
    head: () => headOf(view.state.doc),
    run: (tool) => {
      tools[tool](view.state, view.dispatch, view);
      view.focus();
    },
    replace: (markdown) => {
      view.dispatch(view.state.tr.replaceWith(0, view.state.doc.content.size, parse(markdown).content));
      view.focus();
    },
    become: (markdown) => {
      const { doc, tr } = view.state;
      const next = parse(markdown);
      const start = doc.content.findDiffStart(next.content);
      const end = doc.content.findDiffEnd(next.content);
      if (start === null || end === null) return;
      // Where a word is there twice, the search from the end runs past the place where the one from the beginning stopped.
      const beyond = Math.max(0, start - Math.min(end.a, end.b));
      const { head } = view.state.selection;
      const last = end.a + beyond;
      tr.replace(start, last, next.slice(start, end.b + beyond)).setMeta("addToHistory", false);
      if (head >= start && head <= last) tr.setSelection(selectionAt(tr.doc, head));
      view.dispatch(tr);
    },
    removeLink: () => {
      removeLink(view.state, view.dispatch);
      view.focus();
    },
    focus: () => {
      view.focus();
      view.dispatch(view.state.tr.scrollIntoView());
    },
    setEditable: (now) => {
      if (now === editable) return;
      editable = now;
      view.setProps({});
    },
    coords: (position) => view.coordsAtPos(position),
    destroy: () => view.destroy(),
  };
}

const previewLength = 160;

function headOf(doc: Node): { title: string; preview: string } {
  const lines: string[] = [];
  let length = 0;
  doc.descendants((node) => {
    if (length > 2 * previewLength) return false;
    if (!node.isTextblock) return true;
    const found = node.textContent.split("\n").map((line) => line.trim());
    lines.push(...found.filter((line) => line !== ""));
    length = lines.slice(1).join(" ").length;
    return false;
  });
  return { title: lines[0] ?? "", preview: lines.slice(1).join(" ").slice(0, previewLength) };
}

function selectionAt(doc: Node, caret: number | null): Selection {
  if (caret === null) return Selection.atEnd(doc);
  return Selection.near(doc.resolve(Math.max(0, Math.min(caret, doc.content.size))));
}

function linkNear(doc: Node, position: number): string | null {
  const mark = schema.marks.link!.isInSet(doc.resolve(position).marks());
  return mark ? mark.attrs.href : null;
}

/** An address pasted over chosen words becomes their link; anywhere else it is text. */
function pasteAsLink(view: EditorView, text: string): boolean {
  const { empty, $from, $to, from, to } = view.state.selection;
  const href = text.trim();
  if (empty || !$from.sameParent($to) || !isLinkAddress(href) || $from.parent.type.spec.code) return false;
  view.dispatch(view.state.tr.addMark(from, to, schema.marks.link!.create({ href })).scrollIntoView());
  return true;
}

const longestTitle = 60;

/** Looks of the first line only: the hint on an empty page, and the short line that names a longer text. */
function firstLine(hint: string): Plugin {
  return new Plugin({
    props: {
      decorations: ({ doc }) => {
        const first = doc.firstChild!;
        if (first.type !== schema.nodes.paragraph) return null;
        const blank = first.childCount === 0;
        const attrs =
          doc.childCount === 1
            ? blank && { class: "editor-empty", "data-placeholder": hint }
            : !blank && first.content.size <= longestTitle && { class: "editor-title" };
        return attrs ? DecorationSet.create(doc, [Decoration.node(0, first.nodeSize, attrs)]) : null;
      },
    },
  });
}
