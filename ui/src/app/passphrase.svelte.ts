import { core } from "$app/core";
import type { StrengthView } from "$lib/bindings";
import { m } from "$lib/messages";

/** A passphrase in the making: its strength as it is typed, and whether both fields agree. */
export class NewPassphrase {
  value = $state("");
  again = $state("");
  shown = $state(false);
  strength = $state.raw<StrengthView | null>(null);
  problem = $state<string | null>(null);
  differs = $state<string | null>(null);
  #asked = 0;

  async measure() {
    this.problem = null;
    const asked = ++this.#asked;
    const strength = await core.passphraseStrength(this.value).catch(() => null);
    if (asked === this.#asked) this.strength = strength;
  }

  /** Says what is missing; true when the passphrase may be used. */
  async ready(): Promise<boolean> {
    await this.measure();
    this.problem =
      this.value === "" ? m.lock_empty() : this.strength?.enough ? null : m.error_weak_passphrase_title();
    this.differs =
      this.problem === null && !this.shown && this.again !== this.value ? m.passphrase_differs() : null;
    return this.problem === null && this.differs === null;
  }

  forget() {
    this.value = "";
    this.again = "";
    this.strength = null;
  }
}
