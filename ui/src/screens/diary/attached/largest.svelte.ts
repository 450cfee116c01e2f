import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";

/** The largest photos and recordings. To be called while a component starts. */
export const loadLargest = () => new Loaded(() => core.largestAttachments());
