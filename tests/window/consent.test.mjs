// Choices and their story, a next version of the texts, putting on hold and putting right: in the real window.

import assert from "node:assert/strict";
import { makeVault, story, unlock } from "./story.mjs";

const KEEP = "keep_on_device";
const LOOK_BACK = "look_back";
const COUNTS = "made_up_counts";

/** The app with what the next version of its texts could say; only a build for tests listens to this. */
async function startNext(profile, start, language) {
  profile.environment.REGIE_MADE_UP_NOTICES = "1";
  const app = await start({ language });
  await unlock(app);
  return app;
}

const purpose = async (app, id) => (await app.ask("purposes")).find((one) => one.id === id);
const toMyData = (app) => app.click("button", new RegExp(`^${app.say("seal_leads")}`));
const isOn = (app, name) =>
  app.waitFor(async () => {
    const [found] = await app.all("switch", name);
    return found && (await found.getAttribute("aria-checked"));
  }, `the switch ${name}`);

/** A finished check with this answer everywhere. */
async function takeCheck(app, value) {
  const run = await app.ask("meter_start", { instrument: "vitality-16" });
  for (const [position, item] of run.items.entries())
    await app.ask("meter_answer", {
      run: run.id,
      item: item.id,
      answer: { kind: "value", value },
      position: Math.min(position + 1, run.items.length - 1),
    });
  await app.ask("meter_finish", { run: run.id });
  return run.id;
}

const save = (app, markdown, writtenAt) =>
  app.ask("diary_save", {
    entry: {
      id: null,
      markdown,
      caret: 0,
      about: { ownTitle: "", mood: null, tags: ["zee"], ...(writtenAt ? { writtenAt } : {}) },
    },
  });

for (const language of ["nl", "en"])
  story(
    `V3 V4 withdrawing takes two taps, holds at once, and can be read back with what was read then, in ${language}`,
    async ({ start }) => {
      const app = await start({ language });
      const { say } = app;
      await makeVault(app);
      await save(app, "Blijft leesbaar");
      await toMyData(app);
      const { title, text } = await purpose(app, KEEP);
      await app.click("switch", title);
      assert.ok((await purpose(app, KEEP)).given, "the first tap asks");
      await app.click("button", say("my_data_withdraw_yes"));
      await app.sees((await app.ask("seal")).text);
      assert.equal((await app.ask("seal")).state, "paused");
      const { error } = await app.invoke("diary_save", {
        entry: { id: null, markdown: "nieuw", caret: 0, about: null },
      });
      assert.deepEqual(error, { code: "noConsent" });
      await app.click("switch", title);
      await app.waitFor(async () => (await purpose(app, KEEP)).given, "a yes by one tap");

      await app.click("button", say("my_data_choices_story"));
      await app.at(say("story_title"));
      const steps = () =>
        app.run("return [...document.querySelectorAll('main ol > li .step')].map((each) => each.textContent)");
      const told = await app.waitFor(async () => (await steps()).length === 4 && steps(), "the story");
      assert.deepEqual(told, [
        say("story_given"),
        say("story_withdrawn"),
        say("story_declined"),
        say("story_given"),
      ]);
      await app.click("button", say("story_read"));
      await app.sees(text);
      const { version } = await app.ask("statement", { version: null });
      await app.click("button", say("story_statement", { version }));
      await app.at(say("statement_title"));
      await app.click("button", say("nav_diary"));
      await app.sees("Blijft leesbaar");
    },
  );

