import assert from "node:assert/strict";
import { pause } from "./app.mjs";
import { closeWindow } from "./x11.mjs";
import { makeVault, story, unlock } from "./story.mjs";

const caretInText = (app) =>
  app.waitFor(
    () => app.run("return document.activeElement.matches('[role=textbox]')"),
    "the caret in the text",
  );

async function beginEntry(app) {
  await app.click("button", app.say("nav_diary"));
  // Keys pressed before the screen is there would be lost.
  await app.waitFor(
    async () => (await app.names("button")).some((name) => [app.say("diary_first"), app.say("diary_new")].includes(name)),
    "the diary",
  );
  await app.press("Control+n");
  await caretInText(app);
}

/** Presses the text on the page right after these words, its first ones. */
async function clickBehind(app, words) {
  const [x, y] = await app.run(
    `const text = document.querySelector("[role=textbox] p").firstChild;
     const range = document.createRange();
     range.setStart(text, arguments[0]);
     range.setEnd(text, arguments[0] + 1);
     const box = range.getBoundingClientRect();
     return [Math.ceil(box.left), Math.round((box.top + box.bottom) / 2)];`,
    words.length,
  );
  await app.driver.actions().move({ x, y }).click().perform();
}

const kept = (app) => app.sees(app.say("diary_kept", { time: "" }).trim());
const textOnPage = (app) => app.run("return document.querySelector('[role=textbox]')?.innerText.trim()");

async function newestMarkdown(app) {
  const { entries } = await app.ask("diary_page", { before: null, limit: 1 });
  return entries.length && (await app.ask("diary_entry", { id: entries[0].id })).markdown;
}

const becomes = (app, markdown) =>
  app.waitFor(
    async () => (await newestMarkdown(app)) === markdown,
    `the kept text ${JSON.stringify(markdown)}`,
  );

story("bold looks bold while typing, no signs are seen, and Markdown is what is kept", async ({ start }) => {
  const app = await start({ language: "nl" });
  const { say } = app;
  await makeVault(app);
  await beginEntry(app);
  await app.write("Eén café, 😀 en ");
  await app.press("Control+b");
  await app.write("rust");
  await app.press("Control+b");
  await app.write(" na **het** werk.");
  const looks = await app.run(`
    return [...document.querySelectorAll("[role=textbox] strong")].map((each) => [each.textContent, Number(getComputedStyle(each).fontWeight)])`);
  assert.deepEqual(
    looks.map(([text]) => text),
    ["rust", "het"],
  );
  assert.ok(
    looks.every(([, weight]) => weight >= 600),
    JSON.stringify(looks),
  );
  assert.equal(await textOnPage(app), "Eén café, 😀 en rust na het werk.");
  await kept(app);
  await becomes(app, "Eén café, 😀 en **rust** na **het** werk.");

  await app.press("Enter");
  await app.write("- melk");
  await app.press("Enter");
  await app.write("brood");
  assert.equal(await app.run("return document.querySelectorAll('[role=textbox] ul li').length"), 2);
  await app.waitFor(async () => /\n[-*] melk\n+[-*] brood$/.test(await newestMarkdown(app)), "a list");
  await app.click("button", say("editor_ordered_list"));
  await app.waitFor(async () => /1\. melk/.test(await newestMarkdown(app)), "a numbered list");
});

story("every pause in typing outlives a kill, and the editor reopens where it was", async ({ start }) => {
  let app = await start({ language: "en" });
  await makeVault(app);
  await beginEntry(app);
  await app.write("The first half and the second half.");
  await pause(1200);
  await app.crash();

  app = await start({ language: "en" });
  await unlock(app);
  await app.sees("The first half and the second half.");
  await app.click("button", app.say("today_write_on"));
  await caretInText(app);
  await clickBehind(app, "The first half");
  await pause(2500);
  await app.crash();

  app = await start({ language: "en" });
  await unlock(app);
  await app.click("button", app.say("today_write_on"));
  await caretInText(app);
  await app.write(" of it");
  await becomes(app, "The first half of it and the second half.");
});

story("search finds words without their accents, and marks them", async ({ start }) => {
  const app = await start({ language: "nl" });
  const { say } = app;
  await makeVault(app);
  for (const markdown of [
    "Over de coöperatie\n\nWe spraken over de **coöperatie** en het dorp.",
    "Iets anders",
  ])
    await app.ask("diary_save", { entry: { id: null, markdown, caret: 0 } });
  await app.click("button", say("nav_diary"));
  await app.fill(say("diary_search"), "cooperatie");
  await app.sees(say("diary_hits", { count: 1 }));
  assert.match((await app.names("mark"))[0], /coöperatie/i);
  assert.equal((await app.names("button")).filter((name) => name.includes("Iets anders")).length, 0);
  await app.press("Escape");
  await app.sees("Iets anders");
  await app.fill(say("diary_search"), "giraffe");
  await app.sees(say("diary_no_hits", { query: "giraffe" }));
});

story("a deleted entry can be taken back for a while, and is gone after that", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  await beginEntry(app);
  await app.write("To keep or not to keep");
  await kept(app);
  const remove = async () => {
    await app.click("button", say("diary_menu"));
    await app.click("menuitem", say("diary_delete"));
    await app.sees(say("diary_deleted"));
  };
  await remove();
  assert.deepEqual((await app.ask("diary_page", { before: null, limit: 5 })).entries, []);
  await app.click("button", say("undo_action"));
  await app.click("button", /To keep or not to keep/);
  await remove();
  await app.whileLocking(() => app.click("button", say("lock_now")));
  await unlock(app);
  assert.deepEqual((await app.ask("diary_page", { before: null, limit: 5 })).entries, []);
  assert.deepEqual((await app.ask("diary_search", { query: "keep", limit: 5 })).hits, []);
});

story("what was typed just before the lock, or before the window closes, is kept", async ({ start }) => {
  let app = await start({ language: "en" });
  await makeVault(app);
  await beginEntry(app);
  await app.write("Just before the lock");
  await app.whileLocking(() => app.press("Control+l"));
  await unlock(app);
  await app.sees("Just before the lock");
  await beginEntry(app);
  await app.write("Just before the end");
  await closeWindow(app.pid);
  await app.waitFor(() => app.pid === undefined, "the app to end");
  await app.quit();

  app = await start({ language: "en" });
  await unlock(app);
  await app.sees("Just before the end");
});
