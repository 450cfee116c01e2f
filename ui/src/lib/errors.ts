import type { AccountError, AttachmentError, UiError } from "$lib/bindings";
import { m } from "$lib/messages";
import { sayWait } from "$lib/wait";

export type ErrorCode = UiError["code"];
/** What happened, and then what is safe and what to do. */
export type ErrorText = { title: string; text: string };

/** What an account or its server answers: what happened, what is safe, what to do. */
const account: Record<AccountError["kind"], () => ErrorText> = {
  offline: () => ({ title: m.error_offline_title(), text: m.error_offline_text() }),
  notJoined: () => ({ title: m.error_not_joined_title(), text: m.error_not_joined_text() }),
  joined: () => ({ title: m.error_joined_title(), text: m.error_joined_text() }),
  notConfirmed: () => ({ title: m.error_not_confirmed_title(), text: m.error_not_confirmed_text() }),
  otherFingerprint: () => ({
    title: m.error_other_fingerprint_title(),
    text: m.error_other_fingerprint_text(),
  }),
  otherServer: () => ({ title: m.error_other_server_title(), text: m.error_other_server_text() }),
  badAddress: () => ({ title: m.error_bad_address_title(), text: m.error_bad_address_text() }),
  mistypedInvitation: () => ({
    title: m.error_invitation_mistyped_title(),
    text: m.error_invitation_mistyped_text(),
  }),
  notAPicture: () => ({ title: m.error_not_a_picture_title(), text: m.error_not_a_picture_text() }),
  pictureTooLarge: () => ({ title: m.error_picture_large_title(), text: m.error_picture_large_text() }),
  noCodeInPicture: () => ({ title: m.error_no_code_title(), text: m.error_no_code_text() }),
  noInvitationInPicture: () => ({
    title: m.error_no_invitation_title(),
    text: m.error_no_invitation_text(),
  }),
  serverNeeded: () => ({ title: m.error_server_needed_title(), text: m.error_server_needed_text() }),
  badAnswer: () => ({ title: m.error_bad_answer_title(), text: m.error_bad_answer_text() }),
  programTooOld: () => ({ title: m.error_program_old_title(), text: m.error_program_old_text() }),
  serverTooOld: () => ({ title: m.error_server_old_title(), text: m.error_server_old_text() }),
  invitationUnknown: () => ({
    title: m.error_invitation_unknown_title(),
    text: m.error_invitation_unknown_text(),
  }),
  invitationUsed: () => ({ title: m.error_invitation_used_title(), text: m.error_invitation_used_text() }),
  invitationEnded: () => ({ title: m.error_invitation_ended_title(), text: m.error_invitation_ended_text() }),
  addressRefused: () => ({ title: m.error_address_refused_title(), text: m.error_address_refused_text() }),
  mailCodeWrong: () => ({ title: m.error_mail_code_title(), text: m.error_mail_code_text() }),
  tooYoung: () => ({ title: m.error_too_young_title(), text: m.error_too_young_text() }),
  termsOutdated: () => ({ title: m.error_terms_title(), text: m.error_terms_text() }),
  mistypedPairing: () => ({ title: m.error_pair_mistyped_title(), text: m.error_pair_mistyped_text() }),
  pairingUnknown: () => ({ title: m.error_pair_nobody_title(), text: m.error_pair_nobody_text() }),
  pairingUsed: () => ({ title: m.error_pair_used_title(), text: m.error_pair_used_text() }),
  loginFailed: () => ({ title: m.error_login_title(), text: m.error_login_text() }),
  factorNeeded: () => ({ title: m.error_factor_title(), text: m.error_factor_text() }),
  newPassphraseNeeded: () => ({
    title: m.error_new_passphrase_title(),
    text: m.error_new_passphrase_text(),
  }),
  noCopy: () => ({ title: m.error_no_copy_title(), text: m.error_no_copy_text() }),
  noRoom: () => ({ title: m.error_no_room_title(), text: m.attach_no_room_text({ room: "" }) }),
  blobDiffers: () => ({ title: m.error_refused_title(), text: m.error_refused_text() }),
  blobNotWhole: () => ({ title: m.error_refused_title(), text: m.error_refused_text() }),
  deviceUnchecked: () => ({ title: m.error_unchecked_title(), text: m.error_unchecked_text() }),
  signedOut: () => ({ title: m.error_signed_out_title(), text: m.error_signed_out_text() }),
  changed: () => ({ title: m.error_changed_title(), text: m.error_changed_text() }),
  unsure: () => ({ title: m.error_unsure_title(), text: m.error_unsure_text() }),
  busy: () => ({ title: m.error_busy_title(), text: m.error_busy_text() }),
  refused: () => ({ title: m.error_refused_title(), text: m.error_refused_text() }),
};

/** Kinds of sound that have a name and are not read; what else has one is taken for a picture. */
const sounds = ["FLAC", "MP4", "WAV"];

/** Why a file is not taken. */
function attachment(why: AttachmentError): ErrorText {
  switch (why.kind) {
    case "unknown":
      return { title: m.error_attachment_unknown_title(), text: m.error_attachment_unknown_text() };
    case "kind": {
      const { name } = why;
      const text = sounds.includes(name) ? m.error_attachment_kind_sound() : m.error_attachment_kind_photo();
      return { title: m.error_attachment_kind_title({ name }), text };
    }
    case "tooLarge":
      return { title: m.error_attachment_large_title(), text: m.error_attachment_large_text() };
    case "tooLong":
      return { title: m.error_attachment_long_title(), text: m.error_attachment_long_text() };
    case "damaged":
      return { title: m.error_attachment_damaged_title(), text: m.error_attachment_damaged_text() };
    case "full":
      return { title: m.error_attachment_full_title(), text: m.error_attachment_full_text() };
  }
}

const texts: Record<Exclude<ErrorCode, "account" | "attachment">, () => ErrorText> = {
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

export function waitSecondsOf(error: UiError): number {
  if (error.code === "account") return error.why.kind === "busy" ? error.why.waitSeconds : 0;
  return "waitSeconds" in error ? error.waitSeconds : 0;
}

/** What is the matter with the account, where a failure was about it. */
export function accountTrouble(thrown: unknown): AccountError["kind"] | null {
  const error = asUiError(thrown);
  return error.code === "account" ? error.why.kind : null;
}

function saidOf(error: UiError): ErrorText {
  if (error.code === "account") return account[error.why.kind]();
  if (error.code === "attachment") return attachment(error.why);
  return texts[error.code]();
}

export function describeError(error: UiError): ErrorText {
  const { title, text } = saidOf(error);
  const wait = waitSecondsOf(error);
  return wait > 0 ? { title, text: `${text} ${m.error_wait({ wait: sayWait(wait) })}` } : { title, text };
}

/** Anything thrown by a call, as an error that has a text. */
export function asUiError(thrown: unknown): UiError {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown) {
    const { code } = thrown;
    const known =
      code === "account" || code === "attachment" || (typeof code === "string" && Object.hasOwn(texts, code));
    if (known) return thrown as UiError;
  }
  return { code: "internal" };
}
