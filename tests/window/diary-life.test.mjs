import assert from "node:assert/strict";
import { makeVault, story, unlock } from "./story.mjs";

/** Keeps entries as the page could, each with its own date; many at a time, as one script may take only so long. */
async function keep(app, entries) {
  for (let from = 0; from < entries.length; from += 250) {
    const failure = await app.driver.executeAsyncScript(
      `const [entries, done] = arguments;
       (async () => {
         for (const [markdown, writtenAt, tags, mood] of entries)
           await window.__TAURI_INTERNALS__.invoke("diary_save", {
             entry: { id: null, markdown, caret: 0, about: { ownTitle: "", mood: mood ?? null, tags: tags ?? [], writtenAt } },
           });
       })().then(() => done(null), (error) => done(JSON.stringify(error)));`,
      entries.slice(from, from + 250),
    );
    assert.equal(failure, null);
  }
}

const two = (value) => String(value).padStart(2, "0");
const dayOf = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
const rowsShown = (app) =>
  app.run("return [...document.querySelectorAll('[data-position] .row .title')].map((each) => each.textContent.trim())");
const focused = (app) =>
  app.run("return document.activeElement.matches('.row') ? document.activeElement.innerText : ''");
const caretInText = (app) =>
  app.waitFor(() => app.run("return document.activeElement.matches('[role=textbox]')"), "the caret in the text");
/** The list, or the invitation where there is none yet; keys pressed before it is there would be lost. */
async function openDiary(app) {
  await app.click("button", app.say("nav_diary"));
  await app.waitFor(
    async () => (await app.names("button")).some((name) => [app.say("diary_first"), app.say("diary_new")].includes(name)),
    "the diary",
  );
}

async function newest(app) {
  const { entries } = await app.ask("diary_page", { before: null, limit: 1 });
  return app.ask("diary_entry", { id: entries[0].id });
}

story("a title, a mood and tags are set by keys, completed, and kept over a restart", async ({ start }) => {
  let app = await start({ language: "nl" });
  const { say } = app;
  await makeVault(app);
  await keep(app, [["Eerder", "2026-01-05T08:00:00+01:00", ["Wandelen"]]]);
  await openDiary(app);
  await app.press("Control+n");
  await caretInText(app);
  await app.write("Langs het water.");
  await app.click("button", say("diary_about_add"));
  await app.waitFor(async () => (await app.run("return document.activeElement.tagName")) === "INPUT", "the title field");
  await app.write("De lange weg");
  await app.press("Tab");
  await app.press("Space");
  await app.tabTo("field", say("diary_tags"));
  await app.write("wand");
  await app.press("ArrowDown", "Enter");
  await app.write("rust");
  await app.press("Enter");
  await app.waitFor(async () => (await newest(app)).tags.length === 2, "the tags");
  const kept = await newest(app);
  assert.deepEqual([kept.ownTitle, [...kept.tags].sort()], ["De lange weg", ["Wandelen", "rust"]]);
  assert.ok(kept.mood >= 1 && kept.mood <= 5);
  await app.crash();

  app = await start({ language: "nl" });
  await unlock(app);
  await app.sees("De lange weg");
  await openDiary(app);
  await app.click("button", /De lange weg/);
  await app.sees("rust");
  assert.equal(await app.run("return document.querySelector('[role=textbox]').innerText.trim()"), "Langs het water.");
});

