import type { Run } from "./run.svelte";

/** A digit answers, Backspace or left goes back, right goes on past an answer, S skips. */
export function answerKeys(run: Pick<Run, "choose" | "back" | "forward" | "skip">) {
  return (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    // A dialog over the page, or a field in it, has its keys to itself.
    if (event.target instanceof Element && event.target.closest("dialog, input, textarea")) return;
    const act = actOf(event.key, run);
    if (!act) return;
    event.preventDefault();
    act();
  };
}

function actOf(key: string, run: Pick<Run, "choose" | "back" | "forward" | "skip">): (() => void) | null {
  if (/^\d$/.test(key)) return () => run.choose(Number(key));
  switch (key) {
    case "Backspace":
    case "ArrowLeft":
      return run.back;
    case "ArrowRight":
      return run.forward;
    case "s":
    case "S":
      return run.skip;
    default:
      return null;
  }
}
