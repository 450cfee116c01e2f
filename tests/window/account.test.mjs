// Joining a real server, devices, signing out and leaving: in the real window, against a real server.

import assert from "node:assert/strict";
import { join } from "node:path";
import { Inspection } from "./inspection.mjs";
import { joinBy, leaveForGood, logInOn, toAccount } from "./joined.mjs";
import { makeVault, PASSPHRASE, story } from "./story.mjs";
import { Server } from "./server.mjs";

for (const language of ["en", "nl"])
  story(
    `L1 L2 H1 V2 a person joins with an invitation, sees whose server it is first, and what was asked, in ${language}`,
    async ({ start, context }) => {
      const server = await Server.start(context);
      const app = await start({ language, width: 390, height: 844 });
      const { say } = app;
      const groups = await makeVault(app);
      assert.deepEqual(await app.ask("requests"), [], "nothing was asked before joining");
      const copy = async () => (await app.ask("purposes")).find(({ id }) => id === "copy_on_server");
      assert.equal(await copy(), undefined, "nobody is asked about a copy without a server");
      const inspection = new Inspection(app, language);
      const look = (name) => inspection.look(name);
      await joinBy(app, server, server.codes[0], groups, { look });
      await app.sees(server.address);
      await look("account");
      assert.equal((await copy()).given, false, "no copy without a yes");
      await app.sees(say("account_copy_off"));

      await app.click("button", new RegExp(`^${say("requests_title")}`));
      await app.at(say("requests_title"));
      await app.sees(say("requests_look"));
      await app.sees(say("requests_join"));
      await look("account-requests");
      await app.click("button", say("app_back"));
      await app.click("button", new RegExp(`^${say("account_log_title")}`));
      await app.sees(say("account_log_created"));
      await look("account-log");
      await app.click("button", say("app_back"));
      await app.click("button", new RegExp(`^${say("devices_title")}`));
      await app.sees("Laptop");
      await look("account-devices");
      await app.click("button", say("app_back"));
      await app.click("button", say("leave_title"));
      await app.click("radio", say("leave_all"));
      await look("account-leave");
      await app.click("button", say("app_back"));

      await server.tell("stop");
      await app.click("button", say("account_ask"));
      await app.sees(say("account_offline"));
      await app.picture(`account-offline-${language}.png`);
      await server.tell("start");
      inspection.tell();
    },
    240_000,
  );

story(
  "an invitation that was used says so in plain words, and the vault is as it was",
  async ({ start, profile, context }) => {
    const server = await Server.start(context);
    const first = await start({ language: "en" });
    await joinBy(first, server, server.codes[0], await makeVault(first));
    await first.quit();

    const app = await start({ language: "en", on: { ...profile, folder: join(profile.root, "late") } });
    const { say } = app;
    await makeVault(app);
    await toAccount(app);
    await app.click("button", say("account_join"));
    await app.fill(say("join_invitation"), server.codes[0]);
    await app.click("button", say("first_run_next"));
    await app.sees(say("error_server_needed_title"));
    await app.fill(say("join_address"), server.address);
    await app.click("button", say("first_run_next"));
    await app.click("checkbox", say("join_compare_done"));
    await app.click("button", say("join_server_yes"));
    await app.sees(say("error_invitation_used_title"));
    assert.equal((await app.ask("account")).joined, null);
  },
  240_000,
);

story(
  "a second device comes by passphrase, is seen, and is reported lost outside the page",
  async ({ start, profile, context }) => {
    const server = await Server.start(context);
    let app = await start({ language: "en" });
    const { say } = app;
    await joinBy(app, server, server.codes[0], await makeVault(app));
    const other = await logInOn(start, profile, server);

    await app.click("button", new RegExp(`^${say("devices_title")}`));
    await app.at(say("devices_title"));
    await app.sees("Attic");
    const signOut = say("devices_sign_out_of", { name: "Attic" });
    await app.click("button", signOut);
    await app.click("button", say("devices_lost"));
    await app.answering(() => app.press("Escape"));
    assert.ok((await app.names("button")).includes(signOut), "a no changes nothing");
    await app.click("button", signOut);
    await app.click("button", say("devices_lost"));
    await app.answering(() => app.click("button", "Sign out"));
    await app.find("heading", say("devices_gone"));
    assert.equal((await app.ask("account")).joined.epoch, 2, "a new key that the lost one does not have");

    const { error } = await other.invoke("contact");
    const { joined } = await other.ask("account");
    assert.ok(joined.signedOut, `refused at once: ${JSON.stringify(error)}`);
    await other.ask("diary_page", { before: null, limit: 5 });
    await toAccount(other);
    await other.sees(say("account_signed_out"));
  },
  240_000,
);

