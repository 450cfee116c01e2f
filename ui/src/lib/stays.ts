import { session } from "$app/state.svelte";
import type { SealState } from "$lib/bindings";
import { m } from "$lib/messages";

const synced: SealState[] = ["copied", "copyBehind", "fetching", "asking", "stopped"];

/** Whether what is here travels between the person's devices, as the seal has it. */
export const travels = () => {
  const state = session.view?.seal.state;
  return state !== undefined && synced.includes(state);
};

/** Where what is written here will be. */
export const stays = () => (travels() ? m.stays_yours() : m.stays_here());
