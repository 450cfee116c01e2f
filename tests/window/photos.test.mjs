// Photos and recordings in an entry, through the system's own dialog and from the clipboard.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { dialogs, OPEN, typeInto, xdotool } from "./dialogs.mjs";
import { paste, PLACE, png } from "./pictures.mjs";
import { makeVault, story, unlock } from "./story.mjs";
import { Traces } from "./traces.mjs";

const RECORDING = resolve("crates/client/src/attachment/fixtures/note.ogg");

const gone = async (title) => (await dialogs(title)) === 0;

async function newPage(app, words) {
  await app.click("button", app.say("nav_diary"));
  await app.at(app.say("diary_title"));
  await app.press("Control+n");
  await app.waitFor(() => app.run("return document.activeElement.matches('[role=textbox]')"), "the caret in the text");
  if (words === "") return;
  await app.write(words);
  await app.sees(app.say("diary_kept", { time: "" }).trim());
}

async function newest(app) {
  const { entries } = await app.ask("diary_page", { filter: null, before: null, limit: 1 });
  return app.ask("diary_entry", { id: entries[0].id });
}

/** What stands on the button of a small picture. */
const thumb = (app, number, count, description) =>
  [app.say("attach_photo", { number, count }), description ?? app.say("attach_no_description")].join(", ");
const hasButton = async (app, name) => (await app.names("button")).includes(name);

async function choose(app, button, path, done) {
  await app.click("button", app.say(button));
  await typeInto(app, OPEN, path, done ?? (() => gone(OPEN)));
}

const large = (app) =>
  app.run(`
    const image = document.querySelector("dialog[open] img[data-whole=true]");
    return image?.complete && image.naturalWidth > 0 ? [new URL(image.src).protocol, image.naturalWidth, image.naturalHeight] : null;`);

story("a photo is added, described, seen after unlocking, taken out, taken back, and taken out for good", async ({ profile, start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  const file = join(profile.root, "view from the bridge.png");
  writeFileSync(file, png(640, 400, 2));
  await newPage(app, "Mist on the water.");

  await app.click("button", say("attach_photo_add"));
  await app.waitFor(() => dialogs(OPEN), "the dialog that opens");
  await xdotool("key", "Escape");
  await app.waitFor(() => gone(OPEN), "the dialog to go");
  assert.deepEqual((await newest(app)).attachments, [], "who changes their mind has no photo");

  const bare = thumb(app, 1, 1);
  await choose(app, "attach_photo_add", file, () => hasButton(app, bare));
  await app.sees(say("attach_copy"));
  await app.tabTo("button", bare);
  await app.press("Enter");
  assert.deepEqual(await app.waitFor(() => large(app), "the whole photo"), ["blob:", 640, 400]);
  const described = "The bridge in the mist";
  await app.fill(say("attach_describe"), described);
  await app.waitFor(async () => (await newest(app)).attachments[0].description === described, "the description");
  await app.press("Escape");
  const named = thumb(app, 1, 1, described);
  await app.find("button", named);
  assert.equal(await app.run("return document.activeElement.getAttribute('aria-label')"), named, "the focus is back");

  await app.whileLocking(() => app.press("Control+l"));
  await unlock(app);
  assert.deepEqual(
    new Traces({ place: PLACE, description: described, name: "view from the bridge" }).inFolder(profile.folder),
    [],
  );
  await app.click("button", say("nav_diary"));
  await app.find("button", /Mist on the water/);
  assert.match((await app.names("button")).find((name) => /Mist on the water/.test(name)), /1 photo/);
  await app.click("button", /Mist on the water/);
  await app.click("button", named);
  await app.waitFor(() => large(app), "the whole photo again");

  await app.click("button", say("attach_remove_photo"));
  await app.sees(say("attach_photo_removed"));
  assert.ok(!(await hasButton(app, named)));
  await app.click("button", say("undo_action"));
  await app.click("button", named);
  await app.waitFor(() => large(app), "the photo that came back");
  await app.click("button", say("attach_remove_photo"));
  await app.sees(say("attach_photo_removed"));
  await app.reload();
  await app.click("button", say("nav_diary"));
  await app.click("button", /Mist on the water/);
  await app.find("button", say("attach_photo_add"));
  assert.ok(!(await hasButton(app, named)));
  assert.deepEqual((await newest(app)).attachments, []);
});

story("a photo on an empty page begins the entry, more are pasted, and what is no photo is refused by its name", async ({ profile, start }) => {
  const app = await start({ language: "nl" });
  const { say } = app;
  await makeVault(app);
  const [file, text] = [join(profile.root, "markt.png"), join(profile.root, "boodschappen.png")];
  writeFileSync(file, png(300, 500, 1));
  writeFileSync(text, "brood, kaas, appels");
  await newPage(app, "");
  await choose(app, "attach_photo_add", file, () => hasButton(app, thumb(app, 1, 1)));
  assert.equal((await newest(app)).markdown, "");
  await choose(app, "attach_photo_add", text);
  await app.sees("boodschappen.png");
  await app.sees(say("error_attachment_unknown_title"));
  assert.equal((await newest(app)).attachments.length, 1);

  await app.run("document.querySelector('[role=textbox]').focus()");
  await paste(app, "geplakt.png", png(200, 200, 5));
  await app.find("button", thumb(app, 2, 2));
  await app.write("Twee keer de markt.");
  await app.waitFor(async () => (await newest(app)).markdown === "Twee keer de markt.", "the words");
  assert.equal((await newest(app)).attachments.length, 2, "one entry has them all");
  await app.click("button", thumb(app, 1, 2));
  await app.waitFor(async () => (await large(app))?.[2] === 500, "the first");
  await app.press("ArrowRight");
  await app.waitFor(async () => (await large(app))?.[2] === 200, "the next by its key");
  await app.press("Escape");

  // The largest are listed, and lead to where they can be deleted.
  await app.click("button", /Waar je gegevens zijn/);
  await app.click("button", say("settings_title"));
  await app.click("button", say("largest_title"));
  await app.at(say("largest_title"));
  const rows = async () => (await app.names("button")).filter((name) => name.includes("Twee keer de markt."));
  await app.waitFor(async () => (await rows()).length === 2, "both in the list");
  await app.click("button", /Twee keer de markt\./);
  await app.find("button", thumb(app, 1, 2));
});

story("a recording is added, and plays or says that it cannot", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  await newPage(app, "Said on the way.");
  await choose(app, "attach_sound_add", RECORDING, () => hasButton(app, say("attach_sound_more")));
  await app.find("field", say("attach_position"));
  await app.click("button", say("attach_play"));
  await app.waitFor(
    async () =>
      (await hasButton(app, say("attach_pause"))) ||
      (await app.text()).includes(say("attach_unplayable")) ||
      // A short one may have ended by now.
      (await app.run("return document.querySelector('[type=range]').value > 0")),
    "the recording",
  );
  await app.click("button", say("attach_sound_more"));
  await app.find("dialog", say("attach_sound"));
  await app.fill(say("attach_describe"), "Thoughts");
  await app.waitFor(async () => (await newest(app)).attachments[0].description === "Thoughts", "the description");
  await app.press("Escape");
  await app.sees("Thoughts");
});
