import type {
  AccountError,
  AccountView,
  DeviceView,
  FrameSeen,
  HandedLink,
  JoinedView,
  JoinForm,
  Language,
  LogRow,
  PairState,
  ReceiptView,
  RecipientsView,
  RequestView,
  SealState,
  ServerView,
  SignOut,
  StartView,
  SyncNotice,
  SyncState,
  SyncView,
  UiError,
} from "$lib/bindings";
import * as content from "./fake-content";
import { FakePairing } from "./fake-pairing";

type Input = Record<string, unknown>;

export type AccountOptions = {
  /** Somebody joined, and has two more devices. */
  joined?: boolean;
  seatEnded?: boolean;
  /** The second step is on; its digits are `fakeDigits`. */
  factorOn?: boolean;
  /** Somebody asked to lift it, or to delete the account. */
  lifting?: boolean;
  deletion?: boolean;
  /** The copy on the server was ended. */
  keysGone?: boolean;
  /** A country outside the area stands in the register. */
  outside?: boolean;
  /** Which terms were agreed to. */
  terms?: number;
  /** A later version is asked about; this program may not have its text. */
  termsAsked?: "known" | "unknown";
  /** Another device changed the address, which was this. */
  addressBefore?: string;
  /** Where syncing stands, and what it tells. */
  sync?: SyncState;
  synced?: SyncNotice[];
  /** The server has no room for some photos, or keeps some that no device knows. */
  noRoom?: boolean;
  leftOver?: boolean;
  offline?: boolean;
  signedOut?: boolean;
  needsNewPassphrase?: boolean;
  /** Whose server it is was settled by the program. */
  builtIn?: boolean;
  /** What the invitation meets. */
  invitation?: "invitationUsed" | "invitationEnded" | "invitationUnknown";
  /** A deletion waits for a network, or was confirmed. */
  receipt?: "waiting" | "confirmed";
  /** What a pairing comes to as soon as its code is shown or typed. */
  pairing?: PairState;
};

const seals = {
  off: "onlyHere",
  noCopy: "onlyHere",
  upToDate: "copied",
  first: "fetching",
  fetching: "fetching",
  asking: "asking",
  stopped: "stopped",
  waiting: "copyBehind",
  sending: "copyBehind",
  signedOut: "copyBehind",
  unknownAccount: "copyBehind",
  tooOld: "copyBehind",
} satisfies Record<SyncState["kind"], SealState>;

type Surroundings = {
  language: () => Language;
  now: () => Date;
  passphrase: () => string;
  code: () => string;
  start: () => StartView;
  leave: () => void;
  open: () => void;
  setCopy: (given: boolean) => void;
};

export const fakeDigits = "287082";
const dots = (size: number) =>
  Array.from({ length: size }, (_, y) => Array.from({ length: size }, (_, x) => (x * 7 + y * 11) % 3 === 0));
export const fakeMailCode = "428017";
export const fakeInvitation = "7H3K-Q2XM-90BT-VC4R-E8WN-5JPZ-AD61";
export const fakeServer = "https://regie.waterland.example";
const link = /^\s*regie:\/\/join\?server=/i;
const fingerprint = ["3MRT", "A7QF", "0CXW", "9KDE", "HV52", "PB8N", "ZJ4G", "61YS"];
const tidy = (text: string) => text.toUpperCase().replace(/[^0-9A-Z]/g, "");
const trouble = (why: AccountError): UiError => ({ code: "account", why });

/** The account and its server, in memory. */
export class FakeAccount {
  joined: JoinedView | null = null;
  joining: string | null = null;
  offline: boolean;
  devices: DeviceView[] = [];
  receipts: ReceiptView[] = [];
  handed: HandedLink | null = null;
  /** What the picture holds that the person chooses. */
  picture: string | AccountError | null = null;
  /** What the camera sees. */
  frame: FrameSeen = { kind: "nothing" };
  register: RecipientsView | null = null;
  requests: RequestView[] = [];
  /** What travels between devices. */
  sync: SyncView;
  log: LogRow[] = [];
  /** What the last joining handed in. */
  form: JoinForm | null = null;
  readonly pairing: FakePairing;
  #server: ServerView | null = null;
  #confirmed = false;