story(
  "two devices come together by a code and digits, without the passphrase on the new one",
  async ({ start, profile, context }) => {
    const server = await Server.start(context);
    const app = await start({ language: "en" });
    const { say } = app;
    await joinBy(app, server, server.codes[0], await makeVault(app));
    const other = await start({
      language: "en",
      on: { ...profile, folder: join(profile.root, "other") },
      width: 390,
      height: 844,
    });
    await makeVault(other);
    await toAccount(other);
    await other.click("button", say("login_have_account"));
    await other.fill(say("login_address"), server.address);
    await other.click("button", say("first_run_next"));
    await other.at(say("join_server_title"));
    await other.click("checkbox", say("join_compare_done"));
    await other.click("button", say("login_server_yes"));
    await other.at(say("login_who_title"));
    await other.click("radio", say("login_by_device"));
    await other.fill(say("join_device"), "Attic");
    await app.click("button", new RegExp(`^${say("devices_title")}`));

    const groups = (page) =>
      page.run("return [...document.querySelectorAll('.groups span')].map((group) => group.textContent.trim())");
    const inspection = new Inspection(other, "en");
    const meet = async (wrong = false) => {
      await other.at(say("pair_code_title"));
      const shown = (await groups(other)).join(" ").toLowerCase();
      const typed = wrong ? shown.replace(/.$/, (last) => (last === "a" ? "b" : "a")) : shown;
      await app.at(say("pair_add"));
      await app.fill(say("pair_enter"), typed);
      await app.click("button", say("first_run_next"));
    };
    await other.click("button", say("pair_show"));
    await other.at(say("pair_code_title"));
    await inspection.look("pair-code");
    await app.click("button", say("pair_add"));
    await meet(true);
    await other.sees(say("pair_wrong_title"), 30_000);
    await app.sees(say("pair_wrong_title"), 30_000);
    await other.click("button", say("pair_again_here"));
    await app.click("button", say("pair_again_there"));
    await meet();
    for (const page of [app, other]) await page.sees(say("pair_compare_title"), 30_000);
    const digits = await groups(app);
    assert.deepEqual(await groups(other), digits, "a person compares the same digits");
    await inspection.look("pair-compare");
    for (const page of [app, other]) await page.click("button", say("pair_same"));
    await app.sees(say("pair_finish_title"), 30_000);
    await app.fill(say("keys_current"), PASSPHRASE);
    await app.click("button", say("pair_finish"));
    await app.answering(async () => {
      const asked = await app.text();
      assert.ok(asked.replaceAll(/\D/g, "").includes(digits.join("")) && asked.includes("Attic"), asked);
      await app.press("Escape");
    });
    assert.equal((await app.ask("devices")).length, 1, "a no lets nobody in");
    await app.fill(say("keys_current"), PASSPHRASE);
    await app.click("button", say("pair_finish"));
    await app.answering(() => app.click("button", "Let it in"));
    await app.sees(say("pair_added_title"), 30_000);
    await app.sees("Attic");
    await other.sees(say("pair_done_title"), 30_000);
    await inspection.look("pair-done");
    await other.click("button", say("join_done_on"));
    assert.deepEqual(
      (await other.ask("devices")).map(({ name }) => name).sort(),
      ["Attic", "Laptop"],
      "it reads what only devices of the account can",
    );
    inspection.tell();
  },
  300_000,
);

