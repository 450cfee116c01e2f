import { baseKeymap, chainCommands } from "prosemirror-commands";
import { redo, undo } from "prosemirror-history";
import { undoInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import { liftListItem, sinkListItem, splitListItem } from "prosemirror-schema-list";
import type { Command, Plugin } from "prosemirror-state";
import { headingOf, insertBreak, linkAt, tools } from "./commands";
import { isWebAddress, schema } from "./schema";

const item = schema.nodes.list_item!;

/** Tab is left to the browser, so that nobody is caught in the text: items go in and out with Mod+] and Mod+[. */
export function keys(openLink: (href: string) => void): Plugin[] {
  const openAtCaret: Command = (state) => {
    const link = linkAt(state);
    if (link === null || !isWebAddress(link.href)) return false;
    openLink(link.href);
    return true;
  };
  return [
    keymap({
      Backspace: undoInputRule,
      "Mod-z": undo,
      "Mod-y": redo,
      "Shift-Mod-z": redo,
      "Mod-b": tools.bold,
      "Mod-i": tools.italic,
      "Mod-Alt-1": headingOf(1),
      "Mod-Alt-2": headingOf(2),
      "Mod-Alt-3": headingOf(3),
      "Shift-Mod-9": tools.quote,
      "Shift-Mod-8": tools.bulletList,
      "Shift-Mod-7": tools.orderedList,
      "Mod-]": sinkListItem(item),
      "Mod-[": liftListItem(item),
      Enter: splitListItem(item),
      "Shift-Enter": insertBreak,
      "Mod-Enter": chainCommands(openAtCaret, insertBreak),
    }),
    keymap(baseKeymap),
  ];
}
