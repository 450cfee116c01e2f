// A link of an invitation that the system hands over: a second start of the app brings it to the first.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { BINARY, environmentOf } from "./app.mjs";
import { makeVault, PASSPHRASE, story, unlock } from "./story.mjs";
import { Server } from "./server.mjs";

/** Starts the app as a desktop does that was asked to open this link. */
async function open(profile, link) {
  const second = spawn(BINARY, ["--profile", profile.folder, link], {
    env: environmentOf(profile, "en"),
    stdio: "ignore",
    timeout: 20_000,
  });
  const [code, signal] = await once(second, "exit");
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, "it ends by itself, without a window");
}

story(
  "a link of an invitation reaches the app that runs, is asked about, and only fills in a screen",
  async ({ start, profile, context }) => {
    const server = await Server.start(context);
    const app = await start({ language: "en" });
    const { say } = app;
    await makeVault(app);
    await open(profile, "regie://pair?server=https%3A%2F%2Fevil.example");
    await app.sees(say("link_refused_title"));
    await app.click("button", say("link_right"));
    assert.deepEqual(await app.ask("requests"), [], "nobody was asked anything");

    const link = server.link(server.codes[0]);
    await app.whileLocking(() => app.press("Control+l"));
    await open(profile, link);
    assert.ok(!(await app.text()).includes(say("link_invitation")), "a locked vault shows nothing of it");
    await unlock(app, PASSPHRASE);
    await app.sees(say("link_invitation"));
    await app.click("button", say("link_look"));
    await app.at(say("join_invitation_title"));
    assert.deepEqual(await app.ask("requests"), [], "filled in, and nothing more");
    await app.click("button", say("first_run_next"));
    await app.at(say("join_server_title"));
    await app.sees(server.address);
    assert.equal((await app.ask("account")).joined, null);
  },
  120_000,
);
