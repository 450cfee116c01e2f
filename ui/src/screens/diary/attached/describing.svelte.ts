import { beforeLock } from "$app/lock.svelte";
import { Saver, type SaveState } from "$components/editor/saver";
import type { Attachments } from "./attachments.svelte";

/** The description of one photo or recording while it is written; kept as it is typed, as the entry's text is. */
export class Describing {
  text = $state("");
  saved = $state.raw<SaveState>({ kind: "clean" });
  #left = false;
  #saver: Saver;
  #unregister: () => void;

  constructor(attachments: Attachments, id: string) {
    this.text = attachments.all.find((each) => each.id === id)?.description ?? "";
    this.#saver = new Saver({
      save: async () => {
        await attachments.describe(id, this.text);
        return new Date().toISOString();
      },
      savePlace: async () => {},
      onState: (state) => {
        this.saved = state;
        if (this.#left && state.kind === "saved") this.#end();
      },
    });
    this.#unregister = beforeLock(() => this.#saver.flush());
  }

  changed = () => this.#saver.changed();
  settle = () => void this.#saver.flush().catch(() => {});

  /** The person is elsewhere. What cannot be kept now is tried again. */
  async leave() {
    this.#left = true;
    await this.#saver.flush().then(
      () => this.#end(),
      () => {},
    );
  }

  #end() {
    this.#saver.stop();
    this.#unregister();
  }
}
