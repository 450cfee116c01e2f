import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { navigation } from "$app/navigation.svelte";

/** A question to begin with, and another one for who asks. */
export class DayPrompt {
  loaded = new Loaded(() => core.diaryPrompt(this.#turn));
  #turn = 0;

  another() {
    this.#turn += 1;
    return this.loaded.refresh();
  }
}

export const loadOnThisDay = () => new Loaded(() => core.diaryOnThisDay());

export const loadToday = () => new Loaded(() => core.today());

/** "Not now" to the offer of checking the recovery code. */
export const putOffRecoveryCheck = () => core.putOffRecoveryCheck();
/** Begins what has a statement a page, or goes on with it. */
export async function start(instrument: string) {
  const { id } = await core.meterStart(instrument);
  navigation.go({ screen: "check", run: id });
}
