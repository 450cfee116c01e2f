import assert from "node:assert/strict";
import { PASSPHRASE, story, unlock } from "./story.mjs";

const step = (app, number) => app.sees(app.say("first_run_step", { step: number, of: 5 }));
const groupsOn = (app) =>
  app.run(`return [...document.querySelectorAll(".groups .group")].map((each) => each.textContent)`);
const askedPositions = async (app) =>
  (await app.names("field")).map((label) => Number(/\d+/.exec(label)[0]) - 1);
const switches = async (app) =>
  Promise.all((await app.all("switch")).map((each) => each.getAttribute("aria-checked")));

async function choosePassphrase(app, passphrase) {
  await app.fill(app.say("lock_passphrase"), passphrase);
  await app.fill(app.say("passphrase_repeat"), passphrase);
}

story("from nothing to the first diary entry, in Dutch, by clicks", async ({ start }) => {
  const app = await start({ language: "nl", width: 390, height: 844 });
  const { say } = app;
  await step(app, 1);
  await app.click("button", say("first_run_begin"));

  await step(app, 2);
  await app.click("button", say("first_run_next"));
  await app.sees(say("first_run_adult_missing"));
  await app.click("button", say("first_run_statement"));
  await app.at(say("statement_title"));
  await app.click("button", say("app_back"));
  await app.click("checkbox", say("first_run_adult"));
  await app.click("button", say("first_run_next"));

  await step(app, 3);
  const before = await app.waitFor(
    async () => (await switches(app)).length && (await switches(app)),
    "the switches",
  );
  assert.ok(
    before.every((each) => each === "false"),
    "nothing is on before the person chooses",
  );
  await app.click("button", say("first_run_employer"));
  await app.sees(say("employer_nothing"));
  await app.click("button", say("app_back"));
  await app.click("switch", /.*/);
  assert.deepEqual((await switches(app))[0], "true");
  await app.click("button", say("first_run_next"));

  await step(app, 4);
  await choosePassphrase(app, "welkom");
  await app.click("button", say("first_run_next"));
  await app.sees(say("error_weak_passphrase_title"));
  assert.equal((await app.ask("start")).stage.kind, "firstRun", "no vault is made with a weak passphrase");
  await choosePassphrase(app, PASSPHRASE);
  await app.sees(new RegExp(`${say("strength_3")}|${say("strength_4")}`));
  await app.click("button", say("first_run_next"));

  await step(app, 5);
  await app.at(say("first_run_code_title"));
  const groups = await app.waitFor(async () => (await groupsOn(app)).length && groupsOn(app), "the code");
  assert.equal(groups.length, 9);
  assert.ok(
    groups.every((group) => /^[0-9A-Z]{4}$/.test(group)),
    groups.join(" "),
  );
  await app.click("button", say("first_run_code_kept"));
  await app.at(say("first_run_rehearse_title"));
  const asked = await askedPositions(app);
  assert.equal(asked.length, 2);
  await app.fill(say("first_run_group", { number: asked[0] + 1 }), groups[asked[0]]);
  await app.fill(say("first_run_group", { number: asked[1] + 1 }), groups[asked[0]]);
  await app.click("button", say("first_run_finish"));
  await app.sees(say("first_run_rehearse_wrong"));
  await app.fill(say("first_run_group", { number: asked[1] + 1 }), groups[asked[1]].toLowerCase());
  await app.click("button", say("first_run_finish"));

  await app.sees(say("today_empty_title"));
  assert.ok(!(await app.text()).includes(say("today_code_title")), "a rehearsed code is not asked for again");
  await app.click("button", say("today_empty_write"));
  await app.find("field", say("diary_text"));
  await app.write("Vandaag liep ik langs het kanaal.");
  await app.sees(say("diary_kept", { time: "" }).trim());
  const { entries } = await app.ask("diary_page", { before: null, limit: 5 });
  assert.equal(entries[0].title, "Vandaag liep ik langs het kanaal.");
});