story("V20 the calendar is walked by keys, opens a day, and a wrong date is corrected there", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  const now = new Date();
  const lastMonth = new Date(now.getFullYear(), now.getMonth() - 1, 14, 12);
  await keep(app, [["Found by its day", lastMonth.toISOString().replace("Z", "+00:00")]]);
  await openDiary(app);
  await app.click("button", say("diary_calendar"));
  const today = dayOf(now);
  await app.waitFor(() => app.run("return document.querySelector('[role=grid] [tabindex=\"0\"]') !== null"), "the grid");
  await app.run("document.querySelector('[role=grid] [tabindex=\"0\"]').focus()");
  assert.equal(await app.run("return document.activeElement.dataset.day"), today);
  await app.press("PageUp");
  const month = today.slice(0, 7) === dayOf(lastMonth).slice(0, 7) ? null : dayOf(lastMonth).slice(0, 7);
  await app.waitFor(async () => (await app.run("return document.activeElement.dataset.day")).startsWith(month), "last month");
  for (let steps = 0; steps < 40; steps++) {
    const day = await app.run("return document.activeElement.dataset.day");
    if (day === dayOf(lastMonth)) break;
    await app.press(day < dayOf(lastMonth) ? "ArrowRight" : "ArrowLeft");
  }
  await app.waitFor(async () => /1 entry/.test(await app.run("return document.activeElement.getAttribute('aria-label')")), "its mark");
  await app.press("Enter");
  await app.click("button", /Found by its day/);
  await app.click("button", say("diary_about_add"));
  await app.tabTo("button", say("diary_move"));
  await app.press("Enter");
  await app.fill(say("diary_move_time"), "7.05");
  await app.click("button", say("diary_move_keep"));
  await app.waitFor(async () => /T07:05/.test((await newest(app)).writtenAt), "the corrected time");
});

story("this day in earlier years comes back on Today, and not when that is turned off", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  const year = new Date();
  year.setFullYear(year.getFullYear() - 2);
  await keep(app, [
    ["Two years ago today", `${dayOf(year)}T12:00:00+00:00`, ["sea"], 4],
    ["Another day", "2020-02-03T12:00:00+00:00", ["work"], 2],
  ]);
  await app.reload();
  await app.sees(say("diary_prompt_title"));
  assert.ok(!(await app.text()).includes(say("diary_on_this_day")), "not unless the person allows it");
  await app.ask("set_consent", { purpose: "look_back", given: true });
  await app.reload();
  await app.sees(say("diary_on_this_day"));
  await app.sees("Two years ago today");
  await app.sees(say("diary_prompt_title"));
  await app.click("button", /Only on this device/);
  await app.click("button", say("settings_title"));
  await app.click("switch", say("diary_settings_on_this_day"));
  await app.click("switch", say("diary_settings_prompts"));
  const allowed = async () => (await app.ask("purposes")).find(({ id }) => id === "look_back").given;
  await app.waitFor(async () => !(await app.ask("diary_settings")).prompts && !(await allowed()), "both are off");
  await app.click("button", say("nav_today"));
  await app.sees(say("today_where_you_were"));
  const shown = await app.text();
  assert.ok(!shown.includes(say("diary_prompt_title")) && !shown.includes(say("diary_on_this_day")));

  await openDiary(app);
  await app.click("button", say("diary_filter"));
  await app.click("button", /^work/);
  await app.waitFor(async () => (await rowsShown(app)).join() === "Another day", "only what has the tag");
  await app.click("button", say("diary_filter_clear"));
  await app.waitFor(async () => (await rowsShown(app)).length === 2, "everything again");
  await app.click("radio", say("diary_mood_4"));
  await app.waitFor(async () => (await rowsShown(app)).join() === "Two years ago today", "only that mood");
});

story("what comes from a word processor keeps its structure and loads nothing", async ({ start }) => {
  const app = await start({ language: "nl" });
  await makeVault(app);
  await openDiary(app);
  await app.press("Control+n");
  await caretInText(app);
  await app.run(
    `const data = new DataTransfer();
     data.setData("text/html", arguments[0]);
     document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));`,
    `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p{color:red}</style></head><body>
     <p class=MsoTitle>Verslag<o:p></o:p></p>
     <p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·<span>&nbsp; </span></span>Schoenen <b>klaar</b><o:p></o:p></p>
     <p class=MsoQuote>Rust is ook werk.<o:p></o:p></p><img src="https://spy.example/p.png"></body></html>`,
  );
  await app.waitFor(
    async () => (await newest(app)).markdown === "# Verslag\n\n- Schoenen **klaar**\n\n> Rust is ook werk.",
    "the kept text",
  );
  assert.equal(await app.run("return document.querySelectorAll('img:not(.ProseMirror-separator)').length"), 0);
});

