import { announce } from "$app/announce.svelte";
import { Attempts } from "$app/attempts.svelte";
import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import type { ContactRole, RecipientsView } from "$lib/bindings";
import { m } from "$lib/messages";

const roles: Record<ContactRole, () => string> = {
  controller: m.recipients_controller,
  privacyOfficer: m.recipients_privacy,
  complaintsOfficer: m.recipients_complaints,
  authority: m.recipients_authority,
  security: m.recipients_security,
};

export const sayRole = (role: ContactRole) => roles[role]();

/** Who gets data from the server: what it last said, and what it says when it is asked. */
export class Recipients extends Attempts {
  loaded = new Loaded<RecipientsView | null>(() => core.recipients());

  ask() {
    return this.attempt(async () => {
      this.loaded.value = await core.askRecipients();
      announce(m.recipients_asked_now());
    });
  }
}
