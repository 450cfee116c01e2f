import { untrack } from "svelte";
import { core } from "$app/core";
import type { UiError } from "$lib/bindings";
import { bytesOf } from "$lib/bytes";
import { asUiError } from "$lib/errors";

export type Wanted = { id: string; whole: boolean };

/** A photo as an address that the page can show. It is let go of as soon as nothing shows it any more. */
export class Shown {
  address = $state<string | null>(null);
  error = $state.raw<UiError | null>(null);
  #wanted: () => Wanted | null;
  #asked: symbol | null = null;

  /** To be made while a component starts. `wanted` is what it shows, or null for nothing. */
  constructor(wanted: () => Wanted | null) {
    this.#wanted = wanted;
    $effect(() => {
      const now = wanted();
      untrack(() => void this.#load(now));
      return () => this.#letGo();
    });
  }

  again = () => this.#load(this.#wanted());

  /** What was not here may have come. */
  look = () => {
    if (this.address === null && this.error !== null) void this.again();
  };

  async #load(wanted: Wanted | null) {
    this.#letGo();
    if (wanted === null) return;
    const asked = Symbol();
    this.#asked = asked;
    try {
      const { id, whole } = wanted;
      const answer = await (whole ? core.attachmentOriginal(id) : core.attachmentPreview(id));
      if (this.#asked !== asked) return;
      this.address = URL.createObjectURL(new Blob([bytesOf(answer)], { type: "image/jpeg" }));
    } catch (thrown) {
      if (this.#asked === asked) this.error = asUiError(thrown);
    }
  }

  #letGo() {
    this.#asked = null;
    this.error = null;
    if (this.address !== null) URL.revokeObjectURL(this.address);
    this.address = null;
  }
}
