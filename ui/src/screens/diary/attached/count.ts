import type { AttachmentView } from "$lib/bindings";

/** How many photos and how many recordings there are. */
export function countOf(all: AttachmentView[]) {
  const photos = all.filter(({ kind }) => kind === "photo").length;
  return { photos, sounds: all.length - photos };
}
