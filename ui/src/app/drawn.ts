import { core } from "$app/core";

/** Acts once what is on the screen now was painted: the second frame comes after the first one is shown. */
export function afterPainting(act: () => void) {
  requestAnimationFrame(() => requestAnimationFrame(act));
}

/** Reports that a screen was painted. */
export function reportDrawn(screen: string) {
  afterPainting(() => void core.screenDrawn(screen).catch(() => {}));
}

/** Loads what comes next while the person looks at what is there. */
export function loadAhead(load: () => Promise<unknown>) {
  const timer = setTimeout(() => afterPainting(() => void load()), 200);
  return () => clearTimeout(timer);
}
