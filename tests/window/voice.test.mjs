// Voice notes recorded in the window. WebKit makes a microphone up here. It records itself where GStreamer has the parts for it
// (gstreamer1.0-plugins-bad, by scripts/install test); the other stories put a recorder in its place that hands out what Chromium recorded, so that
// all of the way into the vault is the real one. Whether a page may have the microphone is not asked where WebDriver drives (src-tauri/capture.rs).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Inspection } from "./inspection.mjs";
import { makeVault, story, unlock } from "./story.mjs";

const SAID = readFileSync("crates/client/src/attachment/fixtures/chromium.webm");

const withMicrophone = (profile) => ({
  ...profile,
  environment: { ...profile.environment, REGIE_MADE_UP_DEVICES: "1" },
});

/** From here on the page records with this: it hands out a piece whenever it is told to, and the rest at the end. */
const madeUp = `
  const pieces = arguments[0].map((piece) => Uint8Array.from(atob(piece), (sign) => sign.charCodeAt(0)));
  window.MediaRecorder = class {
    static isTypeSupported = (type) => type === "audio/webm;codecs=opus";
    state = "inactive";
    constructor(stream, options) {
      window.regieRecorder = this;
      Object.assign(this, { stream, options, left: [...pieces] });
    }
    start() {
      this.state = "recording";
    }
    say() {
      if (this.left.length > 0) this.ondataavailable({ data: new Blob([this.left.shift()]) });
    }
    stop() {
      this.state = "inactive";
      setTimeout(() => {
        while (this.left.length > 0) this.say();
        this.onstop();
      });
    }
  };`;

async function giveRecorder(app) {
  const pieces = Array.from({ length: 4 }, (_, at) => SAID.subarray(at * 4_000, (at + 1) * 4_000).toString("base64"));
  await app.run(madeUp, pieces);
}

const say = (app) => app.run("window.regieRecorder.say()");
const on = (app) =>
  app.run("return window.regieRecorder.stream.getTracks().some(({ readyState }) => readyState === 'live')");
const hasButton = async (app, name) => (await app.names("button")).includes(name);

async function newPage(app, words) {
  await app.click("button", app.say("nav_diary"));
  await app.at(app.say("diary_title"));
  await app.press("Control+n");
  await app.waitFor(() => app.run("return document.activeElement.matches('[role=textbox]')"), "the caret in the text");
  await app.write(words);
  await app.sees(app.say("diary_kept", { time: "" }).trim());
}

async function newest(app) {
  const { entries } = await app.ask("diary_page", { filter: null, before: null, limit: 1 });
  return app.ask("diary_entry", { id: entries[0].id });
}

async function record(app) {
  await app.click("button", app.say("record"));
  await goes(app);
}

/** The recorder says so itself; what was announced before begins with the same word. */
const goes = (app) =>
  app.waitFor(
    () => app.run("return document.querySelector('.recorder .state')?.textContent === arguments[0]", app.say("record_going")),
    "the recording to go",
  );

/** The player goes, or says that this computer has no decoder. */
async function plays(app) {
  await app.click("button", app.say("attach_play"));
  await app.waitFor(
    async () =>
      (await app.text()).includes(app.say("attach_unplayable")) ||
      (await app.run("return document.querySelector('[type=range]').value > 0")),
    "the recording",
  );
}