story("the first run by keyboard alone, in English, with the rehearsal put off", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await step(app, 1);
  await app.tabTo("button", say("first_run_begin"));
  await app.press("Enter");
  await step(app, 2);
  await app.tabTo("checkbox", say("first_run_adult"));
  await app.press("Space");
  await app.tabTo("button", say("first_run_next"));
  await app.press("Enter");
  await step(app, 3);
  await app.tabTo("switch", /.*/);
  await app.press("Space");
  await app.tabTo("button", say("first_run_next"));
  await app.press("Enter");
  await step(app, 4);
  await app.tabTo("field", say("lock_passphrase"));
  await app.write(PASSPHRASE);
  await app.tabTo("field", say("passphrase_repeat"));
  await app.write(PASSPHRASE);
  await app.press("Enter");
  await step(app, 5);
  await app.tabTo("button", say("first_run_later"));
  await app.press("Enter");
  await app.sees(say("today_code_title"));
  await app.tabTo("button", new RegExp(`^${say("today_code_title")}`));
  await app.press("Enter");
  await app.tabTo("button", say("recovery_reveal"));
  await app.press("Enter");
  await app.answering(() => app.press("Escape"));
  await app.at(say("first_run_code_title"));
  assert.deepEqual(await groupsOn(app), [], "a no shows nothing");
  await app.tabTo("button", say("app_back"), "Shift+Tab");
  await app.press("Enter");
  await app.sees(say("today_code_title"));
});

story(
  "V2 nothing is pre-ticked at the first run and the core refuses health data without consent",
  async ({ start }) => {
    const app = await start({ language: "en" });
    const { say } = app;
    await app.click("button", say("first_run_begin"));
    await app.click("checkbox", say("first_run_adult"));
    await app.click("button", say("first_run_next"));
    await app.find("switch");
    assert.ok((await switches(app)).every((each) => each === "false"));
    await app.click("button", say("first_run_next"));
    await app.find("field", say("lock_passphrase"));
    await choosePassphrase(app, PASSPHRASE);
    await app.click("button", say("first_run_next"));
    await app.click("button", say("first_run_later"));

    await app.sees(say("consent_missing_title"));
    assert.ok(!(await app.names("button")).includes(say("today_empty_write")), "nothing to write is offered");
    assert.deepEqual(await app.invoke("diary_save", { entry: { id: null, markdown: "No", caret: 0 } }), {
      error: { code: "noConsent" },
    });
    const { instruments } = await app.ask("meter_overview");
    assert.deepEqual(await app.invoke("meter_start", { instrument: instruments[0].id }), {
      error: { code: "noConsent" },
    });

    await app.click("button", say("consent_missing_way"));
    await app.click("switch", /.*/);
    await app.waitFor(async () => (await switches(app))[0] === "true", "the switch to be on");
    await app.click("button", say("nav_today"));
    await app.find("button", say("today_empty_write"));
  },
);

story("an interrupted first run resumes where it was", async ({ start }) => {
  let app = await start({ language: "en" });
  const { say } = app;
  await app.click("button", say("first_run_begin"));
  await step(app, 2);
  await app.crash();

  app = await start({ language: "en" });
  await step(app, 2);
  await app.click("checkbox", say("first_run_adult"));
  await app.click("button", say("first_run_next"));
  await app.click("switch", /.*/);
  await app.click("button", say("first_run_next"));
  await app.find("field", say("lock_passphrase"));
  await choosePassphrase(app, PASSPHRASE);
  await app.click("button", say("first_run_next"));
  await app.at(say("first_run_code_title"));
  const groups = await app.waitFor(async () => (await groupsOn(app)).length && groupsOn(app), "the code");
  await app.crash();

  app = await start({ language: "en" });
  await app.fill(say("lock_passphrase"), PASSPHRASE);
  await app.press("Enter");
  await app.at(say("first_run_code_title"));
  await app.waitFor(async () => (await groupsOn(app)).length, "the code");
  assert.deepEqual(await groupsOn(app), groups, "the code on the sheet still counts");
  await app.click("button", say("first_run_later"));
  await app.find("button", say("nav_diary"));
  await app.quit();

  app = await start({ language: "en" });
  await unlock(app);
});
