import { announce } from "$app/announce.svelte";
import { Steps } from "$app/attempts.svelte";
import { core } from "$app/core";
import { Proof } from "$app/proof.svelte";
import { session } from "$app/state.svelte";
import type { AccountView, PurposeView, ServerView, UiError } from "$lib/bindings";
import { accountTrouble, asUiError, describeError } from "$lib/errors";
import { m } from "$lib/messages";

export type JoinStep = "invitation" | "server" | "agree" | "you" | "code";
export const joinSteps: readonly JoinStep[] = ["invitation", "server", "agree", "you", "code"];

/** A page read beside the steps; what was filled in stays. */
export type JoinReading = "terms" | "statement" | "employer" | "help";

type Field = "invitation" | "address" | "compared" | "terms" | "adult" | "email" | "name" | "mailCode";

const isLink = (text: string) => /^\s*regie:/i.test(text);

/** Joining, step by step. Nothing of it rests on the disk; it lives until it is done, given up, or the vault locks. */
export class Join extends Steps<JoinStep, Field> {
  reading = $state<JoinReading | null>(null);

  invitation = $state("");
  address = $state("");
  server = $state.raw<ServerView | null>(null);
  compared = $state(false);

  terms = $state(false);
  adult = $state(false);
  purpose = $state.raw<PurposeView | null>(null);
  copy = $state(false);

  email = $state("");
  name = $state("");
  phone = $state("");
  passphrase = new Proof();
  /** The address that a code is on its way to. */
  sentTo = $state<string | null>(null);

  mailCode = $state("");
  recovery = new Proof();
  device = $state(m.join_device_default());

  joined = $state.raw<AccountView | null>(null);

  constructor() {
    super("invitation");
  }

  get number() {
    return joinSteps.indexOf(this.step) + 1;
  }

  /** A code is on its way, or the person is further than the invitation. */
  get begun() {
    return this.sentTo !== null || this.step !== "invitation";
  }

  /** As if it was typed. */
  fillIn(invitation: string) {
    if (!this.begun) this.scanned(invitation);
  }

  /** The code of an invitation was held in front of the camera. */
  scanned(invitation: string) {
    this.invitation = invitation;
    this.problems = {};
    this.error = null;
  }

  /** An invitation from a picture that the person chooses. */
  async fromPicture() {
    this.problems = {};
    await this.attempt(async () => {
      const invitation = await core.invitationInPicture();
      if (invitation === null) return;
      this.invitation = invitation;
      announce(m.join_picture_read());
    });
  }

  get needsAddress() {
    return !isLink(this.invitation);
  }

  /** A joining that the core still holds goes on in a page that knows nothing of it: the code from the mail still counts. */
  resume(email: string) {
    if (this.sentTo !== null || this.step !== "invitation") return;
    this.email = email;
    this.sentTo = email;
    this.step = "agree";
  }

  back(): boolean {
    if (this.reading) this.reading = null;
    else {
      const before = joinSteps[joinSteps.indexOf(this.step) - 1];
      // Whose server it is was settled before.
      if (!before || (before === "server" && !this.server)) return false;
      this.to(before);
    }
    return true;
  }

  /** Beside its field where there is one, else above the step. */
  protected override failed(error: UiError) {
    const beside: Partial<Record<string, Field>> = {
      mistypedInvitation: "invitation",
      invitationUnknown: "invitation",
      invitationUsed: "invitation",
      invitationEnded: "invitation",
      notAPicture: "invitation",
      pictureTooLarge: "invitation",
      noCodeInPicture: "invitation",
      noInvitationInPicture: "invitation",
      badAddress: this.needsAddress ? "address" : "invitation",
      serverNeeded: "address",
      addressRefused: "email",
      mailCodeWrong: "mailCode",
    };
    const field = beside[accountTrouble(error) ?? ""];
    if (field === "invitation" && this.step !== "invitation") this.step = "invitation";
    if (field) {
      const { title, text } = describeError(error);
      this.problems = { [field]: `${title}. ${text}` };
    } else super.failed(error);
  }

