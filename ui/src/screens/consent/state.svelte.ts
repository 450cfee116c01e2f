import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { session } from "$app/state.svelte";
import type { PurposeView, StepView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { ending } from "$screens/account/ending.svelte";

export const loadStory = () => new Loaded(() => core.consentStory());

const steps: Record<StepView, () => string> = {
  given: m.story_given,
  renewed: m.story_renewed,
  declined: m.story_declined,
  withdrawn: m.story_withdrawn,
  objected: m.story_objected,
};

export const sayStep = (step: StepView) => steps[step]();

/** Rests on a server, which is told; taking it back is asked outside the page. */
const onServer = "copy_on_server";

/** Records a choice. False when the person changed their mind outside the page. */
export async function choose(purpose: string, given: boolean): Promise<boolean> {
  if (purpose === onServer) {
    if (!given && !(await ending.ask())) return false;
    return (await core.wantCopy(given)) !== null;
  }
  await core.setConsent(purpose, given);
  return true;
}

/** A question about one purpose: either answer is one tap. */
export class Answering {
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  constructor(private readonly onanswer: () => Promise<void> | void) {}

  async answer({ id }: PurposeView, given: boolean) {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      if (!(await choose(id, given))) return;
      await session.refreshSeal();
      await this.onanswer();
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}
