// What a person does to get an account, and to get out of it: by clicks, for the stories that begin there.

import assert from "node:assert/strict";
import { join } from "node:path";
import { PASSPHRASE } from "./story.mjs";

export const EMAIL = "sam@thuis.example";

const toMyData = (app) => app.click("button", new RegExp(`^${app.say("seal_leads")}`));

export async function toAccount(app) {
  await toMyData(app);
  await app.click("button", new RegExp(`^(${app.say("account_none")}|${app.say("account_title")})`));
}

/** Joins by clicks. */
export async function joinBy(app, server, code, groups, { email = EMAIL, device = "Laptop", copy = false, look = () => {} } = {}) {
  const { say } = app;
  await toAccount(app);
  await app.at(say("account_several"));
  await app.click("button", say("account_join"));
  await app.fill(say("join_invitation"), server.link(code));
  await app.click("button", say("first_run_next"));

  await app.at(say("join_server_title"));
  await app.sees(server.address);
  const shown = (await app.text()).toUpperCase();
  for (const group of server.fingerprint.split("-")) assert.ok(shown.includes(group), group);
  await app.click("button", say("join_server_yes"));
  await app.sees(say("join_compare_missing"));
  await look("account-join-server");
  await app.click("checkbox", say("join_compare_done"));
  await app.click("button", say("join_server_yes"));

  await app.at(say("join_agree_title"));
  await app.find("switch");
  for (const each of await app.all("switch")) assert.equal(await each.getAttribute("aria-checked"), "false");
  await app.click("button", say("first_run_next"));
  await app.sees(say("join_terms_missing"));
  await look("account-join-agree");
  if (copy) await app.click("switch");
  await app.click("checkbox", say("join_terms"));
  await app.click("checkbox", say("first_run_adult"));
  await app.click("button", say("first_run_next"));

  await app.at(say("join_you_title"));
  assert.equal(server.mailsTo(email).length, 0, "nothing is sent before the person says so");
  await app.fill(say("account_email"), email);
  await app.fill(say("account_name"), "Sam");
  await look("account-join-you");
  await app.fill(say("keys_current"), PASSPHRASE);
  await app.click("button", say("join_send"));

  await app.at(say("join_code_title"));
  await app.fill(say("join_mail_code"), "00000000");
  await app.fill(say("lock_code_label"), groups.join(" "));
  await app.fill(say("join_device"), device);
  await app.click("button", say("join_do"));
  await app.sees(say("error_mail_code_title"), 30_000);
  await look("account-join-code");
  await app.fill(say("join_mail_code"), await server.codeFor(email));
  await app.fill(say("lock_code_label"), groups.join(" "));
  await app.click("button", say("join_do"));
  await app.waitFor(async () => (await app.all("heading", say("join_done_title")))[0], "the account", 30_000);
  await app.click("button", say("join_done_on"));
  await app.at(say("account_title"));
}

/** Says yes in the small window; the window that is left then is another one. */
export async function leaveForGood(app) {
  const before = await app.driver.getWindowHandle();
  await app.click("button", app.say("leave_do"));
  await app.attach("ask.html");
  await app.click("button", app.say("leave_do")).catch(() => {});
  await app.waitFor(
    async () => !(await app.driver.getAllWindowHandles()).includes(before),
    "the old window to go",
    60_000,
  );
  await app.attach();
}

/** A second device of the same account, on a profile of its own. */
export async function logInOn(
  start,
  profile,
  server,
  { language = "en", email = EMAIL, keep = false, factor = async () => {} } = {},
) {
  const other = { ...profile, folder: join(profile.root, "other") };
  const app = await start({ language, on: other });
  const { say } = app;
  await app.click("button", say("login_have_account"));
  await app.fill(say("login_address"), server.address);
  await app.click("button", say("first_run_next"));
  await app.at(say("join_server_title"));
  await app.click("checkbox", say("join_compare_done"));
  await app.click("button", say("login_server_yes"));
  await app.at(say("login_who_title"));
  await app.fill(say("account_email"), email);
  await app.fill(say("login_passphrase"), PASSPHRASE);
  await app.fill(say("join_device"), "Attic");
  await app.click("button", say("first_run_next"));
  await app.at(say("first_run_consent_title"));
  if (keep) await app.click("switch");
  await app.click("button", say("login_do"));
  await factor(app);
  await app.waitFor(async () => (await app.all("button", say("nav_diary")))[0], "the open app", 30_000);
  return app;
}