for (const language of ["nl", "en"])
  story(
    `V28 H17 H18 a next statement is announced, shows what changed, and asks anew only where a purpose changed, in ${language}`,
    async ({ profile, start }) => {
      let app = await start({ language });
      const { say } = app;
      await makeVault(app);
      await save(app, "Van eerder");
      const year = new Date(Date.now() - 365.25 * 86_400_000).getFullYear();
      await save(app, "Op deze dag", `${year}${new Date().toISOString().slice(4, 11)}12:00:00+00:00`);
      await app.ask("set_consent", { purpose: LOOK_BACK, given: true });
      await app.quit();

      app = await startNext(profile, start, language);
      await app.sees(say("statement_news_title"));
      await app.sees(say("consent_ask_renew"));
      await app.sees(say("diary_on_this_day"));
      assert.ok(!(await app.text()).includes(say("consent_ask_new")), "one question at a time");
      const { error } = await app.invoke("diary_save", {
        entry: { id: null, markdown: "nieuw", caret: 0, about: null },
      });
      assert.deepEqual(error, { code: "consentOutdated" });
      await app.click("button", say("nav_check"));
      await app.sees(say("consent_outdated_title"));
      await app.click("button", say("nav_today"));

      await app.click("button", say("statement_news_more"));
      await app.at(say("changes_title"));
      const { changes } = await app.ask("statement_changes", { since: null });
      for (const change of changes) await app.sees(change);
      const headings = await app.names("heading");
      const order = ["changes_you", "changes_choice", "changes_text"].map((key) => headings.indexOf(say(key)));
      assert.deepEqual(
        order,
        [...order].sort((a, b) => a - b),
        "what changed for the person comes first",
      );
      const marked = (what) => app.run(`return document.querySelectorAll("main .block.${what}").length`);
      assert.deepEqual(
        [await marked("changed"), await marked("added"), await marked("removed")],
        [3, 1, 0],
        "date, two sentences, and a paragraph more",
      );
      const shownAs = await app.run(`
        const [ins, del] = ["ins", "del"].map((tag) => document.querySelector("main " + tag));
        return [ins, del].map((each) => getComputedStyle(each).textDecorationLine);`);
      assert.deepEqual(shownAs, ["underline", "line-through"], "told apart without colour");
      const heard = await app.run("return document.querySelector('main ins .visually-hidden').textContent.trim()");
      assert.equal(heard, say("changes_new_words"));

      await app.click("button", say("consent_ask_yes"));
      await app.waitFor(async () => (await purpose(app, KEEP)).given, "the renewed yes");
      await app.waitFor(
        async () => (await app.all("button", say("consent_ask_yes"))).length === 1,
        "the other question alone",
      );
      await save(app, "Weer schrijven");
      await app.click("button", say("consent_ask_no"));
      await app.waitFor(async () => (await purpose(app, COUNTS)).since !== null, "the answer");
      assert.ok(!(await purpose(app, COUNTS)).given);
      await app.quit();

      app = await startNext(profile, start, language);
      await app.sees(say("today_where_you_were"));
      const today = await app.text();
      for (const key of ["statement_news_title", "consent_ask_new", "consent_ask_renew"])
        assert.ok(!today.includes(say(key)), `${key} is not asked or told twice`);
      await toMyData(app);
      const { title } = await purpose(app, COUNTS);
      await app.click("switch", title);
      await app.waitFor(async () => (await isOn(app, title)) === "true", "a later yes");
      await app.sees(say("my_data_choice_version", { version: 1 }));
      await app.click("switch", title);
      await app.waitFor(async () => !(await purpose(app, COUNTS)).given, "its end, two taps from anywhere");
    },
  );

