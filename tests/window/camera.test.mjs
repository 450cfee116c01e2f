// Codes from a picture and from the camera. WebKit makes a camera up here, which shows a test card; where something is to be read, what a page
// draws takes the card's place once the camera is on. Whether a page may have the camera is not asked where WebDriver drives: WebKit then says yes by
// itself. That the shell says no is told by its own tests (src-tauri/capture.rs).

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { OPEN, typeInto } from "./dialogs.mjs";
import { Inspection } from "./inspection.mjs";
import { joinBy, toAccount } from "./joined.mjs";
import { makeVault, PASSPHRASE, story } from "./story.mjs";
import { Server } from "./server.mjs";

/** From here on the page remembers what it was given, and what \`regieShown\` points at is in front of the camera. */
const remember = `
  // Kept, or WebKit forgets what was changed of it.
  const devices = (window.regieDevices = navigator.mediaDevices);
  const real = devices.getUserMedia.bind(devices);
  window.regieTracks = [];
  devices.getUserMedia = async (wanted) => {
    window.regieWanted = wanted;
    const camera = await real(wanted);
    if (!window.regieShown) {
      window.regieTracks.push(...camera.getTracks());
      return camera;
    }
    camera.getTracks().forEach((track) => track.stop());
    const image = new Image();
    image.src = window.regieShown;
    await image.decode();
    const card = document.createElement("canvas");
    [card.width, card.height] = [640, 480];
    const pen = card.getContext("2d");
    const draw = () => {
      pen.fillStyle = "#b9b2a4";
      pen.fillRect(0, 0, 640, 480);
      pen.drawImage(image, 170, 90, 300, 300);
    };
    draw();
    setInterval(draw, 100);
    const shown = card.captureStream(10);
    window.regieTracks.push(...shown.getTracks());
    return shown;
  };`;

const withCamera = (profile) => ({
  ...profile,
  environment: { ...profile.environment, REGIE_MADE_UP_DEVICES: "1" },
});
const tracks = (app) => app.run("return window.regieTracks.map((track) => track.readyState)");
const show = (app, picture) => app.run("window.regieShown = arguments[0]", picture);
const card = async (server, text) => `data:image/png;base64,${await server.tell(`draw ${text}`)}`;
const lit = (app) =>
  app.waitFor(
    () => app.run("return document.querySelector('dialog[open] video')?.videoWidth > 0"),
    "the camera's picture",
  );

/** The screen on which an invitation is asked. */
async function toInvitation(app) {
  await toAccount(app);
  await app.click("button", app.say("account_join"));
  await app.at(app.say("join_invitation_title"));
}

story(
  "an invitation is read from a picture of its code, and anything else is refused in words",
  async ({ start, profile, context }) => {
    const server = await Server.start(context);
    const app = await start({ language: "en" });
    const { say } = app;
    await makeVault(app);
    await toInvitation(app);
    const link = server.link(server.codes[0]);
    const file = async (name, text) => {
      const path = join(profile.root, name);
      writeFileSync(path, Buffer.from(await server.tell(`draw ${text}`), "base64"));
      return path;
    };
    const page = async () => (await app.find("field", say("join_invitation"))).getAttribute("value");
    await app.click("button", say("join_picture"));
    const foreign = await file("foreign.png", "https://evil.example/join?code=1");
    await typeInto(app, OPEN, foreign, async () =>
      (await app.text()).includes(say("error_no_invitation_title")),
    );
    assert.equal(await page(), "");
    await app.click("button", say("join_picture"));
    await typeInto(app, OPEN, await file("invitation.png", link), async () => (await page()) !== "");
    assert.equal(await page(), link);
    assert.ok(!(await app.text()).includes(say("error_no_invitation_title")));
    assert.deepEqual(await app.ask("requests"), [], "nobody was asked anything");
    await app.click("button", say("first_run_next"));
    await app.at(say("join_server_title"));
    await app.sees(server.address);
  },
  180_000,
);

