// Several people on one computer, and the report for who helps.

import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { typeInto } from "./dialogs.mjs";
import { makeVault, PASSPHRASE, story, unlock } from "./story.mjs";
import { Traces } from "./traces.mjs";

const OTHER = "lamp vijver trommel sneeuw";

story("two people choose their names, and each opens only their own vault", async ({ start }) => {
  let app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  await app.ask("diary_save", { entry: { id: null, markdown: "Heron on the quay", caret: 0, about: null } });
  await app.whileLocking(() => app.press("Control+l"));

  await app.click("button", say("people_another"));
  await app.fill(say("people_other_name_locked"), "Sam");
  await app.click("button", say("people_add"));
  await app.sees(say("error_bad_name_title"));
  await app.fill(say("people_own_name_locked"), "Noor");
  await app.click("button", say("people_add"));
  await app.at(say("people_choose_title"));
  const page = await app.text();
  for (const secret of ["Heron", "diary", "entries"]) assert.ok(!page.includes(secret), secret);

  await app.click("button", /Sam/);
  await app.at(say("first_run_welcome_title"));
  await app.ask("create_vault", { passphrase: OTHER, consents: ["keep_on_device"] });
  await app.ask("finish_first_run");
  await app.reload();
  await app.find("button", say("nav_diary"));
  await app.ask("diary_save", { entry: { id: null, markdown: "Owl in the oak", caret: 0, about: null } });
  await app.click("button", say("nav_diary"));
  await app.sees("Owl in the oak");
  assert.ok(!(await app.text()).includes("Heron"));
  await app.quit();

  app = await start({ language: "en" });
  await app.at(say("people_choose_title"));
  await app.click("button", /Noor/);
  await app.sees(say("people_for", { name: "Noor" }));
  await app.fill(say("lock_passphrase"), OTHER);
  await app.press("Enter");
  await app.sees(say("error_wrong_passphrase_title"));
  await app.click("button", say("people_someone_else"));
  await app.at(say("people_choose_title"));
  await app.click("button", /Noor/);
  await unlock(app, PASSPHRASE);
  await app.click("button", say("nav_diary"));
  await app.sees("Heron on the quay");
  assert.ok(!(await app.text()).includes("Owl"));
});

story("the report is shown before it is saved, and holds nothing that was written", async ({ profile, start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  const secrets = { entry: "zebrakanariequitzow", tag: "sterrenwachtje" };
  const markdown = `${secrets.entry} ${secrets.tag}`;
  await app.ask("diary_save", { entry: { id: null, markdown, caret: 0, about: null } });
  await app.click("button", say("help_open"));
  await app.click("button", new RegExp(`^${say("guide_title")}`));
  await app.fill(say("guide_search"), "recovery code");
  await app.click("button", /^The recovery code/);
  await app.sees("nine groups of four");
  await app.click("button", say("app_back"));
  await app.click("button", say("report_title"));
  await app.at(say("report_title"));
  const shown = await app.waitFor(
    () => app.run("return document.querySelector('pre')?.textContent"),
    "the report",
  );
  await app.click("button", say("report_save"));
  const file = join(profile.root, "report.txt");
  await typeInto(app, "Save", file, () => existsSync(file) && statSync(file).size > 0);
  await app.sees(file);
  const saved = readFileSync(file);
  assert.equal(saved.toString(), shown);
  assert.match(shown, /State: open/);
  assert.deepEqual(new Traces({ ...secrets, folder: profile.folder, home: "/home/" }).inBytes(saved), []);
});
