import type { AccountError, PairForm, PairState, UiError } from "$lib/bindings";

type Input = Record<string, unknown>;

type Surroundings = {
  /** The server is asked; it can be out of reach. */
  reach: () => void;
  confirmed: () => void;
  prove: (passphrase: unknown, factor: unknown) => void;
  joined: () => boolean;
  /** On the new device: it belongs to the account now. */
  arrive: () => void;
  /** On the other: a new one stands in the list. */
  add: () => void;
};

export const fakePairCode = "4821-K7QF-9M2X";
export const fakePairDigits = "482913";

const tidy = (text: string) => text.toUpperCase().replace(/[^0-9A-Z]/g, "");
const trouble = (why: AccountError): UiError => ({ code: "account", why });
const tenMinutes = () => new Date(Date.now() + 600_000).toISOString();

/** A code to scan, near enough to look at. */
function squares(): string {
  const dots = Array.from({ length: 25 * 25 }, (_, at) => [at % 25, Math.floor(at / 25)] as const)
    .filter(([x, y]) => (x * 7 + y * 11) % 3 === 0)
    .map(([x, y]) => `M${x + 4} ${y + 4}h1v1h-1z`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 33 33"><path d="M0 0h33v33H0z" fill="#fff"/><path d="${dots.join("")}"/></svg>`;
}

/** The pairing of two devices as one of them meets it. What the other does, a test says with `state`. */
export class FakePairing {
  state: PairState = { step: "none" };
  /** What the new device handed in last. */
  form: PairForm | null = null;

  constructor(
    private readonly at: Surroundings,
    /** What stands there as soon as a code was shown or typed: to look at. */
    private readonly then: PairState | null,
  ) {}

  /** The other device has let this one in. */
  arrive() {
    this.at.arrive();
    this.state = { step: "done" };
  }

  readonly handlers: Record<string, (input: Input) => unknown> = {
    pairOffer: ({ form }) => {
      this.at.reach();
      this.at.confirmed();
      this.form = form as PairForm;
      const endsAt = tenMinutes();
      if (this.then?.step === "done") this.arrive();
      else this.state = this.then ?? { step: "waiting", endsAt };
      return { code: fakePairCode, qrSvg: squares(), endsAt };
    },
    pairState: () => {
      this.at.reach();
      return this.state;
    },
    pairEnter: ({ code }) => {
      const typed = tidy(code as string);
      if (typed.length !== 12) throw trouble({ kind: "mistypedPairing" });
      this.at.reach();
      if (!typed.startsWith("4821")) throw trouble({ kind: "pairingUnknown" });
      this.state =
        typed === tidy(fakePairCode)
          ? (this.then ?? { step: "compare", digits: fakePairDigits })
          : { step: "ended", why: "wrongCode" };
      return null;
    },
    pairCompare: ({ same }) => {
      this.state = same
        ? { step: this.at.joined() ? "passphrase" : "agreed" }
        : { step: "ended", why: "differ" };
      return null;
    },
    pairFinish: ({ passphrase, factor }) => {
      this.at.prove(passphrase, factor);
      this.at.reach();
      this.at.add();
      this.state = { step: "done" };
      return null;
    },
    pairStop: () => {
      this.state = { step: "none" };
      return null;
    },
  };
}
