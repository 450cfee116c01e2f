// Reminders, tray, sleep and the window's place, on a made-up desktop.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "./app.mjs";
import { Desktop } from "./desktop.mjs";
import { appOn } from "./process.mjs";
import { makeVault, story } from "./story.mjs";
import { closeWindow } from "./x11.mjs";

async function onDesktop({ profile, context }) {
  const desktop = await Desktop.start();
  context.after(() => desktop.end());
  Object.assign(profile.environment, desktop.environment);
  return desktop;
}

async function toSettings(app) {
  await app.click("button", new RegExp(`^${app.say("seal_leads")}`));
  await app.click("button", app.say("settings_title"));
  await app.at(app.say("settings_title"));
}

const checked = (app, name) =>
  app.find("switch", name).then((found) => found.getAttribute("aria-checked"));

story("reminders are chosen, kept, and come once after Regie was closed, in neutral words", async (told) => {
  const desktop = await onDesktop(told);
  let app = await told.start({ language: "nl" });
  const { say } = app;
  await makeVault(app);
  await app.ask("diary_save", { entry: { id: null, markdown: "Kanarie", caret: 0, about: null } });
  await toSettings(app);
  await app.sees(say("reminder_title"));
  assert.equal(await checked(app, say("reminder_check")), "false", "off until chosen");
  await app.click("switch", say("reminder_check"));
  await app.sees(/De volgende komt/);
  await app.click("checkbox", "dinsdag");
  await app.click("switch", say("reminder_quiet"));
  const kept = await app.waitFor(async () => {
    const { schedule } = await app.ask("reminders");
    return schedule.rhythms.check.days[1] && !schedule.quiet.on && schedule;
  }, "the choice to be kept");
  assert.equal(kept.rhythms.diary.on, false);
  await pause(300);
  assert.deepEqual(desktop.notifications, [], "nothing is due yet");
  await app.quit();

  // As if it had been chosen long ago, for every day.
  const file = join(told.profile.folder, "device.json");
  const device = JSON.parse(readFileSync(file, "utf8"));
  assert.ok(!JSON.stringify(device).includes("anarie"));
  device.reminders.schedule.rhythms.check.days = Array(7).fill(true);
  device.reminders.past.check.since = "2020-01-01T00:00:00Z";
  writeFileSync(file, JSON.stringify(device));

  app = await told.start({ language: "nl" });
  await app.find("field", say("lock_passphrase"));
  await app.waitFor(() => desktop.notifications.length > 0, "a reminder behind the lock", 30_000);
  await pause(12_000);
  assert.equal(desktop.notifications.length, 1, "one, and not a pile");
  assert.match(desktop.notifications[0], /"Regie" "Even een moment voor jezelf\?"/);
});

story("it locks before the computer sleeps, keeps what was typed last, and only says so where it is told", async (told) => {
  const desktop = await onDesktop(told);
  const app = await told.start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  await toSettings(app);
  assert.equal(await checked(app, say("system_sleep")), "true");
  await app.click("button", say("nav_diary"));
  await app.click("button", say("diary_first"));
  await app.find("field", say("diary_text"));
  await app.write("Just before the lid closed");
  await app.whileLocking(() => desktop.sleep());
  await app.find("field", say("lock_passphrase"));
  await app.ask("unlock", { passphrase: "kaars muur zwemt lachend" });
  const { hits } = await app.ask("diary_search", { query: "lid", limit: 5 });
  assert.equal(hits.length, 1);
});

story("in the tray Regie goes on, locked, without a window, until it is told to quit", async (told) => {
  await onDesktop(told);
  const app = await told.start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  await toSettings(app);
  assert.equal(await checked(app, say("system_tray")), "false");
  await app.click("switch", say("system_tray"));
  await app.waitFor(async () => (await checked(app, say("system_tray"))) === "true", "the icon");
  const { pid } = app;
  await closeWindow(pid);
  await pause(2000);
  assert.equal(appOn(told.profile.folder), pid, "it goes on");
});

story("without a desktop that can do it, a setting is not shown", async ({ profile, start }) => {
  Object.assign(profile.environment, {
    DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere",
    DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nowhere",
  });
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  await toSettings(app);
  await app.find("switch", say("system_login"));
  const offered = await app.names("switch");
  for (const missing of ["reminder_check", "system_tray", "system_sleep"])
    assert.ok(!offered.includes(say(missing)), `${missing} is offered`);
});

story("starting at login is arranged for this profile, and taken back", async ({ profile, start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  await toSettings(app);
  await app.click("switch", say("system_login"));
  await app.waitFor(async () => (await checked(app, say("system_login"))) === "true", "it to be on");
  const [entry] = autostart(profile);
  assert.ok(entry.includes("--at-login") && entry.includes(`--profile "${profile.folder}"`), entry);
  await app.click("switch", say("system_login"));
  await app.waitFor(() => autostart(profile).length === 0, "it to be off");
});

function autostart(profile) {
  const folder = join(profile.environment.XDG_CONFIG_HOME, "autostart");
  try {
    return readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  } catch {
    return [];
  }
}

story("the window comes back as large as it was", async ({ start }) => {
  let app = await start({ language: "en", width: 903, height: 655 });
  const size = () => app.run("return [innerWidth, innerHeight]");
  await app.waitFor(async () => (await size())[0] === 903, "the window to be resized");
  const before = await size();
  await pause(2500);
  await app.quit();
  app = await start({ language: "en", width: null });
  await app.waitFor(async () => String(await size()) === String(before), `the size ${before}`);
});
