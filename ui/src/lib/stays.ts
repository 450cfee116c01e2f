import { session } from "$app/state.svelte";
import { m } from "$lib/messages";

/** Where what is written here will be, as the seal has it. */
export const stays = () =>
  ["copied", "copyBehind", "fetching", "asking", "stopped"].includes(session.view?.seal.state ?? "")
    ? m.stays_yours()
    : m.stays_here();
