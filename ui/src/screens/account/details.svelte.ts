import { announce } from "$app/announce.svelte";
import { Attempts } from "$app/attempts.svelte";
import { core } from "$app/core";
import { Proof } from "$app/proof.svelte";
import type { AccountView, JoinedView, UiError } from "$lib/bindings";
import { accountTrouble, asUiError, describeError } from "$lib/errors";
import { m } from "$lib/messages";

export type DetailsStep = "about" | "address" | "code";

const longestName = 80;
const longestPhone = 32;

const told = (error: UiError) => {
  const { title, text } = describeError(error);
  return `${title}. ${text}`;
};

/** How the person is reached, put right by themselves. */
export class Details extends Attempts {
  step = $state<DetailsStep>("about");
  name = $state("");
  phone = $state("");
  nameProblem = $state<string | null>(null);
  phoneProblem = $state<string | null>(null);

  email = $state("");
  emailProblem = $state<string | null>(null);
  proof = new Proof();
  factor = $state("");
  factorProblem = $state<string | null>(null);
  mailCode = $state("");
  codeProblem = $state<string | null>(null);

  /** It was set on another device, of which this one did not hear yet. */
  needsFactor = $state(false);
  #filled = false;

  constructor(private readonly changed: (view: AccountView) => void) {
    super();
  }

  /** What is there, once; and an address that was begun goes on. */
  fill(joined: JoinedView) {
    if (this.#filled) return;
    this.#filled = true;
    this.name = joined.name;
    this.phone = joined.phone ?? "";
    if (!joined.addressBegun) return;
    this.email = joined.addressBegun;
    this.step = "code";
  }

  to(step: DetailsStep) {
    this.step = step;
    this.error = null;
    this.proof.error = null;
    this.proof.problem = null;
    this.emailProblem = null;
    this.factorProblem = null;
    this.codeProblem = null;
  }

  async save() {
    const name = this.name.trim();
    const phone = this.phone.trim();
    const nameFits = name !== "" && [...name].length <= longestName;
    this.nameProblem = nameFits ? null : m.details_name_wrong();
    this.phoneProblem = [...phone].length <= longestPhone ? null : m.details_phone_wrong();
    if (this.nameProblem || this.phoneProblem) return;
    await this.attempt(async () => {
      const view = await core.setContact(name, phone === "" ? null : phone);
      this.name = view.joined?.name ?? name;
      this.phone = view.joined?.phone ?? "";
      this.changed(view);
      announce(m.details_saved());
    });
  }

  /** Has a code sent to the new address. Nothing changes by it. */
  async send(factorOn: boolean) {
    const email = this.email.trim();
    this.emailProblem = email === "" ? m.join_email_empty() : null;
    this.factorProblem = factorOn && this.factor.trim() === "" ? m.factor_before_empty() : null;
    if (!this.proof.filled() || this.emailProblem || this.factorProblem) return;
    await this.proof.attempt(async () => {
      try {
        this.changed(await core.beginNewAddress(email, this.proof.value, this.factor.trim() || null));
      } catch (thrown) {
        if (accountTrouble(thrown) === "factorNeeded") this.needsFactor = true;
        if (accountTrouble(thrown) !== "addressRefused") throw thrown;
        this.emailProblem = told(asUiError(thrown));
        return;
      }
      this.forget();
      this.mailCode = "";
      this.to("code");
      announce(m.join_code_sent({ email }));
    });
  }

  async confirm() {
    this.codeProblem = this.mailCode.trim() === "" ? m.join_mail_empty() : null;
    if (this.codeProblem) return;
    await this.attempt(async () => {
      try {
        this.changed(await core.confirmNewAddress(this.mailCode.trim()));
      } catch (thrown) {
        if (accountTrouble(thrown) !== "mailCodeWrong") throw thrown;
        this.codeProblem = told(asUiError(thrown));
        return;
      }
      this.email = "";
      this.mailCode = "";
      this.to("about");
      announce(m.details_address_changed());
    });
  }

  async giveUp() {
    await core.giveUpNewAddress().catch(() => {});
    this.email = "";
    this.mailCode = "";
    this.to("about");
    const view = await core.account().catch(() => null);
    if (view) this.changed(view);
  }

  forget() {
    this.proof.forget();
    this.factor = "";
  }
}
