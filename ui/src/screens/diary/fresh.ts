import type { EntryView } from "$lib/bindings";

/** The page before its first word: dated now, here, and not yet in the vault. */
export function freshEntry(): Omit<EntryView, "id" | "editedAt"> & { id: null } {
  return {
    id: null,
    markdown: "",
    writtenAt: new Date().toISOString(),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    caret: null,
    restriction: null,
    ownTitle: "",
    mood: null,
    tags: [],
    attachments: [],
  };
}
