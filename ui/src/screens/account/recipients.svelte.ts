import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import type { ContactRole, RecipientsView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
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
export class Recipients {
  loaded = new Loaded<RecipientsView | null>(() => core.recipients());
  asking = $state(false);
  error = $state.raw<UiError | null>(null);

  async ask() {
    if (this.asking) return;
    this.asking = true;
    this.error = null;
    try {
      this.loaded.value = await core.askRecipients();
      announce(m.recipients_asked_now());
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.asking = false;
    }
  }
}
