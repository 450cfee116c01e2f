import { InputRule, inputRules, textblockTypeInputRule, wrappingInputRule } from "prosemirror-inputrules";
import type { MarkType } from "prosemirror-model";
import type { Plugin } from "prosemirror-state";
import { schema } from "./schema";

const { nodes, marks } = schema;

/** What a hand that knows Markdown may type; backspace right after takes the change back. */
export function typingRules(): Plugin {
  return inputRules({
    rules: [
      wrappingInputRule(/^\s*[-+*]\s$/, nodes.bullet_list!),
      wrappingInputRule(
        /^(\d{1,3})\.\s$/,
        nodes.ordered_list!,
        (match) => ({ order: Number(match[1]) }),
        (match, before) => before.childCount + before.attrs.order === Number(match[1]),
      ),
      wrappingInputRule(/^\s*>\s$/, nodes.blockquote!),
      textblockTypeInputRule(/^(#{1,3})\s$/, nodes.heading!, (match) => ({ level: match[1]!.length })),
      markRule(/\*\*([^\s*](?:[^*]*[^\s*])?)\*\*$/, marks.strong!),
      markRule(/(?:^|[^*])\*([^\s*](?:[^*]*[^\s*])?)\*$/, marks.em!),
    ],
  });
}

/** Takes the signs away and marks what stood between them; what is typed next is plain again. */
function markRule(pattern: RegExp, type: MarkType): InputRule {
  return new InputRule(
    pattern,
    (state, match, start, end) => {
      const inner = match[1]!;
      const sign = type === marks.strong ? "**" : "*";
      const from = start + match[0].indexOf(sign + inner);
      const innerFrom = from + sign.length;
      const innerTo = innerFrom + inner.length;
      if (state.doc.textBetween(innerFrom, innerTo, undefined, "\uFFFC") !== inner) return null;
      const { tr } = state;
      if (end > innerTo) tr.delete(innerTo, end);
      tr.delete(from, innerFrom);
      tr.addMark(from, from + inner.length, type.create());
      return tr.removeStoredMark(type);
    },
    { inCodeMark: false },
  );
}