story(
  "what was said is kept piece by piece, and offered after the program was killed in the middle of it",
  async ({ start, profile }) => {
    const language = "nl";
    const device = withMicrophone(profile);
    let app = await start({ language, on: device });
    await makeVault(app);
    await giveRecorder(app);
    await newPage(app, "Wat ik onderweg bedacht.");
    const inspection = new Inspection(app, language);
    await record(app);
    assert.equal(await on(app), true);
    await say(app);
    await say(app);
    await app.waitFor(async () => (await app.ask("recording"))?.seconds >= 0, "the first pieces");
    await inspection.look("voice-recording");
    const entry = (await newest(app)).id;
    assert.equal((await app.ask("recording")).entry, entry);
    await app.crash();

    app = await start({ language, on: device });
    inspection.app = app;
    await unlock(app);
    await app.sees(app.say("record_waits_title"));
    await inspection.look("voice-waits");
    await app.click("button", app.say("record_waits_keep"));
    await app.find("button", app.say("attach_sound_more"));
    const kept = await newest(app);
    assert.deepEqual([kept.id, kept.attachments.length], [entry, 1], "in the entry that it was said in");
    const { seconds } = kept.attachments[0];
    assert.ok(seconds >= 2 && seconds <= 4, `${seconds} seconds: what came before it was killed`);
    assert.equal(await app.ask("recording"), null);
    await plays(app);
    inspection.tell();
  },
  300_000,
);

story(
  "a recording is paused, gone on with, ended by a lock, and thrown away; another one is kept",
  async ({ start, profile }) => {
    const app = await start({ language: "en", on: withMicrophone(profile) });
    await makeVault(app);
    await giveRecorder(app);
    await newPage(app, "Said on the way.");
    await record(app);
    await app.click("button", app.say("record_pause"));
    await app.sees(app.say("record_stands_still"));
    assert.equal(await on(app), false, "the microphone is off");
    await app.click("button", app.say("record_resume"));
    await goes(app);
    assert.equal(await on(app), true);
    await app.whileLocking(() => app.press("Control+l"));
    assert.deepEqual((await app.invoke("recording")).error, { code: "locked" });
    assert.deepEqual((await app.invoke("begin_listening")).error, { code: "locked" }, "no microphone while locked");
    await unlock(app);
    await app.sees(app.say("record_waits_title"));
    await app.click("button", app.say("record_throw_away"));
    await app.sees(app.say("record_throw_text"));
    await app.run("document.querySelector('dialog[open] .danger').click()");
    await app.waitFor(async () => (await app.ask("recording")) === null, "nothing");
    assert.ok(!(await app.text()).includes(app.say("record_waits_title")));

    await giveRecorder(app);
    await app.click("button", app.say("nav_diary"));
    await app.click("button", /Said on the way/);
    await record(app);
    await say(app);
    await app.click("button", app.say("record_stop"));
    await app.find("button", app.say("attach_sound_more"));
    assert.equal(await on(app), false);
    assert.equal((await newest(app)).attachments[0].seconds, 5, "4.3 of them, to the full one");
    await plays(app);
  },
);

story(
  "WebKit records what its made-up microphone hears, and the player has all of it",
  async ({ start, profile, context }) => {
    const app = await start({ language: "en", on: withMicrophone(profile) });
    await makeVault(app);
    await newPage(app, "Said on the way.");
    await app.find("button", app.say("attach_sound_add"));
    const able = await app.run(
      "return ['audio/webm;codecs=opus', 'audio/mp4'].some((type) => window.MediaRecorder?.isTypeSupported(type))",
    );
    await app.waitFor(
      async () => (await hasButton(app, app.say("record"))) === able,
      `${able ? "the" : "no"} button that records`,
    );
    if (!able) return context.skip("GStreamer has no encoder here");
    await record(app);
    await app.waitFor(async () => ((await app.ask("recording"))?.seconds ?? 0) >= 5, "the first piece");
    await app.picture("screens/en/voice-webkit.png");
    await app.click("button", app.say("record_pause"));
    await app.sees(app.say("record_stands_still"));
    await app.click("button", app.say("record_resume"));
    await goes(app);
    await app.waitFor(async () => (await app.text()).includes("0:08"), "three seconds more");
    await app.click("button", app.say("record_stop"));
    await app.find("button", app.say("attach_sound_more"), 30_000);
    const { seconds } = (await newest(app)).attachments[0];
    assert.ok(seconds >= 7 && seconds <= 10, `${seconds} seconds`);
    await plays(app);
  },
);