story(
  "a second step is scanned and set, asked on a new device, and taken away",
  async ({ start, profile, context }) => {
    const server = await Server.start(context);
    const app = await start({ language: "nl", width: 390, height: 844 });
    const { say } = app;
    await joinBy(app, server, server.codes[0], await makeVault(app));
    const inspection = new Inspection(app, "nl");
    await app.click("button", new RegExp(`^${say("account_factor")}`));
    await inspection.look("factor");
    await app.click("button", say("factor_begin"));
    await app.at(say("factor_scan_title"));
    await inspection.look("factor-scan");
    const picture = await app.run("return document.querySelector('canvas').toDataURL('image/png')");
    const scanned = new URL(await server.tell(`scan ${picture.split(",")[1]}`));
    assert.equal(`${scanned.protocol}//${scanned.host}`, "otpauth://totp");
    const secret = scanned.searchParams.get("secret");
    await app.click("button", say("factor_type"));
    const typed = await app.run("return document.querySelector('.secret').textContent");
    assert.equal(typed.replaceAll(" ", ""), secret, "whoever types gets the same as whoever scans");
    await app.click("button", say("first_run_next"));

    await app.at(say("factor_digits_title"));
    const right = await server.tell(`digits ${secret}`);
    const wrong = String((Number(right) + 7) % 1_000_000).padStart(6, "0");
    await app.fill(say("factor_digits"), wrong);
    await app.fill(say("keys_current"), PASSPHRASE);
    await app.click("button", say("factor_begin"));
    await app.sees(say("factor_digits_wrong"));
    await inspection.look("factor-digits");
    await app.fill(say("factor_digits"), await server.tell(`digits ${secret}`));
    await app.fill(say("keys_current"), PASSPHRASE);
    await app.click("button", say("factor_begin"));
    await app.at(say("factor_codes_title"));
    await inspection.look("factor-codes");
    const codes = (
      await app.run("return [...document.querySelectorAll('ol li')].map((line) => line.textContent.trim())")
    ).filter(Boolean);
    assert.equal(codes.length, 10);
    await app.click("button", say("keys_done"));
    assert.equal((await app.ask("account")).joined.factorOn, true);

    const other = await logInOn(start, profile, server, {
      language: "nl",
      factor: async (other) => {
        await other.sees(say("error_factor_title"), 30_000);
        await other.fill(say("account_factor_label"), codes[0]);
        await other.fill(say("login_passphrase"), PASSPHRASE);
        await other.click("button", say("first_run_next"));
        await other.click("button", say("login_do"));
      },
    });
    assert.equal((await other.ask("account")).joined.factorOn, true);
    await other.quit();

    await app.click("button", new RegExp(`^${say("account_factor")}`));
    await app.click("button", say("factor_away"));
    await app.fill(say("keys_current"), PASSPHRASE);
    await app.fill(say("account_factor_label"), codes[0]);
    await app.click("button", say("factor_away"));
    await app.sees(say("factor_digits_wrong"), 30_000);
    await app.fill(say("account_factor_label"), codes[1]);
    await app.fill(say("keys_current"), PASSPHRASE);
    await app.click("button", say("factor_away"));
    await app.find("button", say("factor_begin"));
    assert.equal((await app.ask("account")).joined.factorOn, false);
    inspection.tell();
  },
  300_000,
);

story(
  "V3 V22 leaving deletes account and vault, says what stays, and a receipt is left",
  async ({ start, context }) => {
    const server = await Server.start(context);
    const app = await start({ language: "en" });
    const { say } = app;
    await joinBy(app, server, server.codes[0], await makeVault(app));
    await app.click("button", say("leave_title"));
    await app.at(say("leave_title"));
    await app.click("radio", say("leave_all"));
    await app.sees(say("leave_stays_backups"));
    await app.fill(say("keys_current"), "another sentence altogether");
    await app.click("button", say("leave_do"));
    await app.sees(say("error_wrong_passphrase_title"));
    await app.fill(say("keys_current"), PASSPHRASE);
    await app.click("button", say("leave_do"));
    await app.answering(() => app.press("Escape"));
    assert.notEqual((await app.ask("account")).joined, null, "a no deletes nothing");
    await app.fill(say("keys_current"), PASSPHRASE);
    await leaveForGood(app);
    await app.at(say("first_run_welcome_title"));
    await app.sees(say("left_title"));
    await app.find("button", say("report_save"));
    assert.equal((await app.ask("receipts"))[0].confirmed, true);
  },
  240_000,
);

story(
  "V3 leaving without a network takes the vault at once, and the ticket goes out when there is one",
  async ({ start, context }) => {
    const server = await Server.start(context);
    const app = await start({ language: "en" });
    const { say } = app;
    await joinBy(app, server, server.codes[0], await makeVault(app));
    await server.tell("stop");
    await app.click("button", say("account_ask"));
    await app.sees(say("account_offline"));
    await app.click("button", say("leave_title"));
    await app.click("radio", say("leave_all"));
    await app.sees(say("leave_offline"));
    await app.fill(say("keys_current"), PASSPHRASE);
    await leaveForGood(app);
    await app.at(say("first_run_welcome_title"));
    await app.sees(say("left_waiting_title"));
    await server.tell("start");
    await app.click("button", say("left_try"));
    await app.sees(say("left_title"), 30_000);
    assert.equal((await app.ask("receipts"))[0].confirmed, true);
  },
  240_000,
);
