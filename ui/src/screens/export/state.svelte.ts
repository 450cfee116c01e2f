import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { Job } from "$app/job.svelte";
import { NewPassphrase } from "$app/passphrase.svelte";
import type {
  ExportedView,
  ExportKey,
  ExportParts,
  ExportPlanView,
  ExportRequest,
  UiError,
} from "$lib/bindings";
import { asUiError, describeError } from "$lib/errors";
import { m } from "$lib/messages";
import { whyFetchingEnded } from "$lib/not-here";

export type Aim = "archive" | "pdf" | "html" | "handOver";
export type Seal = ExportKey["kind"];

/** What becomes of photos and recordings that are not on this device. */
export type NotHere = "fetch" | "without";

type Choices = { diary: boolean; checks: boolean; when: "always" | "period"; from: string; to: string };

/** The key of whoever will open the copy: pasted, or from a file, and read back by the core. */
export class Recipient {
  text = $state("");
  key = $state<string | null>(null);
  problem = $state<string | null>(null);
  #asked = 0;

  groups = $derived(this.key?.match(/.{1,4}/g) ?? []);

  /** While it is typed a key that is none yet is nothing to speak of. */
  async read(typing = false) {
    const asked = ++this.#asked;
    this.problem = null;
    const text = this.text.trim();
    try {
      const key = text === "" ? null : await core.exportRecipient(text);
      if (asked === this.#asked) this.key = key;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.key = null;
      if (!typing) this.problem = describeError(asUiError(thrown)).title;
    }
  }

  async fromFile() {
    this.problem = null;
    try {
      const key = await core.chooseRecipient();
      if (key === null) return;
      this.#asked += 1;
      this.text = key;
      this.key = key;
    } catch (thrown) {
      this.problem = describeError(asUiError(thrown)).title;
    }
  }

  async ready(): Promise<boolean> {
    await this.read();
    if (this.text.trim() === "") this.problem = m.export_key_empty();
    return this.key !== null;
  }
}

/** A copy in the making: what goes along, as what, under which lock, and what came of it. */
export class Exporting {
  aim = $state<Aim>("archive");
  seal = $state<Seal>("passphrase");
  choices = $state.raw<Choices>({ diary: true, checks: true, when: "always", from: "", to: "" });
  parts = $state.raw<ExportParts>({ fhir: true, markdown: true, csv: true, report: true });
  passphrase = new NewPassphrase();
  recipient = new Recipient();
  job = new Job();
  plan = $state.raw<ExportPlanView | null>(null);
  notHere = $state<NotHere>("fetch");
  /** They are being fetched; the copy is made after that. */
  fetching = $state(false);
  busy = $state(false);
  /** What was stopped, or had to stop, in a sentence. */
  ended = $state<string | null>(null);
  done = $state.raw<ExportedView | null>(null);
  error = $state.raw<UiError | null>(null);
  #asked = 0;
  #sealChosen = false;
  #away = false;

  /** Why nothing can be saved as it is chosen now; null when it can. */
  reason = $derived.by(() => {
    const { diary, checks, when, from, to } = this.choices;
    if (!diary && !checks) return m.export_pick();
    if (when === "period" && (from === "" || to === "")) return m.export_days_missing();
    if (when === "period" && from > to) return m.export_days_turned();
    if (this.plan && this.plan.entries + this.plan.results === 0) return m.export_nothing();
    return null;
  });

  /** What the server has of what goes along, and this device not. */
  get toFetch() {
    const notHere = this.plan?.notHere;
    return notHere && notHere.photos + notHere.sounds > 0 ? notHere : null;
  }

  get #request(): ExportRequest {
    const { diary, checks, when, from, to } = this.choices;
    const handOver = this.aim === "handOver";
    const day = (text: string) => (when === "period" ? text : null);
    return {
      form: this.aim === "handOver" ? "archive" : this.aim,
      diary,
      checks,
      from: day(from),
      to: day(to),
      // A report tells of scores, which the other party does not get.
      parts: handOver ? { fhir: true, markdown: true, csv: true, report: false } : this.parts,
      givenOnly: handOver,
    };
  }

  get #protection(): ExportKey {
    if (this.seal === "passphrase") return { kind: "passphrase", passphrase: this.passphrase.value };
    if (this.seal === "recipient") return { kind: "recipient", key: this.recipient.key ?? "" };
    return { kind: "plain" };
  }

  choose(part: Partial<Choices>) {
    this.choices = { ...this.choices, ...part };
    void this.look();
  }

  /** What is handed over is locked to whoever gets it, unless the person wants another lock. */
  chooseAim(aim: Aim) {
    this.aim = aim;
    if (!this.#sealChosen) this.seal = aim === "handOver" ? "recipient" : "passphrase";
    void this.look();
  }

  chooseSeal(seal: Seal) {
    this.#sealChosen = true;
    this.seal = seal;
  }

  togglePart(part: keyof ExportParts) {
    this.parts = { ...this.parts, [part]: !this.parts[part] };
  }

  /** Says how much would go along. */
  async look() {
    this.ended = null;
    this.error = null;
    await this.#count();
  }

  async #count() {
    const asked = ++this.#asked;
    this.plan = null;
    if (this.reason !== null) return;
    try {
      const plan = await core.planExport(this.#request);
      if (asked === this.#asked) this.plan = plan;
    } catch (thrown) {
      if (asked === this.#asked) this.error = asUiError(thrown);
    }
  }

  async #sealed(): Promise<boolean> {
    if (this.seal === "passphrase") return this.passphrase.ready();
    return this.seal === "plain" || this.recipient.ready();
  }

  /** Resolves with whether everything was filled in. */
  async save(): Promise<boolean> {
    if (this.busy || this.reason !== null) return true;
    if (!(await this.#sealed())) return false;
    this.busy = true;
    this.ended = null;
    this.error = null;
    try {
      if (this.toFetch && this.notHere === "fetch" && !(await this.#fetch())) return true;
      this.done = await this.job.run(() => core.export(this.#request, this.#protection));
      if (this.done) this.passphrase.forget();
      if (this.done && this.#away) announce(m.export_done_title());
    } catch (thrown) {
      this.#fail(asUiError(thrown));
    } finally {
      this.busy = false;
      if (this.#away) this.passphrase.forget();
    }
    return true;
  }

  #fail(error: UiError) {
    if (error.code !== "stopped") this.error = error;
    else this.#end(m.export_stopped());
  }

  #end(why: string) {
    this.ended = why;
    announce(why);
  }

  /** Resolves with whether the copy can be made now. What the server has not got is passed over. */
  async #fetch(): Promise<boolean> {
    this.fetching = true;
    try {
      await this.job.run(() => core.fetchOriginals(this.#request));
      return true;
    } catch (thrown) {
      const why = whyFetchingEnded(asUiError(thrown));
      if (why === null) throw thrown;
      await this.#count();
      this.#end(why);
      return false;
    } finally {
      this.fetching = false;
    }
  }

  async show() {
    this.error = null;
    try {
      await core.showExported();
    } catch (thrown) {
      this.error = asUiError(thrown);
    }
  }

  enter() {
    this.#away = false;
    if (!this.busy && !this.done) void this.look();
  }

  leave() {
    this.#away = true;
    if (this.busy) return;
    this.passphrase.forget();
    kept = null;
  }
}

let kept: Exporting | null = null;

/** A copy under way goes on while the person does something else, and is found again here. */
export function exporting(): Exporting {
  kept ??= new Exporting();
  return kept;
}
