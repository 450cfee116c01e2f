import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import type { AddedView, InstrumentFaultView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";

/** The questionnaires that were brought along. To be made while a component starts. */
export class Instruments {
  readonly added = new Loaded(() => core.addedInstruments());
  faults = $state.raw<InstrumentFaultView[]>([]);
  said = $state.raw<string | null>(null);
  failure = $state.raw<UiError | null>(null);

  add = () =>
    this.#try(async () => {
      const faults = await core.addInstrument();
      if (faults === null) return;
      this.faults = faults;
      if (faults.length === 0) await this.#say(m.instruments_added());
    });

  remove = ({ id, version }: AddedView) =>
    this.#try(async () => {
      await core.removeInstrument(id, version);
      await this.#say(m.instruments_removed());
    });

  async #say(text: string) {
    this.said = text;
    announce(text);
    await this.added.refresh();
  }

  async #try(act: () => Promise<void>) {
    this.failure = null;
    this.said = null;
    this.faults = [];
    try {
      await act();
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }
}
