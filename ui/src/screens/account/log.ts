import { m } from "$lib/messages";

/** What stands in the account's log, by its permanent code. */
const words: Record<string, () => string> = {
  "account.created": m.account_log_created,
  "address.verified": m.account_log_verified,
  "contact.changed": m.account_log_contact_changed,
  "contact.read": m.account_log_contact_read,
  "terms.accepted": m.account_log_terms,
  "device.added": m.account_log_device_added,
  "device.signed-out": m.account_log_devices_out,
  "epoch.begun": m.account_log_epoch,
  "passphrase.changed": m.account_log_passphrase,
  "code.changed": m.account_log_code,
  "copy.wanted": m.account_log_copy_on,
  "copy.withdrawn": m.account_log_copy_off,
  "login.passphrase": m.account_log_login,
  "login.code": m.account_log_login_code,
  "seat.read": m.account_log_seat_read,
  "identity.changed": m.account_log_identity,
  "factor.set": m.account_log_factor_on,
  "factor.lifted": m.account_log_factor_off,
  "factor.lift-begun": m.account_log_lift_begun,
  "factor.lift-stopped": m.account_log_lift_stopped,
  "account.deletion-begun": m.account_log_deletion_begun,
  "account.deletion-stopped": m.account_log_deletion_stopped,
};

/** A later server may know more; its code stands there then. */
export const sayAction = (what: string): string => words[what]?.() ?? what;
