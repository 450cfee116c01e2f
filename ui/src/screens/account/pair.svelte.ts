import { announce } from "$app/announce.svelte";
import { Attempts } from "$app/attempts.svelte";
import { core } from "$app/core";
import { Proof } from "$app/proof.svelte";
import type { PairEnd, PairOffer, PairState, UiError } from "$lib/bindings";
import { accountTrouble, asUiError, describeError } from "$lib/errors";
import { m } from "$lib/messages";

const every = 1000;
const underWay = ["waiting", "compare", "agreed", "passphrase", "arriving"];
const aboutTheCode = ["mistypedPairing", "pairingUnknown", "pairingUsed"];

/** Two devices come together, seen from one of them. It goes on only while its screen is there. */
export class Pairing extends Attempts {
  state = $state.raw<PairState>({ step: "none" });
  /** The server is out of reach for now; nothing ends by it. */
  offline = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts what was asked and done: an answer to something earlier is none. */
  #round = 0;
  #left = false;

  get ended(): PairEnd | null {
    return this.state.step === "ended" ? this.state.why : null;
  }

  /** A no holds without a network too: where the digits differ nothing may be shared. */
  async compare(same: boolean) {
    await this.attempt(async () => {
      if (same) return this.act(() => core.pairCompare(true));
      this.show({ step: "ended", why: "differ" });
      await core.pairCompare(false).catch(() => core.pairStop().catch(() => null));
    });
  }

  /** Nobody looks while something is done: the answer would be about before. */
  protected async act(work: () => Promise<unknown>) {
    this.#round += 1;
    clearTimeout(this.#timer);
    try {
      await work();
    } catch (thrown) {
      this.#later();
      throw thrown;
    }
    await this.look();
  }

  protected show(state: PairState) {
    this.#round += 1;
    this.state = state;
    this.#later();
  }

  protected async look() {
    const round = ++this.#round;
    try {
      const state = await core.pairState();
      if (round !== this.#round || this.#left) return;
      this.offline = false;
      // What the core knows nothing of any more was stopped.
      this.state = state.step === "none" ? { step: "ended", why: "stopped" } : state;
    } catch (thrown) {
      if (round !== this.#round || this.#left) return;
      if (accountTrouble(thrown) !== "offline") {
        this.error = asUiError(thrown);
        return;
      }
      if (!this.offline) announce(m.pair_offline());
      this.offline = true;
    }
    this.#later();
  }

  #later() {
    clearTimeout(this.#timer);
    if (!this.#left && underWay.includes(this.state.step))
      this.#timer = setTimeout(() => void this.look(), every);
  }

  /** After an error that stopped the looking. */
  again() {
    this.error = null;
    return this.look();
  }

  /** The screen goes, and the pairing with it. */
  leave() {
    this.#left = true;
    clearTimeout(this.#timer);
    if (this.busy || underWay.includes(this.state.step)) void core.pairStop().catch(() => {});
  }

  protected get left() {
    return this.#left;
  }
}

/** On the new device: a code is shown. */
export class Offering extends Pairing {
  offer = $state.raw<PairOffer | null>(null);

  constructor(private readonly deviceName: string) {
    super();
  }

  async begin() {
    await this.attempt(async () => {
      this.offer = null;
      this.state = { step: "none" };
      const offer = await core.pairOffer({ deviceName: this.deviceName });
      // It was stopped before there was anything to stop.
      if (this.left) return void (await core.pairStop());
      this.offer = offer;
      this.show({ step: "waiting", endsAt: offer.endsAt });
    });
  }

  /** The clock is the screen's: without a network too a code is not shown for longer than it is good. */
  expire() {
    if (this.state.step !== "waiting") return;
    this.show({ step: "ended", why: "expired" });
    void core.pairStop().catch(() => {});
  }
}

/** On a device of the account: the code of the new one is typed. */
export class Adding extends Pairing {
  code = $state("");
  codeProblem = $state<string | null>(null);
  proof = new Proof();
  factor = $state("");
  needsFactor = $state(false);

  async enter() {
    this.codeProblem = this.code.trim() === "" ? m.pair_enter_empty() : null;
    if (this.codeProblem) return;
    await this.attempt(async () => {
      await core.pairEnter(this.code);
      if (this.left) return void (await core.pairStop());
      this.code = "";
      // It entered: whatever comes of the first look, it goes on from there.
      this.show({ step: "waiting", endsAt: "" });
      await this.look();
    });
  }

  /** As if it was typed, and Enter pressed. */
  scanned(code: string) {
    this.code = code;
    void this.enter();
  }

  protected override failed(error: UiError) {
    if (!aboutTheCode.includes(accountTrouble(error) ?? "")) return super.failed(error);
    const { title, text } = describeError(error);
    this.codeProblem = `${title}. ${text}`;
  }

  async finish() {
    if (!this.proof.filled()) return;
    await this.proof.attempt(async () => {
      try {
        await this.act(() => core.pairFinish(this.proof.value, this.factor.trim() || null));
      } catch (thrown) {
        if (accountTrouble(thrown) === "factorNeeded") this.needsFactor = true;
        throw thrown;
      }
    });
  }

  /** Another code; what was typed for the one before is gone. */
  begin() {
    this.forget();
    this.error = null;
    this.state = { step: "none" };
  }

  override leave() {
    super.leave();
    this.forget();
  }

  forget() {
    this.proof.forget();
    this.code = "";
    this.factor = "";
  }
}
