import type { UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

export type SaveState =
  | { kind: "clean" }
  | { kind: "waiting" }
  | { kind: "saved"; at: string }
  | { kind: "failed"; error: UiError };

export type SaverOptions = {
  /** Keeps what is in the editor now and gives the moment at which it was kept, or null when there is nothing yet. */
  save: () => Promise<string | null>;
  /** Keeps only the place of the caret. */
  savePlace: () => Promise<void>;
  onState: (state: SaveState) => void;
};

/** A pause in typing after which the text is kept, and the longest that typing on may put that off. */
const pause = 400;
const longest = 900;
const placePause = 1500;
const firstRetry = 1000;
const lastRetry = 30_000;

/** Keeps a text as it is written: one save at a time, the newest text wins, and a failed save is tried again. */
export class Saver {
  #unsaved = false;
  #moved = false;
  #firstUnsaved = 0;
  #failures = 0;
  #failure: UiError | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #placeTimer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(private readonly options: SaverOptions) {}

  /** The text changed. Costs nothing: called for every keystroke. */
  changed() {
    if (this.#closed) return;
    this.#moved = false;
    if (!this.#unsaved) {
      this.#unsaved = true;
      this.#firstUnsaved = Date.now();
      if (this.#failures === 0) this.options.onState({ kind: "waiting" });
    }
    // After a failure the next attempt keeps its own time, or typing would hammer on a full disk.
    if (this.#failures > 0 || this.#running) return;
    this.#schedule(Math.min(pause, this.#firstUnsaved + longest - Date.now()));
  }

  /** The caret went elsewhere. Its place is kept with the text, or by itself once it rests. */
  moved() {
    if (this.#closed || this.#unsaved) return;
    this.#moved = true;
    clearTimeout(this.#placeTimer);
    this.#placeTimer = setTimeout(() => void this.#keepPlace(), placePause);
  }

  /** Keeps everything now. Rejects when the text could not be kept. */
  async flush(): Promise<void> {
    // Someone may type on while a save runs, and two may ask at once.
    for (let turn = 0; turn < 4 && (this.#running || this.#unsaved); turn += 1) {
      const mine = this.#running === null;
      clearTimeout(this.#timer);
      await (this.#running ?? this.#attempt());
      if (mine && this.#failure) break;
    }
    if (this.#unsaved && this.#failure) throw this.#failure;
    await this.#keepPlace();
  }

  /** Does nothing from now on; what is not kept by now is not kept. */
  stop() {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#placeTimer);
  }

  #schedule(delay: number) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#attempt(), Math.max(0, delay));
  }

  #attempt(): Promise<void> {
    this.#running ??= this.#save().finally(() => (this.#running = null));
    return this.#running;
  }

  async #save() {
    this.#unsaved = false;
    try {
      const at = await this.options.save();
      this.#failures = 0;
      this.#failure = null;
      if (this.#unsaved) this.#schedule(Math.min(pause, this.#firstUnsaved + longest - Date.now()));
      else this.options.onState(at === null ? { kind: "clean" } : { kind: "saved", at });
    } catch (thrown) {
      this.#unsaved = true;
      this.#failures += 1;
      this.#failure = asUiError(thrown);
      this.options.onState({ kind: "failed", error: this.#failure });
      if (!this.#closed) this.#schedule(Math.min(lastRetry, firstRetry * 2 ** (this.#failures - 1)));
    }
  }

  async #keepPlace() {
    clearTimeout(this.#placeTimer);
    if (!this.#moved || this.#unsaved) return;
    this.#moved = false;
    // A lost place is no lost text: the next one will do.
    await this.options.savePlace().catch(() => {});
  }
}
