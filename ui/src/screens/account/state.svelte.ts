import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import { session } from "$app/state.svelte";
import type { AccountView, NoticeKind, UiError } from "$lib/bindings";
import { accountTrouble, asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { whenChanged } from "./changed.svelte";

/** The account as this device knows it, and what the server adds when it can be reached. */
export class Account {
  loaded = new Loaded<AccountView>(() => core.account());
  asking = $state(false);
  /** Anything but a server that is out of reach, which is normal. */
  error = $state.raw<UiError | null>(null);
  objecting = $state(false);
  objectionError = $state.raw<UiError | null>(null);

  /** To be made while a component starts. */
  constructor() {
    whenChanged(() => this.loaded.refresh());
  }

  get joined() {
    return this.loaded.value?.joined ?? null;
  }

  /** Asks the server what is new; without one, what is known stays on the screen. */
  async contact() {
    if (this.asking) return;
    this.asking = true;
    this.error = null;
    try {
      this.loaded.value = await core.contact();
    } catch (thrown) {
      const error = asUiError(thrown);
      if (!normal(error)) this.error = error;
      await this.loaded.refresh();
    } finally {
      this.asking = false;
    }
    await session.refreshSeal().catch(() => {});
  }

  /** The person read that another device changed the address. */
  async addressRead() {
    this.objectionError = null;
    try {
      this.loaded.value = await core.addressChangeRead();
    } catch (thrown) {
      this.objectionError = asUiError(thrown);
    }
  }

  /** Says no to what somebody asked for and is done after its notice. */
  async object(to: NoticeKind) {
    if (this.objecting) return;
    this.objecting = true;
    this.objectionError = null;
    try {
      this.loaded.value = await core.object(to);
      announce(m.announced_stopped());
    } catch (thrown) {
      this.objectionError = asUiError(thrown);
    } finally {
      this.objecting = false;
    }
  }
}

/** What the account page says by itself, so that it is no error of an action. */
const normal = (error: UiError) =>
  ["offline", "notJoined", "signedOut", "newPassphraseNeeded"].includes(accountTrouble(error) ?? "");

/** What was read since unlocking, and needs no telling again on the first screen: that a place has ended, which terms are asked about. */
export const read = { seatEnded: false, terms: null as number | null };

export const loadRequests = () => new Loaded(() => core.requests());

/** A version of the terms; those in force where none was agreed to, or where it came after this program. */
export const loadTerms = (version: () => number | null = () => null) =>
  new Loaded(async () => {
    const agreed = version();
    return (agreed === null ? null : await core.termsIn(agreed)) ?? (await core.terms());
  });

/** A later version of the terms, and the yes to it. Who has seen what changed is not told again until the next unlocking. */
export class Agreeing {
  /** Nothing in it where this program does not have the text. */
  loaded = new Loaded(async () => {
    const changes = await core.termsChanges();
    if (changes) read.terms = changes.to;
    return { changes };
  });
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  constructor(private readonly changed: (view: AccountView) => void) {}

  /** Whether it was agreed to. */
  async agree(): Promise<boolean> {
    const asked = this.loaded.value?.changes;
    if (this.busy || !asked) return false;
    this.busy = true;
    this.error = null;
    try {
      this.changed(await core.agreeToTerms(asked.to));
      return true;
    } catch (thrown) {
      this.error = asUiError(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