  constructor(
    private readonly at: Surroundings,
    private readonly options: AccountOptions,
  ) {
    this.offline = options.offline ?? false;
    this.sync = {
      state: options.sync ?? { kind: "upToDate" },
      waiting: options.sync?.kind === "waiting" ? 3 : 0,
      heard: "2026-11-23T20:41:00+01:00",
      checked: true,
      notices: options.synced ?? [],
      noRoom: options.noRoom ? { count: 3, megabytes: 4294 } : null,
      leftOver: options.leftOver ? { count: 34, of: 120 } : null,
    };
    this.pairing = new FakePairing(
      {
        reach: () => this.#reach(),
        confirmed: () => this.#mustBeConfirmed(),
        prove: (passphrase, factor) => {
          this.#prove(passphrase);
          if (this.joined?.factorOn && factor !== fakeDigits) throw trouble({ kind: "factorNeeded" });
        },
        joined: () => this.joined !== null,
        arrive: () => {
          this.#settle("sam@thuis.example", "", null);
          // Until a login proves the account's passphrase here.
          if (this.joined) this.joined.needsNewPassphrase = true;
        },
        add: () => this.devices.push(device("d4", "Tablet", "Android 16", "2026-11-23", "2026-11-23")),
      },
      options.pairing ?? null,
    );
    if (options.joined) {
      this.#settle("sam@thuis.example", "Sam", null);
      if (this.joined && (options.sync || options.synced || options.noRoom || options.leftOver)) {
        this.joined.copySince = "2026-11-02";
        at.setCopy(true);
      }
      this.#note("account", "nothing", 0, 412);
      this.devices.push(
        device("b2", at.language() === "nl" ? "Telefoon" : "Phone", "Android 16", "2026-09-02", "2026-11-22"),
        device(
          "c3",
          at.language() === "nl" ? "Oude laptop" : "Old laptop",
          "Windows 11",
          "2026-03-14",
          "2026-06-30",
        ),
      );
    }
    if (options.receipt)
      this.receipts = [
        { id: "r1", made: "2026-11-22T21:40:00+01:00", confirmed: options.receipt === "confirmed" },
      ];
  }

  /** What the seal says where all else goes on. */
  get seal(): SealState {
    if (!this.joined?.copySince) return "onlyHere";
    const { state, noRoom } = this.sync;
    return state.kind === "upToDate" && noRoom ? "copyBehind" : seals[state.kind];
  }

