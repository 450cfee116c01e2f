import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { deleted } from "$app/undo.svelte";
import type { AttachedView, RecordingView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";

/** A recording that a lock, a crash or the microphone ended: it waits until the person keeps it or throws it away. */
class Waiting {
  view = $state.raw<RecordingView | null>(null);
  /** Why it could not be kept. */
  failure = $state.raw<UiError | null>(null);
  savedAs = $state<string | null>(null);
  busy = $state(false);

  async load() {
    this.failure = null;
    this.savedAs = null;
    this.view = await core.recording().catch(() => null);
  }

  /** What came of keeping it, in this entry, or with null where it belongs. All of it stays when it could not be kept. */
  async keep(entry: string | null): Promise<AttachedView | null> {
    return this.#act(async ({ id }) => {
      const kept = await core.recordingKeep(id, entry);
      this.view = null;
      announce(m.record_kept());
      return kept;
    });
  }

  /** Whether it is gone. */
  async throwAway(): Promise<boolean> {
    const gone = await this.#act(async ({ id }) => {
      const until = await core.recordingThrowAway(id);
      this.view = null;
      announce(deleted(m.record_thrown_away(), until));
      return true;
    });
    return gone ?? false;
  }

  saveAs = () =>
    this.#act(async ({ id }) => {
      this.savedAs = (await core.recordingSaveAs(id)) ?? this.savedAs;
    });

  async #act<T>(act: (view: RecordingView) => Promise<T>): Promise<T | null> {
    const { view } = this;
    if (view === null || this.busy) return null;
    this.busy = true;
    this.failure = null;
    try {
      return await act(view);
    } catch (thrown) {
      this.failure = asUiError(thrown);
      return null;
    } finally {
      this.busy = false;
    }
  }
}

export const waiting = new Waiting();
