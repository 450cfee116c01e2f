import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { navigation } from "$app/navigation.svelte";

export const loadToday = () => new Loaded(() => core.today());

/** "Not now" to the offer of checking the recovery code. */
export const putOffRecoveryCheck = () => core.putOffRecoveryCheck();
/** Begins what has a statement a page, or goes on with it. */
export async function start(instrument: string) {
  const { id } = await core.meterStart(instrument);
  navigation.go({ screen: "check", run: id });
}
