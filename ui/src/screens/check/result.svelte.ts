import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { beforeLock } from "$app/lock.svelte";
import { Saver, type SaveState } from "$components/editor/saver";
import type { ResultView, SheetFormat, UiError, WritingView } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { Hold } from "$screens/restriction/state.svelte";
import { removeResult } from "./state.svelte";

/** One result with the person's own note to it. */
export class Result {
  view = $state.raw<ResultView | null>(null);
  mayWrite = $state(true);
  /** Why nothing may be written, when it may not. */
  consent = $state.raw<WritingView>("allowed");
  hold = $state.raw<Hold | null>(null);
  failure = $state.raw<UiError | null>(null);
  note = $state("");
  saved = $state.raw<SaveState>({ kind: "clean" });

  readonly #saver: Saver;
  readonly #unregister: () => void;

  constructor(private readonly id: string) {
    this.#saver = new Saver({
      save: async () => {
        await core.meterAnnotate(this.id, this.note);
        return "";
      },
      savePlace: async () => {},
      onState: (state) => (this.saved = state),
    });
    this.#unregister = beforeLock(() => this.#saver.flush());
  }

  async load() {
    this.failure = null;
    try {
      const [view, { mayWrite, writing }] = await Promise.all([
        core.meterResult(this.id),
        core.meterOverview(),
      ]);
      this.note = view.note;
      this.mayWrite = mayWrite;
      this.consent = writing;
      this.hold ??= new Hold(
        () => this.id,
        view.restriction,
        () => this.load(),
      );
      this.hold.restriction = view.restriction;
      this.view = view;
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }

  write(note: string) {
    this.note = note;
    this.#saver.changed();
  }

  settle = () => void this.#saver.flush().catch(() => {});

  /** Where the file went that was made last; null when the person changed their mind. */
  kept = $state.raw<string | null>(null);

  async keep(format: SheetFormat) {
    this.failure = null;
    this.kept = null;
    try {
      this.kept = await core.saveResult(this.id, format);
      if (this.kept !== null) announce(m.check_saved({ path: this.kept }));
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }

  async remove() {
    this.failure = null;
    try {
      await this.#saver.flush();
      await removeResult(this.id);
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }

  /** Leaves the screen; a note that cannot be kept now is tried again until it is. */
  leave() {
    const done = () => {
      this.#saver.stop();
      this.#unregister();
    };
    this.#saver.flush().then(done, (error: UiError) => {
      if (error.code === "locked" || error.code === "notFound") done();
    });
  }
}
