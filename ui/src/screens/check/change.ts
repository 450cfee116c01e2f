import type { ChangeView } from "$lib/bindings";
import { m } from "$lib/messages";

/** What the core allows to be said about a change, in a sentence. */
export function sayChange({ kind, published, needed, results }: ChangeView): string {
  switch (kind) {
    case "tooFew":
      return m.change_too_few({ count: Math.max(1, needed - results) });
    case "unclear":
      return m.change_unclear();
    case "higher":
      return published ? m.change_higher_published() : m.change_higher();
    case "lower":
      return published ? m.change_lower_published() : m.change_lower();
  }
}
