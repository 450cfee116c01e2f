import { core } from "$app/core";
import { Proof } from "$app/proof.svelte";
import { session } from "$app/state.svelte";
import type { DeletedView, DeletionPlanView, DeletionRequest, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";

/** Deleting kinds, as a whole or a period of them. */
export class Deleting {
  kinds = $state.raw<string[]>([]);
  when = $state<"always" | "period">("always");
  from = $state("");
  to = $state("");
  backupsToo = $state(true);
  plan = $state.raw<DeletionPlanView | null>(null);
  done = $state.raw<DeletedView | null>(null);
  problem = $state<string | null>(null);
  busy = $state(false);
  error = $state.raw<UiError | null>(null);
  #asked = 0;

  get #request(): DeletionRequest {
    const day = (text: string) => (this.when === "period" && text !== "" ? text : null);
    return { kinds: this.kinds, from: day(this.from), to: day(this.to), backupsToo: this.backupsToo };
  }

  toggle(kind: string) {
    this.kinds = this.kinds.includes(kind)
      ? this.kinds.filter((each) => each !== kind)
      : [...this.kinds, kind];
    void this.look();
  }

  /** Says what would go. */
  async look() {
    this.problem = null;
    this.done = null;
    const asked = ++this.#asked;
    if (this.kinds.length === 0) {
      this.plan = null;
      return;
    }
    try {
      const plan = await core.planDeletion(this.#request);
      if (asked === this.#asked) this.plan = plan;
    } catch (thrown) {
      if (asked === this.#asked) this.error = asUiError(thrown);
    }
  }

  /** A period without a bound would be everything, which is another choice. */
  #missing(): string | null {
    if (this.kinds.length === 0) return m.my_data_delete_pick();
    if (this.when === "period" && this.from === "" && this.to === "") return m.my_data_delete_incomplete();
    return this.plan?.count === 0 ? m.my_data_delete_nothing() : null;
  }

  async delete() {
    if (this.busy) return;
    this.problem = this.#missing();
    if (this.problem) return;
    this.busy = true;
    this.error = null;
    try {
      const done = await core.deletePeriod(this.#request);
      if (done) {
        await this.look();
        this.done = done;
      }
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}

/** Deleting everything there is. */
export class DeletingEverything {
  proof = new Proof();

  async delete() {
    if (!this.proof.filled()) return;
    await this.proof.attempt(async () => {
      const view = await core.deleteEverything(this.proof.value);
      if (!view) return;
      this.proof.forget();
      session.show(view);
    });
  }
}