story("one key hides everything, and after unlocking one is back at the same letter", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  await openDiary(app);
  await app.press("Control+n");
  await caretInText(app);
  await app.write("Secret words, right here.");
  for (let step = 0; step < 6; step++) await app.press("ArrowLeft");
  await app.write("X");
  await app.whileLocking(() => app.press("F9"));
  const shown = await app.text();
  assert.ok(!/Secret|Regie|Passphrase|Diary/.test(shown), shown);
  assert.equal(await app.driver.getTitle(), say("hide_clock"));
  await app.find("button", say("hide_leave"));
  assert.deepEqual((await app.invoke("diary_page", { before: null, limit: 1 })).error, { code: "locked" });
  await app.click("button", say("hide_leave"));
  await unlock(app);
  await caretInText(app);
  await app.write("Y");
  await app.waitFor(
    async () => (await newest(app)).markdown === "Secret words, rightXY here.",
    "the letter where the caret was",
  );
});

story("a diary of five thousand entries shows any month at once, and never more than 200 rows", async ({ start }) => {
  const app = await start({ language: "nl" });
  const { say } = app;
  await makeVault(app);
  const entries = Array.from({ length: 5000 }, (_, index) => {
    const date = new Date(Date.UTC(2016, 0, 1, 10) + index * 17.5 * 3_600_000);
    return [`Nummer ${index}\n\nEn nog een regel.`, `${date.toISOString().slice(0, 19)}+00:00`];
  });
  await keep(app, entries);
  await openDiary(app);
  await app.waitFor(async () => (await rowsShown(app))[0] === "Nummer 4999", "the newest");
  const most = () => app.run("return document.querySelectorAll('[data-position]').length");
  assert.ok((await most()) <= 200);
  await app.press("Control+g");
  await app.waitFor(() => app.run("return document.activeElement.dataset.month !== undefined"), "the months");
  await app.press("End", "Enter");
  await app.waitFor(async () => /Nummer/.test(await focused(app)), "the first entry of the month");
  assert.match(await focused(app), /31 januari 2016[^]*Nummer 4[012]/);
  assert.ok((await most()) <= 200);
  const place = () =>
    app.run(
      "const item = document.activeElement.closest('[data-position]'); return [item.getAttribute('aria-posinset'), item.getAttribute('aria-setsize')]",
    );
  const [position, size] = await place();
  assert.equal(size, "5000");
  await app.press("ArrowDown", "ArrowDown");
  await app.waitFor(async () => Number((await place())[0]) === Number(position) + 2, "two rows on");

  for (let step = 0; step < 30; step++) {
    await app.run("document.querySelector('[data-scroller]').scrollBy(0, -4000)");
    assert.ok((await most()) <= 200);
  }
  await app.waitFor(
    async () => (await app.run("return document.querySelectorAll('[data-position] .coming').length")) === 0,
    "every row that is seen",
  );
  // What a person sees in the middle of the list, and presses there.
  const [x, y, first] = await app.waitFor(
    () =>
      app.run(`
        const { left, top, width, height } = document.querySelector("[data-scroller]").getBoundingClientRect();
        const [x, y] = [Math.round(left + width / 2), Math.round(top + height / 2)];
        const row = document.elementFromPoint(x, y).closest("[data-position]");
        return row && [x, y, row.innerText.match(/Nummer \\d+/)[0]];`),
    "a row in the middle",
  );
  await app.driver.actions().move({ x, y }).click().perform();
  await caretInText(app);
  assert.match(await app.run("return document.querySelector('[role=textbox]').innerText"), new RegExp(first));
  await app.sees(say("diary_title"));
}, 300_000);