  /** Looks whose server it is. Nothing is joined by it. */
  async look() {
    const typed = this.invitation.trim();
    const address = this.address.trim();
    this.problems = typed === "" ? { invitation: m.join_invitation_empty() } : {};
    if (typed === "") return;
    await this.attempt(async () => {
      const server =
        isLink(typed) || address === ""
          ? await core.lookAtServer(typed, null)
          : await core.lookAtServer(address, typed);
      this.server = server;
      this.compared = false;
      if (server.hasCode) this.to("server");
      else this.problems = { invitation: m.join_invitation_no_code() };
    });
  }

  /** The person says whose server it is, and the invitation is tried before anything more is asked. */
  async confirm() {
    const { server } = this;
    if (!server) return;
    const missing = server.trust === "toConfirm" && !this.compared;
    this.problems = missing ? { compared: m.join_compare_missing() } : {};
    if (missing) return;
    await this.attempt(async () => {
      if (server.trust === "toConfirm") this.server = await core.confirmRoot(server.fingerprint.join("-"));
      await core.lookAtInvitation();
      this.to("agree");
    });
  }

  async loadPurpose() {
    this.purpose = await core.purposeOfJoining().catch(() => null);
  }

  agree() {
    const problems: typeof this.problems = {};
    if (!this.terms) problems.terms = m.join_terms_missing();
    if (!this.adult) problems.adult = m.first_run_adult_missing();
    if (Object.keys(problems).length > 0) this.problems = problems;
    else this.to("you");
  }

  /** Sends a code to the address; to the one that has one already only when it is asked for. */
  async send(again = false) {
    const problems: typeof this.problems = {};
    const email = this.email.trim();
    if (email === "") problems.email = m.join_email_empty();
    if (this.name.trim() === "") problems.name = m.join_name_empty();
    this.problems = problems;
    if (Object.keys(problems).length > 0) return;
    if (!again && this.sentTo === email) {
      this.to("code");
      return;
    }
    if (!this.passphrase.filled() || this.busy) return;
    this.busy = true;
    this.error = null;
    await this.passphrase.attempt(async () => {
      try {
        await core.beginJoining(email, this.passphrase.value);
      } catch (thrown) {
        const error = asUiError(thrown);
        if (error.code !== "account") throw error;
        this.failed(error);
        return;
      }
      this.passphrase.forget();
      this.sentTo = email;
      this.mailCode = "";
      this.to("code");
      announce(m.join_code_sent({ email }));
    });
    this.busy = false;
  }

  /** Another code, or another address: the passphrase is asked again, since it rests nowhere. */
  other() {
    this.sentTo = null;
    this.to("you");
  }

  async join(termsVersion: number) {
    this.problems = this.mailCode.trim() === "" ? { mailCode: m.join_mail_empty() } : {};
    const code = this.recovery.filled(m.lock_code_empty());
    if (!code || this.problems.mailCode || this.busy) return;
    this.busy = true;
    this.error = null;
    await this.recovery.attempt(async () => {
      try {
        this.joined = await core.join({
          mailCode: this.mailCode,
          name: this.name.trim(),
          phone: this.phone.trim() === "" ? null : this.phone.trim(),
          recoveryCode: this.recovery.value,
          termsVersion,
          adult: this.adult,
          copy: this.copy,
          deviceName: this.device.trim() || m.join_device_default(),
        });
      } catch (thrown) {
        const error = asUiError(thrown);
        if (error.code !== "account") throw error;
        this.failed(error);
        return;
      }
      this.recovery.forget();
      announce(m.join_done_title());
    });
    this.busy = false;
    if (this.joined) await session.refreshSeal().catch(() => {});
  }

  async giveUp() {
    await core.giveUpJoining().catch(() => {});
    forget();
  }
}

let here: Join | null = null;

/** The joining under way, or a new one: each step can be left and taken up again. */
export function joining(): Join {
  here ??= new Join();
  return here;
}

export function forget() {
  here?.passphrase.forget();
  here?.recovery.forget();
  here = null;
}