  #settle(email: string, name: string, phone: string | null) {
    const days = ["2026-11-02", "2026-11-23"] as const;
    this.joined = {
      server: this.at.language() === "nl" ? "Stichting Waterland" : "Waterland Foundation",
      address: fakeServer,
      fingerprint,
      email,
      name,
      phone,
      addressBegun: null,
      addressBefore: this.options.addressBefore ?? null,
      since: days[0],
      seatEnded: this.options.seatEnded ?? false,
      epoch: 1,
      needsNewPassphrase: this.options.needsNewPassphrase ?? false,
      needsRecoveryCode: false,
      copySince: null,
      keysGone: this.options.keysGone ?? false,
      termsVersion: this.options.terms ?? 1,
      termsAgreedAt: "2026-11-02T20:11:00+01:00",
      termsAsked: this.options.termsAsked ? 2 : null,
      factorOn: this.options.factorOn ?? false,
      factorCodesLeft: this.options.factorOn ? 9 : null,
      factorLiftedAt: this.options.lifting ? "2026-12-07T09:00:00+01:00" : null,
      deletedAt: this.options.deletion ? "2026-12-07T09:00:00+01:00" : null,
      signedOut: this.options.signedOut ?? false,
      changeWaits: false,
    };
    this.devices = [{ ...device("a1", "Laptop", "Linux", days[0], days[1]), thisOne: true }];
    this.log = [
      { number: 1, at: "2026-11-02T20:11:00+01:00", what: "account.created", who: "a1".padEnd(32, "0") },
      { number: 2, at: "2026-11-02T20:11:00+01:00", what: "address.verified", who: "mail" },
      { number: 3, at: "2026-11-02T20:11:00+01:00", what: "terms.accepted", who: "a1".padEnd(32, "0") },
    ];
  }

  #note(
    purpose: RequestView["purpose"],
    kind: RequestView["content"],
    sent: number,
    received: number | null,
  ) {
    this.requests.unshift({ at: this.at.now().toISOString(), purpose, content: kind, sent, received });
  }

  #reach() {
    if (this.offline) throw trouble({ kind: "offline" });
  }

  #mustBeConfirmed() {
    if (!this.#server || (this.#server.trust === "toConfirm" && !this.#confirmed))
      throw trouble({ kind: "notConfirmed" });
  }

  #factor(on: boolean) {
    if (this.joined)
      this.joined = { ...this.joined, factorOn: on, factorCodesLeft: on ? 10 : null, factorLiftedAt: null };
    return this.view();
  }

  #prove(passphrase: unknown) {
    if (passphrase !== this.at.passphrase())
      throw { code: "wrongPassphrase", waitSeconds: 0 } satisfies UiError;
  }

  view(): AccountView {
    return {
      joined: this.joined,
      joining: this.joining,
      lastContact: this.joined ? "2026-11-23T08:52:00+01:00" : null,
      offline: this.joined !== null && this.offline,
      ticketsWaiting: this.receipts.filter(({ confirmed }) => !confirmed).length,
    };
  }

  readonly handlers: Record<string, (input: Input) => unknown> = {
    terms: () => content.terms(this.at.language()),
    termsIn: ({ version }) => (version === 1 ? content.terms(this.at.language()) : null),
    termsChanges: () =>
      this.options.termsAsked === "known" && this.joined?.termsAsked
        ? content.termsChanges(this.at.language())
        : null,
    agreeToTerms: ({ version }) => {
      this.#reach();
      this.#note("terms", "choice", 13, 0);
      if (this.joined)
        this.joined = {
          ...this.joined,
          termsVersion: version as number,
          termsAgreedAt: this.at.now().toISOString(),
          termsAsked: null,
        };
      return this.view();
    },
    recipients: () => this.register,
    askRecipients: () => {
      this.#reach();
      this.#note("recipients", "nothing", 0, 1_480);
      this.register = {
        asked: this.at.now().toISOString(),
        server: "Stichting Waterland",
        recipients: [
          {
            name: "Opslag BV",
            role: "Works on instruction (processor)",
            purpose: "Storage of what the server keeps",
            agreement: "Data processing agreement of 1 May 2026",
            country: "Germany",
            parentCountry: null,
            remoteAccess: ["the Netherlands", "Germany"],
          },
        ],
        storage: ["the Netherlands"],
        backup: ["Belgium"],
        outside: this.options.outside ?? false,
        contacts: [
          { role: "authority", name: "Autoriteit Persoonsgegevens", ways: ["https://autoriteit.example"] },
        ],
      };
      return this.register;
    },
    purposeOfJoining: () => content.copyPurpose(this.at.language()),
    account: () => this.view(),
    syncView: () => this.sync,
    syncNow: () => this.sync,
    syncRead: () => {
      this.sync = { ...this.sync, notices: [] };
    },
    penUp: () => {},
    syncDecide: () => {
      this.sync = { ...this.sync, state: { kind: "upToDate" }, leftOver: null };
      return this.sync;
    },
    contact: () => {
      this.#reach();
      this.#note("account", "nothing", 0, 412);
      return this.view();
    },
    takeLink: () => {
      const { handed } = this;
      this.handed = null;
      return handed;
    },
    invitationInPicture: () => {
      if (typeof this.picture === "object" && this.picture) throw trouble(this.picture);
      return this.picture;
    },
    mayScan: () => true,
    beginScan: () => null,
    codeInFrame: () => this.frame,
    lookAtServer: ({ typed, code }) => {
      this.#reach();
      const text = typed as string;
      const isLink = link.test(text);
      const isCode = tidy(text).length === 28 && !text.includes(":");
      if (isCode && !this.#server) throw trouble({ kind: "serverNeeded" });
      if (!isLink && !isCode && !/^https:\/\/\S+$/.test(text.trim())) throw trouble({ kind: "badAddress" });
      const given = isCode
        ? text
        : isLink
          ? (/code=(.+)$/.exec(text)?.[1] ?? "")
          : ((code as string | null) ?? "");
      if (given !== "" && tidy(given).length !== 28) throw trouble({ kind: "mistypedInvitation" });
      this.#note("lookAtServer", "nothing", 0, 2_310);
      this.#server = {
        name: this.at.language() === "nl" ? "Stichting Waterland" : "Waterland Foundation",
        address: fakeServer,
        fingerprint,
        trust: this.options.builtIn ? "builtIn" : this.#confirmed ? "confirmed" : "toConfirm",
        hasCode: given !== "",
        termsVersion: 1,
        statementVersion: 3,
      };
      return this.#server;
    },
    confirmRoot: ({ fingerprint: typed }) => {
      if (tidy(typed as string) !== fingerprint.join("")) throw trouble({ kind: "otherFingerprint" });
      this.#confirmed = true;
      return this.#server;
    },
    lookAtInvitation: () => {
      this.#reach();
      this.#mustBeConfirmed();
      if (this.options.invitation) throw trouble({ kind: this.options.invitation });
      return { number: 17, until: "2027-01-31" };
    },
    beginJoining: ({ email, passphrase }) => {
      this.#prove(passphrase);
      this.#reach();
      if (!(email as string).includes("@")) throw trouble({ kind: "addressRefused" });
      this.joining = email as string;
      this.#note("join", "contact", 388, 1_204);
      return this.view();
    },
    join: ({ form }) => {
      this.#reach();
      const { mailCode, recoveryCode, name, phone, adult, copy } = form as JoinForm;
      if (tidy(recoveryCode).length !== 36) throw { code: "recoveryCodeMistyped" } satisfies UiError;
      if (tidy(recoveryCode) !== this.at.code())
        throw { code: "wrongRecoveryCode", waitSeconds: 0 } satisfies UiError;
      if (mailCode.trim() !== fakeMailCode) throw trouble({ kind: "mailCodeWrong" });
      if (!adult) throw trouble({ kind: "tooYoung" });
      this.form = form as JoinForm;
      this.#settle(this.joining ?? "", name, phone);
      this.joining = null;
      this.at.setCopy(copy);
      if (copy && this.joined) this.joined.copySince = "2026-11-23";
      return this.view();
    },
    giveUpJoining: () => {
      this.joining = null;
      return null;
    },
    beginFactor: () => ({
      uri: "otpauth://totp/Regie?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Regie",
      secret: ["GEZD", "GNBV", "GY3T", "QOJQ", "GEZD", "GNBV", "GY3T", "QOJQ"],
      qr: dots(41),
    }),
    setFactor: ({ digits, passphrase, factor }) => {
      this.#prove(passphrase);
      this.#reach();
      if (this.joined?.factorOn && factor === null) throw trouble({ kind: "factorNeeded" });
      if (tidy(digits as string) !== fakeDigits) throw trouble({ kind: "loginFailed" });
      this.#factor(true);
      return Array.from({ length: 10 }, (_, index) => `7H3K-Q2XM-${10 + index}`);
    },
    saveOneTimeCodes: () => "/home/sam/Documenten/Regie eenmalige codes.txt",
    takeFactorAway: ({ passphrase, factor }) => {
      this.#prove(passphrase);
      this.#reach();
      if (tidy(factor as string) !== fakeDigits) throw trouble({ kind: "loginFailed" });
      return this.#factor(false);
    },
    liftFactor: ({ passphrase }) => {
      this.#prove(passphrase);
      this.#reach();
      return this.#factor(false);
    },
    liftFactorWithoutDevice: ({ passphrase, code }) => {
      this.#reach();
      if (passphrase !== null && passphrase !== this.at.passphrase()) throw trouble({ kind: "loginFailed" });
      return passphrase !== null && code !== null ? null : "2026-12-07T09:00:00+01:00";
    },
    object: ({ to }) => {
      this.#reach();
      if (this.joined)
        this.joined = { ...this.joined, [to === "deletion" ? "deletedAt" : "factorLiftedAt"]: null };
      return this.view();
    },
    mailDeletionCode: () => {
      this.#reach();
      return null;
    },
    beginDeletion: ({ mailCode }) => {
      this.#reach();
      if (mailCode !== fakeMailCode) throw trouble({ kind: "mailCodeWrong" });
      return "2026-12-07T09:00:00+01:00";
    },
    logIn: ({ key, factor }) => {
      this.#reach();
      this.#mustBeConfirmed();
      const { kind, passphrase, code } = key as { kind: string; passphrase?: string; code?: string };
      const right =
        kind === "passphrase" ? passphrase === this.at.passphrase() : tidy(code ?? "") === this.at.code();
      if (!right) throw trouble({ kind: "loginFailed" });
      if (this.options.factorOn && factor === null) throw trouble({ kind: "factorNeeded" });
      this.#settle("sam@thuis.example", "Sam", null);
      this.at.open();
      return this.at.start();
    },
    catchUp: ({ current }) => {
      this.#prove(current);
      this.#reach();
      if (this.joined) Object.assign(this.joined, { needsNewPassphrase: false, signedOut: false });
      return this.view();
    },
    finishRecovery: () => this.view(),
    devices: () => {
      this.#reach();
      return this.devices;
    },
    setContact: ({ name, phone }) => {
      this.#reach();
      if (this.joined) Object.assign(this.joined, { name, phone });
      return this.view();
    },
    beginNewAddress: ({ email, passphrase, factor }) => {
      this.#prove(passphrase);
      this.#reach();
      if (this.joined?.factorOn && tidy((factor as string | null) ?? "") !== fakeDigits)
        throw trouble({ kind: "loginFailed" });
      if (!(email as string).includes("@")) throw trouble({ kind: "addressRefused" });
      if (this.joined) this.joined = { ...this.joined, addressBegun: email as string };
      return this.view();
    },
    confirmNewAddress: ({ mailCode }) => {
      this.#reach();
      if (mailCode !== fakeMailCode) throw trouble({ kind: "mailCodeWrong" });
      const email = this.joined?.addressBegun;
      if (this.joined && email) this.joined = { ...this.joined, email, addressBegun: null };
      return this.view();
    },
    giveUpNewAddress: () => {
      if (this.joined) this.joined = { ...this.joined, addressBegun: null };
      return null;
    },
    addressChangeRead: () => {
      if (this.joined) this.joined = { ...this.joined, addressBefore: null };
      return this.view();
    },
    renameDevice: ({ id, name }) => {
      this.#reach();
      this.devices = this.devices.map((each) => (each.id === id ? { ...each, name: name as string } : each));
      return this.devices;
    },
    signOut: ({ which }) => {
      this.#reach();
      const wanted = which as SignOut;
      this.devices = this.devices.map((each) => {
        const meant =
          wanted === "all" ||
          (wanted === "others" && !each.thisOne) ||
          (typeof wanted === "object" && wanted.one === each.id);
        return meant && each.signedOut === null ? { ...each, signedOut: "2026-11-23" } : each;
      });
      return this.devices;
    },
    wantCopy: ({ wanted }) => {
      this.at.setCopy(wanted as boolean);
      if (this.joined)
        this.joined = { ...this.joined, copySince: wanted ? "2026-11-23" : null, keysGone: !wanted };
      return this.view();
    },
    leaveCopy: ({ passphrase }) => {
      this.#prove(passphrase);
      this.at.setCopy(false);
      return { file: null, confirmed: !this.offline };
    },
    leaveEverything: ({ passphrase }) => {
      this.#prove(passphrase);
      this.receipts = [{ id: "r1", made: this.at.now().toISOString(), confirmed: !this.offline }];
      this.joined = null;
      this.at.leave();
      return this.at.start();
    },
    receipts: () => this.receipts,
    redeemTickets: () => {
      this.#reach();
      this.receipts = this.receipts.map((each) => ({ ...each, confirmed: true }));
      return this.receipts;
    },
    redeemTicketFile: () => {
      this.#reach();
      const receipt = { id: "r2", made: this.at.now().toISOString(), confirmed: true };
      this.receipts = [...this.receipts, receipt];
      return receipt;
    },
    saveReceipt: () => "/home/sam/Documenten/Regie ontvangstbewijs.signed",
    accountLog: ({ after }) => {
      this.#reach();
      return this.log.filter(({ number }) => number > (after as number));
    },
    requests: () => this.requests,
  };
}

function device(id: string, name: string, platform: string, added: string, lastUsed: string): DeviceView {
  return {
    id: id.padEnd(32, "0"),
    name,
    platform,
    added,
    lastUsed,
    thisOne: false,
    signedOut: null,
    checked: true,
  };
}
