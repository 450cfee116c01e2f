import { core } from "$app/core";
import { navigation } from "$app/navigation.svelte";
import { deleted, offerUndo } from "$app/undo.svelte";
import type { MeterView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";

/** The list of checks: one to begin, one to go on with, and those that were done. */
export class Overview {
  view = $state.raw<MeterView | null>(null);
  failure = $state.raw<UiError | null>(null);

  load = () => this.#try(async () => void (this.view = await core.meterOverview()));

  /** Puts what lies before the results that are listed behind them. */
  loadEarlier = async () => {
    const { view } = this;
    if (!view?.earlier) return;
    await this.#try(async () => {
      const { results, earlier } = await core.meterResults(view.earlier!);
      if (this.view === view) this.view = { ...view, results: [...view.results, ...results], earlier };
    });
  };

  start = (instrument: string) =>
    this.#try(async () => {
      const { id } = await core.meterStart(instrument);
      navigation.go({ screen: "check", run: id });
    });

  discard = (run: string) =>
    this.#try(async () => {
      const until = await core.meterDelete(run);
      offerUndo({
        text: deleted(m.check_discarded(), until),
        undone: m.check_run_is_back(),
        undo: async () => {
          await core.meterUndoDelete(run);
          await this.load();
        },
      });
      this.view = await core.meterOverview();
    });

  async #try(act: () => Promise<void>) {
    this.failure = null;
    try {
      await act();
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }
}

/** Takes a result away; for ten seconds it can come back. */
export async function removeResult(id: string): Promise<void> {
  const until = await core.meterDelete(id);
  navigation.replace({ screen: "check" });
  offerUndo({
    text: deleted(m.check_deleted(), until),
    undone: m.check_is_back(),
    undo: async () => {
      await core.meterUndoDelete(id);
      const { place } = navigation;
      if (place.screen === "check" && place.run === undefined)
        navigation.replace({ screen: "check", result: id });
    },
  });
}
