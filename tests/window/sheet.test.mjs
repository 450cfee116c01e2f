// The recovery sheet on paper and in a file, through the system's own dialogs.

import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { dialogs, typeInto, xdotool } from "./dialogs.mjs";
import { PASSPHRASE, story } from "./story.mjs";

story(
  "the recovery sheet is saved where the system's dialog says, and printed by the system's dialog",
  async ({ profile, start }) => {
    const app = await start({ language: "en" });
    await app.ask("create_vault", { passphrase: PASSPHRASE, consents: [] });
    const { groups } = await app.ask("recovery_code");
    await app.reload();
    const sheet = join(profile.root, "my sheet.txt");

    await app.click("button", app.say("first_run_save"));
    await app.waitFor(() => dialogs("Save"), "the dialog that saves");
    await xdotool("key", "Escape");
    await app.waitFor(async () => (await dialogs("Save")) === 0, "the dialog to go");
    assert.equal(existsSync(sheet), false, "who changes their mind has no file");

    await app.click("button", app.say("first_run_save"));
    await typeInto(app, "Save", sheet, () => existsSync(sheet) && statSync(sheet).size > 0);
    assert.ok(readFileSync(sheet, "utf8").includes(groups.join("-")));
    assert.equal(statSync(sheet).mode & 0o077, 0, "for its owner only");
    await app.sees(sheet);

    await app.click("button", app.say("first_run_print"));
    await app.waitFor(() => dialogs("Print"), "the dialog that prints");
    await xdotool("key", "Escape");
    await app.waitFor(async () => (await dialogs("Print")) === 0, "the dialog to go");
    assert.equal(await app.driver.executeScript("return document.querySelectorAll('h1').length"), 1);
  },
);
