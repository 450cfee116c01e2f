import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";

export const loadHelp = () => new Loaded(() => core.helpNow());
