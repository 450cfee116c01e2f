import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";

export const loadStatement = () => new Loaded(() => core.statement());
