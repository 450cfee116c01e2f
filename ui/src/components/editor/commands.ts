import { chainCommands, exitCode, lift, setBlockType, toggleMark, wrapIn } from "prosemirror-commands";
import type { MarkType, Node, NodeType } from "prosemirror-model";
import { liftListItem, wrapInList } from "prosemirror-schema-list";
import type { Command, EditorState } from "prosemirror-state";
import { liftTarget } from "prosemirror-transform";
import { schema } from "./schema";

const { nodes, marks } = schema;

export type ToolName = "bold" | "italic" | "heading" | "quote" | "bulletList" | "orderedList";

export const tools: Record<ToolName, Command> = {
  bold: toggleMark(marks.strong!),
  italic: toggleMark(marks.em!),
  heading: toggleHeading,
  quote: toggleQuote,
  bulletList: toggleList(nodes.bullet_list!),
  orderedList: toggleList(nodes.ordered_list!),
};

export type ToolStates = Record<ToolName, boolean>;

/** Which tools are on where the caret stands. Looks only at the selection, never at the whole document. */
export function toolStates(state: EditorState): ToolStates {
  const list = innermostList(state);
  return {
    bold: isMarked(state, marks.strong!),
    italic: isMarked(state, marks.em!),
    heading: state.selection.$from.parent.type === nodes.heading,
    quote: quoteDepth(state) > 0,
    bulletList: list?.node.type === nodes.bullet_list,
    orderedList: list?.node.type === nodes.ordered_list,
  };
}

function isMarked(state: EditorState, type: MarkType): boolean {
  const { from, to, empty, $from } = state.selection;
  if (empty) return Boolean(type.isInSet(state.storedMarks ?? $from.marks()));
  return state.doc.rangeHasMark(from, to, type);
}

function innermostList(state: EditorState): { node: Node; pos: number } | null {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    const node = $from.node(depth);
    if (node.type === nodes.bullet_list || node.type === nodes.ordered_list)
      return { node, pos: $from.before(depth) };
  }
  return null;
}

function toggleHeading(...args: Parameters<Command>): boolean {
  const [state] = args;
  const on = state.selection.$from.parent.type === nodes.heading;
  return on ? setBlockType(nodes.paragraph!)(...args) : setBlockType(nodes.heading!, { level: 1 })(...args);
}

export const headingOf =
  (level: number): Command =>
  (state, dispatch, view) => {
    const { parent } = state.selection.$from;
    const on = parent.type === nodes.heading && parent.attrs.level === level;
    return setBlockType(on ? nodes.paragraph! : nodes.heading!, on ? null : { level })(state, dispatch, view);
  };

function quoteDepth({ selection: { $from } }: EditorState): number {
  for (let depth = $from.depth; depth > 0; depth -= 1)
    if ($from.node(depth).type === nodes.blockquote) return depth;
  return 0;
}

/** Sets what is chosen in a quote, or takes it out of the one it is in. */
function toggleQuote(...args: Parameters<Command>): boolean {
  const [state, dispatch] = args;
  const depth = quoteDepth(state);
  if (depth === 0) return wrapIn(nodes.blockquote!)(...args);
  const { $from, $to } = state.selection;
  const range = $from.blockRange($to, (node) => node.type === nodes.blockquote);
  const target = range && liftTarget(range);
  if (range === null || target === null || target === undefined) return lift(...args);
  dispatch?.(state.tr.lift(range, target).scrollIntoView());
  return true;
}

/** Makes a list, turns one kind into the other, or takes the item out of its list. */
function toggleList(type: NodeType): Command {
  return (state, dispatch, view) => {
    const list = innermostList(state);
    if (!list) return wrapInList(type)(state, dispatch, view);
    if (list.node.type === type) return liftListItem(nodes.list_item!)(state, dispatch, view);
    dispatch?.(state.tr.setNodeMarkup(list.pos, type).scrollIntoView());
    return true;
  };
}

export const insertBreak: Command = chainCommands(exitCode, (state, dispatch) => {
  const { $from } = state.selection;
  if (!$from.parent.type.contentMatch.matchType(nodes.hard_break!)) return false;
  dispatch?.(state.tr.replaceSelectionWith(nodes.hard_break!.create(), false).scrollIntoView());
  return true;
});

export type LinkAtCaret = { href: string; from: number; to: number };

/** The link that holds the caret or the whole selection. */
export function linkAt(state: EditorState): LinkAtCaret | null {
  const { $from, to } = state.selection;
  const { parent } = $from;
  if (!parent.inlineContent || to > $from.end()) return null;
  const at = [parent.childAfter($from.parentOffset), parent.childBefore($from.parentOffset)];
  for (const { node, index } of at) {
    const mark = node && marks.link!.isInSet(node.marks);
    if (!mark) continue;
    let first = index;
    let last = index;
    while (first > 0 && mark.isInSet(parent.child(first - 1).marks)) first -= 1;
    while (last < parent.childCount - 1 && mark.isInSet(parent.child(last + 1).marks)) last += 1;
    let from = $from.start();
    for (let i = 0; i < first; i += 1) from += parent.child(i).nodeSize;
    let end = from;
    for (let i = first; i <= last; i += 1) end += parent.child(i).nodeSize;
    if (to <= end) return { href: mark.attrs.href, from, to: end };
  }
  return null;
}

export const removeLink: Command = (state, dispatch) => {
  const link = linkAt(state);
  if (!link) return false;
  dispatch?.(state.tr.removeMark(link.from, link.to, marks.link));
  return true;
};
