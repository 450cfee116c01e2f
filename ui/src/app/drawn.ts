import { core } from "$app/core";

/** Reports that a screen was painted: the second frame comes after the first one is shown. */
export function reportDrawn(screen: string) {
  requestAnimationFrame(() => requestAnimationFrame(() => void core.screenDrawn(screen).catch(() => {})));
}
