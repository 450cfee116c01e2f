import { sayAttached } from "$lib/amounts";
import type { NotHereView, UiError } from "$lib/bindings";
import { accountTrouble } from "$lib/errors";
import { m } from "$lib/messages";
import { sayBytes } from "$lib/sizes";

/** What the server has and this device not: "3 photos and 1 recording", "5 MB". */
export const sayNotHere = (notHere: NotHereView) => ({
  what: sayAttached(notHere),
  size: sayBytes(notHere.bytes),
});

/** Why fetching ended where it goes on another time; null where something is wrong. */
export function whyFetchingEnded(error: UiError): string | null {
  if (error.code === "stopped") return m.not_here_stopped();
  return accountTrouble(error) === "offline" ? m.not_here_offline() : null;
}
