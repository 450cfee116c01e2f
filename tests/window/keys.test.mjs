// Backups, keys and deletions, as a person meets them.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeVault, PASSPHRASE, story, unlock } from "./story.mjs";

const NEW_PASSPHRASE = "lamp vijver trommel sneeuw";
const yes = (app) => app.answering(async () => app.click("button", (await app.names("button"))[1]));
const no = (app) => app.answering(async () => app.click("button", (await app.names("button"))[0]));
const write = (app, markdown) =>
  app.ask("diary_save", { entry: { id: null, about: null, markdown, caret: 0 } });

async function openMyData(app) {
  await app.click("button", /Where your data is|Waar je gegevens zijn/);
  await app.at(app.say("my_data_title"));
}

async function openKeys(app) {
  await openMyData(app);
  await app.click("button", app.say("keys_title"));
  await app.at(app.say("keys_title"));
}

async function openBackups(app) {
  await openMyData(app);
  await app.click("button", app.say("backup_title"));
  await app.at(app.say("backup_title"));
}

story("the passphrase is changed, and from then on only the new one opens", async ({ start }) => {
  const app = await start({ language: "nl" });
  const { say } = app;
  await makeVault(app);
  await app.ask("back_up_now");
  await openKeys(app);
  await app.click("button", new RegExp(`^${say("keys_change")}`));
  await app.at(say("keys_change"));
  await app.fill(say("keys_current"), "niet deze maar een andere");
  await app.fill(say("keys_new"), NEW_PASSPHRASE);
  await app.fill(say("passphrase_repeat"), NEW_PASSPHRASE);
  await app.press("Enter");
  await app.sees(say("error_wrong_passphrase_title"));
  await app.fill(say("keys_current"), PASSPHRASE);
  await app.press("Enter");
  await app.at(say("keys_changed_title"));
  await app.click("button", say("keys_done"));
  await app.at(say("keys_title"));

  await app.whileLocking(() => app.press("Control+l"));
  await app.fill(say("lock_passphrase"), PASSPHRASE);
  await app.press("Enter");
  await app.sees(say("error_wrong_passphrase_title"));
  await unlock(app, NEW_PASSPHRASE);
});

story("after 'somebody knew it' the new code is kept and rehearsed", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  const old = await makeVault(app);
  await write(app, "Still mine");
  await openKeys(app);
  await app.click("button", new RegExp(`^${say("keys_knew")}`));
  await app.at(say("keys_knew"));
  const fill = async () => {
    await app.fill(say("keys_current"), PASSPHRASE);
    await app.fill(say("keys_new"), NEW_PASSPHRASE);
    await app.fill(say("passphrase_repeat"), NEW_PASSPHRASE);
    await app.press("Enter");
  };
  await fill();
  await no(app);
  await app.at(say("keys_knew"));
  assert.equal((await app.invoke("check_recovery_code", { code: old.join("") })).error, undefined);
  await app.click("button", say("keys_knew_do"));
  await yes(app);
  await app.at(say("keys_knew_done_title"));
  await app.click("button", say("keys_knew_keep_code"));
  await app.at(say("first_run_code_title"));
  const groups = await app.run(
    "return [...document.querySelectorAll('.groups .group')].map((group) => group.textContent.trim())",
  );
  assert.equal(groups.length, 9);
  assert.notDeepEqual(groups, old);
  await app.click("button", say("first_run_code_kept"));
  const labels = await app.names("field");
  for (const label of labels) await app.fill(label, groups[Number(/\d+/.exec(label)[0]) - 1]);
  await app.press("Enter");
  await app.at(say("my_data_title"));
  await app.whileLocking(() => app.press("Control+l"));
  await unlock(app, NEW_PASSPHRASE);
  await app.sees("Still mine");
});

