// Two devices of one person, each with its own window and profile, and the server between them.

import { joinBy, logInOn, toMyData } from "./joined.mjs";
import { makeVault, story } from "./story.mjs";
import { Server } from "./server.mjs";

/** Until an entry that starts so stands in the list, which is opened anew as often as it takes. */
async function comes(app, text) {
  await app.waitFor(
    async () => {
      await app.click("button", app.say("nav_today"));
      await app.click("button", app.say("nav_diary"));
      return (await app.names("button")).some((name) => name.includes(text));
    },
    `"${text}" in the diary`,
    60_000,
  );
}

async function write(app, text) {
  await app.click("button", app.say("nav_diary"));
  const begin = [app.say("diary_first"), app.say("diary_new")];
  const name = await app.waitFor(
    async () => (await app.names("button")).find((name) => begin.includes(name)),
    "a button to begin with",
  );
  await app.click("button", name);
  await app.waitFor(
    () => app.run("return document.activeElement.matches('[role=textbox]')"),
    "the caret in the text",
  );
  await app.write(text);
  await app.sees(app.say("diary_kept", { time: "" }).trim());
  await app.click("button", app.say("nav_today"));
}

story(
  "what is written in one window is read in the other, and the seal says so",
  async ({ start, profile, context }) => {
    const server = await Server.start(context);
    const laptop = await start({ language: "en" });
    const groups = await makeVault(laptop);
    await joinBy(laptop, server, server.codes[0], groups, { copy: true });
    await write(laptop, "A kingfisher at the lock.");
    await laptop.sees("Encrypted copy up to date", 30_000);

    const attic = await logInOn(start, profile, server, { keep: true });
    await comes(attic, "A kingfisher at the lock.");
    await write(attic, "Rain in the attic.");
    await comes(laptop, "Rain in the attic.");

    await toMyData(laptop);
    await laptop.at(laptop.say("account_title"));
    await laptop.sees(laptop.say("sync_up_to_date"));
    await laptop.sees(laptop.say("sync_new_device"));
  },
  300_000,
);
