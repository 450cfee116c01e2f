import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BINARY, environmentOf } from "./app.mjs";
import { webProcesses } from "./process.mjs";
import { makeVault, PASSPHRASE, story, unlock } from "./story.mjs";

const NEW_PASSPHRASE = "lamp vijver trommel sneeuw";
const isLocked = (app) => app.find("field", app.say("lock_passphrase"));

function fingerprints(folder) {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex"),
      ]),
  );
}

story(
  "a wrong passphrase is said calmly, a third one brings a wait, the right one opens",
  async ({ start }) => {
    const app = await start({ language: "nl" });
    const { say } = app;
    await makeVault(app);
    await app.whileLocking(() => app.click("button", say("lock_now")));
    await isLocked(app);
    let waited = false;
    for (let attempt = 1; attempt <= 4 && !waited; attempt++) {
      await app.fill(say("lock_passphrase"), `een andere zin ${attempt}`);
      await app.press("Enter");
      await app.sees(say("error_wrong_passphrase_title"));
      const stage = (await app.ask("start")).stage;
      waited = stage.waitSeconds > 0;
      if (waited) assert.ok(attempt >= 3, `a wait after ${attempt} attempts`);
    }
    assert.ok(waited, "repeated guessing is slowed down");
    await app.sees(new RegExp(say("lock_waiting", { wait: "\\d+" })));
    const early = await app.invoke("unlock", { passphrase: PASSPHRASE });
    assert.equal(early.error.code, "tooSoon");
    await app.waitFor(
      async () => (await app.ask("start")).stage.waitSeconds === 0,
      "the wait to end",
      40_000,
    );
    await unlock(app);
  },
);

story(
  "locking by button and by key replaces the page's process, and leaves no word on the screen",
  async ({ start }) => {
    const app = await start({ language: "en" });
    const { say } = app;
    await makeVault(app);
    await app.ask("diary_save", { entry: { id: null, markdown: "Heron on the quay", caret: 0 } });
    const ways = [() => app.click("button", say("lock_now")), () => app.press("Control+l")];
    for (const lock of ways) {
      await app.click("button", say("nav_diary"));
      await app.sees("Heron on the quay");
      const before = webProcesses(app.pid);
      await app.whileLocking(lock);
      await isLocked(app);
      await app.waitFor(
        () => !webProcesses(app.pid).some((pid) => before.includes(pid)),
        "the old web process to end",
      );
      assert.ok(!(await app.run("return document.documentElement.outerHTML")).includes("Heron"));
      assert.deepEqual((await app.invoke("diary_page", { before: null, limit: 5 })).error, {
        code: "locked",
      });
      await unlock(app);
    }
  },
);

story(
  "the recovery code opens in any writing, and sets a new passphrase in place of the old",
  async ({ start }) => {
    const app = await start({ language: "en" });
    const { say } = app;
    const groups = await makeVault(app);
    await app.ask("diary_save", { entry: { id: null, markdown: "Still here", caret: 0 } });
    await app.whileLocking(() => app.press("Control+l"));
    await app.click("button", say("lock_with_code"));
    const typo = [groups[1], groups[0], ...groups.slice(2)];
    await app.fill(say("lock_code_label"), typo.join(" "));
    await app.click("button", say("lock_code_check"));
    await app.sees(say("error_recovery_mistyped_title"));
    await app.fill(say("lock_code_label"), ` ${groups.join("-").toLowerCase()} `);
    await app.click("button", say("lock_code_check"));
    await app.at(say("lock_new_title"));
    await app.fill(say("lock_passphrase"), NEW_PASSPHRASE);
    await app.fill(say("passphrase_repeat"), NEW_PASSPHRASE);
    await app.click("button", say("lock_new_open"));
    await app.sees("Still here");

    await app.whileLocking(() => app.press("Control+l"));
    await app.fill(say("lock_passphrase"), PASSPHRASE);
    await app.press("Enter");
    await app.sees(say("error_wrong_passphrase_title"));
    await unlock(app, NEW_PASSPHRASE);
    await app.sees("Still here");
  },
);

story(
  "with nothing left the vault is set aside whole, and only after a yes outside the page",
  async ({ start, profile }) => {
    const app = await start({ language: "nl" });
    const { say } = app;
    await makeVault(app);
    await app.ask("diary_save", { entry: { id: null, markdown: "Bewaar mij", caret: 0 } });
    await app.whileLocking(() => app.press("Control+l"));
    const vault = join(profile.folder, "vault");
    const before = fingerprints(vault);
    assert.ok(Object.keys(before).length >= 2, "a vault and its key file");

    await app.click("button", say("lock_nothing_left"));
    await app.click("button", say("start_over_do"));
    await app.answering(async () => {
      const answers = await app.names("button");
      assert.equal(
        await app.run("return document.activeElement.textContent.trim()"),
        answers[0],
        "no has the focus",
      );
      await app.press("Enter");
    });
    assert.deepEqual(fingerprints(vault), before, "no changes nothing");
    assert.equal((await app.ask("start")).stage.kind, "locked");

    await app.click("button", say("start_over_do"));
    await app.answering(async () => app.click("button", (await app.names("button"))[1]));
    await app.at(say("start_over_done_title"));
    const aside = readdirSync(profile.folder).filter((name) => name.startsWith("set-aside-"));
    assert.equal(aside.length, 1);
    await app.sees(aside[0]);
    assert.deepEqual(fingerprints(join(profile.folder, aside[0])), before, "not one byte is another");
    await app.click("button", say("start_over_continue"));
    await app.at(say("first_run_welcome_title"));
  },
);

story(
  "a second start on the same profile ends at once, and the first goes on",
  async ({ start, profile }) => {
    const app = await start({ language: "en" });
    await makeVault(app);
    const second = spawn(BINARY, ["--profile", profile.folder], {
      env: environmentOf(profile, "en"),
      stdio: "ignore",
      timeout: 20_000,
    });
    const [code, signal] = await once(second, "exit");
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, "it ends by itself, without a window");
    await app.click("button", app.say("nav_diary"));
    await app.at(app.say("diary_title"));
  },
);
