import { locking } from "$app/lock.svelte";
import { navigation, type Section } from "$app/navigation.svelte";
import { session } from "$app/state.svelte";

const sections: Record<string, Section> = { Digit1: "today", Digit2: "check", Digit3: "diary" };

/** Control or Command with this letter, and nothing else. */
export const isCommand = (event: KeyboardEvent, letter: string) =>
  (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === letter;

/** Wherever there is something to lock. */
export function onLockShortcut(event: KeyboardEvent) {
  if (!isCommand(event, "l") || event.defaultPrevented || !session.unlocked) return;
  event.preventDefault();
  void locking.lock();
}

/** Shortcuts of the open app. `code` is the key's place, so that Alt with an accent layout still works. */
export function onShortcut(event: KeyboardEvent) {
  // The diary on the screen begins an entry in its own way.
  if (event.defaultPrevented) return;
  if (isCommand(event, "n")) {
    event.preventDefault();
    navigation.go({ screen: "diary", fresh: true });
    return;
  }
  const section = sections[event.code];
  if (section && event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    navigation.go({ screen: section });
  }
}
