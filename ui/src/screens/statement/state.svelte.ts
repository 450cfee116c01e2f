import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import type { BlockView } from "$lib/bindings";

export const loadStatement = (version: number | null) => new Loaded(() => core.statement(version));

/** What changed; who sees it has seen the new version. */
export const loadChanges = (since: number | null) =>
  new Loaded(async () => {
    const changes = await core.statementChanges(since);
    await core.statementSeen();
    return changes;
  });

export type Piece = { kind: "block"; block: BlockView } | { kind: "list"; items: BlockView[] };

/** Items that follow each other are one list. */
export function pieces(blocks: BlockView[]): Piece[] {
  const all: Piece[] = [];
  for (const block of blocks) {
    const last = all.at(-1);
    if (block.kind !== "item") all.push({ kind: "block", block });
    else if (last?.kind === "list") last.items.push(block);
    else all.push({ kind: "list", items: [block] });
  }
  return all;
}

/** What changed, each under the heading where it stands. */
export function changedOnly(blocks: BlockView[]): BlockView[] {
  const kept: BlockView[] = [];
  let heading: BlockView | null = null;
  for (const block of blocks) {
    if (block.kind === "heading" && block.change === "same") heading = block;
    else if (block.change !== "same") {
      if (heading && block.kind !== "heading") kept.push(heading);
      heading = null;
      kept.push(block);
    } else if (block.kind === "heading") heading = null;
  }
  return kept;
}