story("V23 a result and an entry are put on hold where they are shown, and released with one tap, in nl", async ({ start }) => {
  const app = await start({ language: "nl" });
  const { say } = app;
  await makeVault(app);
  const [first, second] = [await takeCheck(app, 3), await takeCheck(app, 5)];
  const { id: entry } = await save(app, "Waar het over gaat");
  await app.ask("diary_place", { place: { entry, caret: 0 } });
  const points = async () => {
    const { series } = await app.ask("meter_trend", { from: null, to: null });
    return series.find(({ dimension }) => dimension === "overall")?.results ?? 0;
  };
  assert.equal(await points(), 2);
  await app.click("button", say("nav_check"));
  await app.click("button", /Vitaliteitscheck.*/);
  await app.click("button", say("hold_do"));
  await app.fill(say("hold_reason"), "Hierover loopt een gesprek");
  await app.press("Tab", "Enter");
  await app.sees(say("hold_result_notice"));
  await app.sees("Hierover loopt een gesprek");
  assert.equal(await points(), 1);
  await app.click("button", say("check_trend"));
  await app.sees(say("trend_held", { count: 1 }));

  await app.click("button", say("nav_diary"));
  await app.click("button", /Waar het over gaat/);
  await app.click("button", say("diary_menu"));
  await app.click("menuitem", say("hold_do"));
  await app.find("field", say("hold_reason"));
  await app.press("Tab", "Enter");
  await app.sees(say("hold_entry_notice"));
  assert.equal((await app.ask("today")).continueEntry, null, "Today does not lead back to it");
  assert.equal((await app.ask("diary_search", { query: "gaat", limit: 5 })).hits.length, 1, "its owner finds it");

  await toMyData(app);
  await app.click("button", new RegExp(`^${say("hold_list")}`));
  await app.at(say("hold_list"));
  for (let left = 2; left > 0; left--) {
    const [next] = (await app.ask("on_hold")).records;
    await app.click("button", say("hold_release_of", { title: next.title }));
    await app.waitFor(async () => (await app.ask("on_hold")).records.length === left - 1, "the release");
  }
  await app.sees(say("hold_list_empty"));
  assert.equal(await points(), 2);
  assert.notEqual(first, second);
});

story("V23 with everything on hold the seal says paused, all rests, and one tap ends it, in en", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  await takeCheck(app, 4);
  await save(app, "Still to be read");
  await toMyData(app);
  await app.click("button", say("hold_all_do"));
  await app.find("field", say("hold_reason"));
  await app.press("Tab", "Enter");
  await app.sees(say("my_data_seal_hold"));
  assert.equal((await app.ask("seal")).state, "paused");
  await app.click("button", say("nav_today"));
  await app.sees(say("hold_all_notice"));
  await app.sees("Paused by you");
  const today = await app.text();
  for (const key of ["diary_prompt_title", "today_check_last", "today_where_you_were"])
    assert.ok(!today.includes(say(key)), key);
  await app.click("button", say("nav_check"));
  await app.click("button", new RegExp(`^${say("check_trend")}`));
  await app.sees(say("trend_on_hold"));
  await app.click("button", say("nav_diary"));
  await app.sees("Still to be read");
  await app.click("button", say("nav_today"));
  await app.click("button", say("hold_release"));
  await app.sees(say("diary_prompt_title"));
  await app.sees("Only on this device");
  assert.equal((await app.ask("seal")).state, "onlyHere");
});

story("V20 answers and date of a finished check are put right where the result is shown, in en", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  const id = await takeCheck(app, 4);
  const before = await app.ask("meter_result", { id });
  await app.click("button", say("nav_check"));
  await app.click("button", /Vitality check.*/);
  await app.click("button", say("correct_do"));
  await app.at(say("correct_title"));
  const { items } = await app.ask("meter_run", { run: id });
  const top = items[0].options.at(-1);
  await app.waitFor(async () => (await app.all("select", items[0].text)).length === 1, "the first statement");
  await app.tabTo("select", items[0].text);
  await app.write(top.label);
  await app.click("button", say("correct_move"));
  await app.fill(say("diary_move_time"), "00.05");
  await app.click("button", say("diary_move_keep"));
  await app.sees("00:05");
  assert.equal((await app.ask("meter_result", { id })).takenAt, before.takenAt, "nothing is kept before it is said");
  await app.click("button", say("correct_keep"));
  await app.at(say("check_result_title"));
  await app.sees(/Corrected on/);
  const after = await app.ask("meter_result", { id });
  assert.match(after.takenAt, /T00:05/);
  assert.ok(after.correctedAt !== null);
  const { answers } = await app.ask("meter_run", { run: id });
  assert.deepEqual(answers.find(({ item }) => item === items[0].id).answer, { kind: "value", value: top.value });
  assert.notDeepEqual(after.dimensions, before.dimensions, "the result follows");
});
