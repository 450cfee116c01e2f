import type { UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

/** What a person asked for is done one thing at a time, and what went wrong with it is shown above it. */
export class Attempts {
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  protected async attempt(work: () => Promise<void>) {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      await work();
    } catch (thrown) {
      this.failed(asUiError(thrown));
    } finally {
      this.busy = false;
    }
  }

  protected failed(error: UiError) {
    this.error = error;
  }
}

/** The same in steps, with what is wrong beside the fields of each. */
export class Steps<Step extends string, Field extends string> extends Attempts {
  step: Step;
  problems = $state<Partial<Record<Field, string>>>({});

  constructor(first: Step) {
    super();
    this.step = $state(first);
  }

  to(step: Step) {
    this.step = step;
    this.problems = {};
    this.error = null;
  }
}
