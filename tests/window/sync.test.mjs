// Two devices of one person, each with its own window and profile, and the server between them.

import assert from "node:assert/strict";
import { joinBy, logInOn, toAccount } from "./joined.mjs";
import { paste, png } from "./pictures.mjs";
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

/** Opens the entry that starts so, with the caret behind its last word. */
async function open(app, text) {
  await app.click("button", app.say("nav_diary"));
  await app.at(app.say("diary_title"));
  await app.click("button", new RegExp(text));
  await app.find("button", app.say("attach_photo_add"));
  await app.run(
    `const page = document.querySelector("[role=textbox]");
     page.focus();
     getSelection().selectAllChildren(page);
     getSelection().collapseToEnd();`,
  );
}

async function add(app, text, words) {
  await open(app, text);
  await app.write(words);
  await app.waitFor(async () => (await only(app)).markdown.includes(words.trim()), "the words to be kept");
  await app.click("button", app.say("nav_today"));
}

/** The one entry there is. */
async function only(app) {
  const { entries } = await app.ask("diary_page", { filter: null, before: null, limit: 2 });
  assert.equal(entries.length, 1);
  return app.ask("diary_entry", { id: entries[0].id });
}

/** Two windows of one account, with the same entry in both. */
async function two(start, profile, server, text) {
  const laptop = await start({ language: "en" });
  await joinBy(laptop, server, server.codes[0], await makeVault(laptop), { copy: true });
  await write(laptop, text);
  const attic = await logInOn(start, profile, server, { keep: true });
  await comes(attic, text);
  return [laptop, attic];
}

story(
  "the same entry, edited apart without a network, holds both texts in both windows, and a photo comes after it",
  async ({ start, profile, context }) => {
    const server = await Server.start(context);
    const [laptop, attic] = await two(start, profile, server, "Along the canal.");
    const { say } = laptop;
    await server.tell("stop");
    await add(laptop, "Along the canal", " A heron stood still.");
    await add(attic, "Along the canal", " It began to rain.");
    await server.tell("start");

    for (const app of [laptop, attic])
      await app.waitFor(
        async () => {
          const { markdown } = await only(app);
          return markdown.includes("A heron stood still.") && markdown.includes("It began to rain.");
        },
        "both texts",
        90_000,
      );
    // Whoever merged has both texts from before.
    const merged = await laptop.waitFor(async () => {
      for (const app of [laptop, attic]) {
        await open(app, "Along the canal");
        if ((await app.names("button")).includes(say("originals_look"))) return app;
        await app.click("button", say("nav_today"));
      }
      return null;
    }, "both texts from before");
    await merged.click("button", say("originals_look"));
    await merged.find("heading", say("originals_title"));
    await merged.sees(say("originals_there"));
    await merged.press("Escape");

    await open(laptop, "Along the canal");
    await paste(laptop, "canal.png", png(320, 200, 3));
    const photo = new RegExp(`^${say("attach_photo", { number: 1, count: 1 })}`);
    await laptop.find("button", photo);
    await attic.click("button", say("nav_today"));
    await attic.waitFor(async () => (await only(attic)).attachments.length === 1, "the photo", 90_000);
    await open(attic, "Along the canal");
    await attic.click("button", photo);
    const size = await attic.waitFor(
      () =>
        attic.run(`
          const image = document.querySelector("dialog[open] img[data-whole=true]");
          return image?.complete && image.naturalWidth > 0 ? [image.naturalWidth, image.naturalHeight] : null;`),
      "the whole photo",
      60_000,
    );
    assert.deepEqual(size, [320, 200]);
  },
  420_000,
);

story(
  "a stolen device that is signed out reads nothing that is written from then on",
  async ({ start, profile, context }) => {
    const server = await Server.start(context);
    const [laptop, attic] = await two(start, profile, server, "Before it was stolen.");
    const { say } = laptop;
    await toAccount(laptop);
    await laptop.click("button", new RegExp(`^${say("devices_title")}`));
    await laptop.click("button", say("devices_sign_out_of", { name: "Attic" }));
    await laptop.click("button", say("devices_lost"));
    await laptop.answering(() => laptop.click("button", "Sign out"));
    await laptop.find("heading", say("devices_gone"));
    await write(laptop, "Written afterwards.");
    await laptop.sees("Encrypted copy up to date", 60_000);

    await attic.invoke("sync_now");
    await attic.waitFor(async () => (await attic.ask("account")).joined.signedOut, "to be signed out");
    const { entries } = await attic.ask("diary_page", { filter: null, before: null, limit: 5 });
    assert.deepEqual(
      entries.map(({ preview, title }) => title || preview),
      ["Before it was stolen."],
    );
    await toAccount(attic);
    await attic.sees(say("account_signed_out"));
  },
  300_000,
);

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

    await toAccount(laptop);
    await laptop.at(laptop.say("account_title"));
    await laptop.sees(laptop.say("sync_up_to_date"));
    await laptop.sees(laptop.say("sync_new_device"));
  },
  300_000,
);
