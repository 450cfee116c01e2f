import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";

export const loadToday = () => new Loaded(() => core.today());
