import type { UiError } from "$lib/bindings";
import { m } from "$lib/messages";
import { sayWait } from "$lib/wait";

export type ErrorCode = UiError["code"];
/** What happened, and then what is safe and what to do. */
export type ErrorText = { title: string; text: string };

const texts: Record<ErrorCode, () => ErrorText> = {
  locked: () => ({ title: m.error_locked_title(), text: m.error_locked_text() }),
  wrongPassphrase: () => ({ title: m.error_wrong_passphrase_title(), text: m.error_wrong_passphrase_text() }),
  tooSoon: () => ({ title: m.error_too_soon_title(), text: m.error_too_soon_text() }),
  recoveryCodeMistyped: () => ({
    title: m.error_recovery_mistyped_title(),
    text: m.error_recovery_mistyped_text(),
  }),
  wrongRecoveryCode: () => ({ title: m.error_wrong_recovery_title(), text: m.error_wrong_recovery_text() }),
  weakPassphrase: () => ({ title: m.error_weak_passphrase_title(), text: m.error_weak_passphrase_text() }),
  keyFileMissing: () => ({ title: m.error_key_missing_title(), text: m.error_key_missing_text() }),
  keyFileDamaged: () => ({ title: m.error_key_damaged_title(), text: m.error_key_damaged_text() }),
  vaultMissing: () => ({ title: m.error_vault_missing_title(), text: m.error_vault_missing_text() }),
  vaultDamaged: () => ({ title: m.error_vault_damaged_title(), text: m.error_vault_damaged_text() }),
  vaultNewer: () => ({ title: m.error_vault_newer_title(), text: m.error_vault_newer_text() }),
  vaultInUse: () => ({ title: m.error_vault_in_use_title(), text: m.error_vault_in_use_text() }),
  diskFull: () => ({ title: m.error_disk_full_title(), text: m.error_disk_full_text() }),
  readOnlyFolder: () => ({ title: m.error_read_only_title(), text: m.error_read_only_text() }),
  noKeychain: () => ({ title: m.error_no_keychain_title(), text: m.error_no_keychain_text() }),
  notABackup: () => ({ title: m.error_not_a_backup_title(), text: m.error_not_a_backup_text() }),
  backupDamaged: () => ({ title: m.error_backup_damaged_title(), text: m.error_backup_damaged_text() }),
  noConsent: () => ({ title: m.error_no_consent_title(), text: m.error_no_consent_text() }),
  consentOutdated: () => ({
    title: m.error_consent_outdated_title(),
    text: m.error_consent_outdated_text(),
  }),
  notFound: () => ({ title: m.error_not_found_title(), text: m.error_not_found_text() }),
  tooLarge: () => ({ title: m.error_too_large_title(), text: m.error_too_large_text() }),
  badLink: () => ({ title: m.error_bad_link_title(), text: m.error_bad_link_text() }),
  badRecipient: () => ({ title: m.error_bad_recipient_title(), text: m.error_bad_recipient_text() }),
  stopped: () => ({ title: m.error_stopped_title(), text: m.error_stopped_text() }),
  badName: () => ({ title: m.error_bad_name_title(), text: m.error_bad_name_text() }),
  nameTaken: () => ({ title: m.error_name_taken_title(), text: m.error_name_taken_text() }),
  notNow: () => ({ title: m.error_not_now_title(), text: m.error_not_now_text() }),
  internal: () => ({ title: m.error_internal_title(), text: m.error_internal_text() }),
};

export const waitSecondsOf = (error: UiError): number => ("waitSeconds" in error ? error.waitSeconds : 0);

export function describeError(error: UiError): ErrorText {
  const { title, text } = texts[error.code]();
  const wait = waitSecondsOf(error);
  return wait > 0 ? { title, text: `${text} ${m.error_wait({ wait: sayWait(wait) })}` } : { title, text };
}

/** Anything thrown by a call, as an error that has a text. */
export function asUiError(thrown: unknown): UiError {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown) {
    const { code } = thrown;
    if (typeof code === "string" && Object.hasOwn(texts, code)) return thrown as UiError;
  }
  return { code: "internal" };
}
