import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";

export const loadToday = () => new Loaded(() => core.today());

/** "Not now" to the offer of checking the recovery code. */
export const putOffRecoveryCheck = () => core.putOffRecoveryCheck();