story("a backup is made by button, and restored from settings", async ({ start, profile }) => {
  const app = await start({ language: "nl" });
  const { say } = app;
  await makeVault(app);
  await write(app, "Zoals het was");
  await openBackups(app);
  // On a slow day the first one has come by itself by now.
  const backups = join(profile.folder, "backups");
  const before = existsSync(backups) ? readdirSync(backups).length : 0;
  await app.click("button", say("backup_now"));
  await app.sees(say("backup_made"));
  assert.ok(readdirSync(backups).length > before);
  await write(app, "Kwam later");

  await app.click("button", say("backup_restore_go"));
  await app.at(say("restore_title"));
  await app.click("button", /^vandaag, /);
  await app.fill(say("lock_passphrase"), PASSPHRASE);
  await app.press("Enter");
  await no(app);
  assert.equal((await app.ask("my_data")).counts[0].count, 2, "no changes nothing");
  await app.click("button", say("restore_do"));
  await yes(app);
  await app.at(say("restore_done_title"));
  const aside = readdirSync(profile.folder).filter((name) => name.startsWith("set-aside-"));
  assert.equal(aside.length, 1);
  await app.sees(aside[0]);
  await app.click("button", say("start_over_continue"));
  await app.sees("Zoals het was");
  assert.equal((await app.ask("my_data")).counts[0].count, 1);
});

story("a damaged vault is answered by a backup", async ({ start, profile }) => {
  const first = await start({ language: "en" });
  await makeVault(first);
  await write(first, "Worth keeping");
  await first.whileLocking(() => first.press("Control+l"));
  const backups = join(profile.folder, "backups");
  const made = () => existsSync(backups) && readdirSync(backups).some((name) => name.endsWith(".regie-backup"));
  await first.waitFor(made, "the backup of the day");
  await first.quit();
  for (const name of ["vault.key", "vault.key.copy"]) writeFileSync(join(profile.folder, "vault", name), "{");

  const app = await start({ language: "en" });
  const { say } = app;
  await app.at(say("error_key_damaged_title"));
  await app.click("button", say("restore_from_backup"));
  await app.click("button", /^today, /);
  await app.fill(say("lock_passphrase"), PASSPHRASE);
  await app.press("Enter");
  await yes(app);
  await app.at(say("restore_done_title"));
  await app.click("button", say("start_over_continue"));
  await app.sees("Worth keeping");
});

story("a kind is deleted, from backups too, and only after a yes outside the page", async ({ start }) => {
  const app = await start({ language: "nl" });
  const { say } = app;
  await makeVault(app);
  for (const text of ["Een", "Twee", "Drie"]) await write(app, text);
  await app.ask("back_up_now");
  await openMyData(app);
  await app.click("button", say("my_data_delete_go"));
  await app.at(say("my_data_delete_go"));
  await app.click("button", say("my_data_delete_do"));
  await app.sees(say("my_data_delete_pick"));
  await app.click("checkbox", /Dagboek/);
  await app.sees("Dit zijn 3 stukken.");
  await app.click("button", say("my_data_delete_do"));
  await no(app);
  assert.equal((await app.ask("my_data")).counts[0].count, 3);
  await app.click("switch", say("my_data_delete_copies"));
  await app.click("button", say("my_data_delete_do"));
  await yes(app);
  await app.sees("3 stukken zijn verwijderd.");
  const { deletedUntil } = await app.ask("my_data");
  assert.match(deletedUntil, /^\d{4}-\d\d-\d\d$/);
  await openBackups(app);
  await app.click("button", say("backup_clean"));
  await app.sees(say("backup_cleaned"));
  assert.equal((await app.ask("my_data")).deletedUntil, null);
});

story("everything is deleted with the passphrase, and the app is as new", async ({ start, profile }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  await write(app, "Gone for good");
  await app.ask("back_up_now");
  await openMyData(app);
  await app.click("button", say("my_data_all"));
  await app.at(say("my_data_all"));
  await app.fill(say("keys_current"), "not this one but another");
  await app.press("Enter");
  await app.sees(say("error_wrong_passphrase_title"));
  await app.fill(say("keys_current"), PASSPHRASE);
  await app.press("Enter");
  await no(app);
  assert.equal((await app.ask("start")).stage.kind, "open");
  await app.whileLocking(async () => {
    await app.click("button", say("my_data_all_do"));
    await app.attach("ask.html");
    await app.click("button", (await app.names("button"))[1]);
  });
  await app.at(say("first_run_welcome_title"));
  for (const name of ["vault", "backups", "deletions"])
    assert.equal(existsSync(join(profile.folder, name)), false, name);
  // The first run may have begun a new one.
  const device = join(profile.folder, "device.json");
  if (existsSync(device)) {
    const { language, failed_unlocks: failures, first_run_step: step } = JSON.parse(readFileSync(device, "utf8"));
    assert.deepEqual({ language, failures, step }, { language: null, failures: 0, step: "welcome" });
  }
});