story(
  "an invitation is read by the camera, which has no sound and goes off with whatever ends the look",
  async ({ start, profile, context }) => {
    const server = await Server.start(context);
    const app = await start({ language: "en", on: withCamera(profile) });
    const { say } = app;
    await makeVault(app);
    await app.run(remember);
    await toInvitation(app);
    const inspection = new Inspection(app, "en");
    await inspection.look("account-join-scan");
    await app.click("button", say("scan"));
    await lit(app);
    await app.sees(say("scan_looking"));
    assert.deepEqual(await tracks(app), ["live"]);
    assert.equal((await app.run("return window.regieWanted")).audio, false);
    await inspection.look("account-scan");
    await app.click("button", say("scan_stop"));
    assert.deepEqual(await tracks(app), ["ended"], "off with the button");
    await app.click("button", say("scan"));
    await lit(app);
    await app.press("Escape");
    await app.waitFor(async () => (await tracks(app)).join() === "ended,ended", "off with Esc");

    await show(app, await card(server, "https://evil.example/join?code=1"));
    await app.click("button", say("scan"));
    await app.sees(say("scan_other_invitation"), 30_000);
    await app.picture("screens/en/account-scan-other.png");
    await app.click("button", say("scan_stop"));
    const link = server.link(server.codes[0]);
    await show(app, await card(server, link));
    await app.click("button", say("scan"));
    const field = await app.find("field", say("join_invitation"));
    await app.waitFor(async () => (await field.getAttribute("value")) === link, "the invitation", 30_000);
    assert.ok((await tracks(app)).every((state) => state === "ended"), "off as soon as it was read");
    assert.deepEqual(await app.all("dialog"), []);
    assert.deepEqual(await app.ask("requests"), [], "nobody was asked anything");

    await show(app, null);
    await app.click("button", say("scan"));
    await lit(app);
    await app.whileLocking(() => app.press("F9"));
    assert.equal(await app.run("return document.querySelector('video')"), null);
    assert.deepEqual((await app.invoke("begin_scan")).error, { code: "locked" }, "no camera while locked");
    inspection.tell();
  },
  300_000,
);

story(
  "where there is no camera, none is offered",
  async ({ start }) => {
    const app = await start({ language: "en" });
    await makeVault(app);
    await toInvitation(app);
    await app.find("button", app.say("join_picture"));
    assert.deepEqual(await app.all("button", app.say("scan")), []);
  },
);

story(
  "a new device's code is scanned by the one that is there, and both come together",
  async ({ start, profile, context }) => {
    const server = await Server.start(context);
    const language = "nl";
    const app = await start({ language, on: withCamera(profile) });
    const { say } = app;
    await joinBy(app, server, server.codes[0], await makeVault(app));
    const other = await start({ language, on: { ...profile, folder: join(profile.root, "other") } });
    await makeVault(other);
    await toAccount(other);
    await other.click("button", say("login_have_account"));
    await other.fill(say("login_address"), server.address);
    await other.click("button", say("first_run_next"));
    await other.click("checkbox", say("join_compare_done"));
    await other.click("button", say("login_server_yes"));
    await other.click("radio", say("login_by_device"));
    await other.fill(say("join_device"), "Zolder");
    await other.click("button", say("pair_show"));
    await other.at(say("pair_code_title"));
    await other.picture("screens/nl/pair-code-shown.png");

    await app.click("button", new RegExp(`^${say("devices_title")}`));
    await app.click("button", say("pair_add"));
    await app.at(say("pair_add"));
    await app.run(remember);
    await show(app, await other.run("return document.querySelector('.scan img').src"));
    await app.picture("screens/nl/pair-enter-scan.png");
    await app.click("button", say("scan"));
    for (const page of [app, other]) await page.sees(say("pair_compare_title"), 30_000);
    assert.ok((await tracks(app)).every((state) => state === "ended"));
    const digits = (page) => page.run("return document.querySelector('.groups').textContent.replaceAll(/[^0-9]/g, '')");
    assert.equal(await digits(app), await digits(other));
    await app.picture("screens/nl/pair-compare-scanned.png");
    for (const page of [app, other]) await page.click("button", say("pair_same"));
    await app.sees(say("pair_finish_title"), 30_000);
    await app.fill(say("keys_current"), PASSPHRASE);
    await app.picture("screens/nl/pair-finish-scanned.png");
    await app.click("button", say("pair_finish"));
    await app.answering(async () => {
      await app.sees("Zolder");
      await app.picture("screens/nl/pair-asked.png");
      await app.click("button", (await app.names("button")).at(-1));
    });
    await app.sees("Zolder");
    await other.sees(say("pair_done_title"), 30_000);
  },
  300_000,
);
