import { announce } from "$app/announce.svelte";
import { Attempts } from "$app/attempts.svelte";
import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { Proof } from "$app/proof.svelte";
import { session } from "$app/state.svelte";
import type { LeaveView, NotHereView, ReceiptView } from "$lib/bindings";
import { accountTrouble } from "$lib/errors";
import { m } from "$lib/messages";
import { ending } from "./ending.svelte";

type LeaveKind = "onlyCopy" | "everything";

/** Leaving: the account and everything, or only the copy on the server. */
export class Leaving {
  kind = $state<LeaveKind | null>(null);
  proof = new Proof();
  factor = $state("");
  needsFactor = $state(false);
  problem = $state<string | null>(null);
  done = $state.raw<LeaveView | null>(null);
  /** What goes with everything though it is not whole on this device. */
  notHere = new Loaded<NotHereView>(() => core.originalsNotHere());

  async leave() {
    this.problem = this.kind === null ? m.leave_pick() : null;
    if (this.kind === null || !this.proof.filled()) return;
    const { kind } = this;
    if (kind === "onlyCopy" && !(await ending.ask())) return;
    const factor = this.factor.trim() || null;
    await this.proof.attempt(async () => {
      try {
        if (kind === "onlyCopy") this.done = await core.leaveCopy(this.proof.value, factor);
        else {
          const view = await core.leaveEverything(this.proof.value, factor);
          if (!view) return;
          this.proof.forget();
          session.show(view);
          return;
        }
      } catch (thrown) {
        if (accountTrouble(thrown) === "factorNeeded") this.needsFactor = true;
        throw thrown;
      }
      if (!this.done) return;
      this.proof.forget();
      announce(m.leave_copy_done());
    });
  }
}

/** What is left of deletions on this device: the server's receipts, and tickets that wait for a network. */
export class Receipts extends Attempts {
  loaded = new Loaded<ReceiptView[]>(() => core.receipts());
  saved = $state<string | null>(null);

  save(id: string) {
    return this.attempt(async () => {
      this.saved = await core.saveReceipt(id);
    });
  }

  redeem() {
    return this.attempt(async () => {
      await core.redeemTickets();
      await this.loaded.refresh();
    });
  }

  fromFile() {
    return this.attempt(async () => {
      if (await core.redeemTicketFile()) await this.loaded.refresh();
    });
  }
}
