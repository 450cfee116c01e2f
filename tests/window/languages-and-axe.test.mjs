import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { Inspection } from "./inspection.mjs";
import { makeVault, PASSPHRASE, story, unlock } from "./story.mjs";

for (const language of ["nl", "en"]) {
  story(`L10 axe finds nothing serious in the first run, nothing is too wide, in ${language}`, ({ start }) =>
    walk(start, language, 8, throughTheFirstRun),
  );
  story(`L10 axe finds nothing serious in the open app, nothing is too wide, in ${language}`, ({ start }) =>
    walk(start, language, 17, async (app, inspection) => {
      await makeVault(app, { rehearsed: false });
      await throughTheOpenApp(app, inspection);
    }),
  );
  story(`L10 axe finds nothing serious in keys, backups and deleting, nothing is too wide, in ${language}`, ({ start }) =>
    walk(start, language, 11, async (app, inspection) => {
      await makeVault(app);
      await throughKeysAndBackups(app, inspection);
    }),
  );
  story(`L10 axe finds nothing serious before joining and in Requests, nothing is too wide, in ${language}`, ({ start }) =>
    walk(start, language, 4, async (app, inspection) => {
      await app.click("button", app.say("login_have_account"));
      await app.at(app.say("login_server_title"));
      await inspection.look("log-in");
      await app.click("button", app.say("app_back"));
      await makeVault(app);
      await throughTheEntrance(app, inspection);
    }),
  );
  story(
    `L10 axe finds nothing serious at the lock, nothing is too wide, in ${language}`,
    async ({ start, profile }) => {
      await walk(start, language, 6, async (app, inspection) => {
        const groups = await makeVault(app);
        await throughTheLock(app, inspection, groups);
        await app.quit();
      });
      const key = join(profile.folder, "vault", "vault.key");
      for (const file of [key, `${key}.copy`]) renameSync(file, `${file}-away`);
      await walk(start, language, 1, async (app, inspection) => {
        await app.click("button", /Noor/);
        await app.find("button", app.say("app_again"));
        await inspection.look("broken");
      });
    },
  );
}

async function walk(start, language, screens, go) {
  const app = await start({ language });
  const inspection = new Inspection(app, language);
  try {
    await go(app, inspection);
  } finally {
    inspection.tell();
  }
  assert.ok(inspection.seen >= screens, `${inspection.seen} screens were seen`);
}

async function throughTheFirstRun(app, inspection) {
  const { say } = app;
  await app.at(say("first_run_welcome_title"));
  await inspection.look("first-run-welcome");
  await app.click("button", say("first_run_begin"));
  await app.at(say("first_run_use_title"));
  await inspection.look("first-run-use");
  await app.click("button", say("first_run_statement"));
  await app.find("heading", /.{3}/);
  await inspection.look("privacy-statement");
  await app.click("button", say("app_back"));
  await app.click("checkbox", say("first_run_adult"));
  await app.click("button", say("first_run_next"));
  await app.click("switch", /.*/);
  await app.click("button", say("consent_details"));
  await inspection.look("first-run-consent");
  await app.click("button", say("first_run_employer"));
  await app.sees(say("employer_nothing"));
  await inspection.look("employer");
  await app.click("button", say("app_back"));
  await app.click("button", say("first_run_next"));
  await app.fill(say("lock_passphrase"), "welkom");
  await app.sees(say("strength_0"));
  await inspection.look("first-run-passphrase");
  for (const label of ["lock_passphrase", "passphrase_repeat"]) await app.fill(say(label), PASSPHRASE);
  await app.click("button", say("first_run_next"));
  await app.at(say("first_run_code_title"));
  await inspection.look("first-run-code");
  await app.click("button", say("first_run_code_kept"));
  await app.at(say("first_run_rehearse_title"));
  await app.click("button", say("first_run_finish"));
  await app.sees(say("first_run_rehearse_wrong"));
  await inspection.look("first-run-rehearsal");
  await app.click("button", say("first_run_later"));
}

async function throughTheOpenApp(app, inspection) {
  const { say } = app;
  await app.sees(say("today_empty_title"));
  await inspection.look("today-empty");
  await app.click("button", say("nav_diary"));
  await app.find("button", say("diary_first"));
  await inspection.look("diary-empty");
  await app.click("button", say("nav_check"));
  await app.click("button", say("check_start"));
  await app.sees(say("check_step", { number: 1, of: 16 }));
  await app.press("4");
  await app.sees(say("check_step", { number: 2, of: 16 }));
  await inspection.look("check-statement");
  await app.click("button", say("check_close"));
  await app.find("button", say("check_resume"));
  await inspection.look("check-paused");

  await fillTheVault(app);
  await app.reload();
  await app.sees(say("today_where_you_were"));
  await inspection.look("today");
  await app.click("button", say("nav_check"));
  await app.find("heading", say("check_results"));
  await inspection.look("check");
  await app.click("button", /·/);
  await app.at(say("check_result_title"));
  await app.find("field", say("check_note"));
  await inspection.look("check-result");
  await app.click("button", say("correct_do"));
  await app.find("button", say("correct_move"));
  await inspection.look("check-correct");
  await app.click("button", say("app_back"));
  await app.click("button", say("hold_do"));
  await app.find("field", say("hold_reason"));
  await inspection.look("hold-dialog");
  await app.press("Tab", "Enter");
  await app.sees(say("hold_result_notice"));
  await inspection.look("check-result-on-hold");
  await app.click("button", say("check_trend"));
  await app.sees(say("trend_held", { count: 1 }));
  await inspection.look("trend-held");
  await app.click("button", say("trend_to_check"));
  await app.click("button", say("hold_release"));
  await app.find("button", say("hold_do"));
  await app.click("button", say("check_trend"));
  await app.find("radio", /.*/);
  await inspection.look("trend");
  await app.click("button", say("change_how"));
  await app.at(say("how_title"));
  await inspection.look("worked-out");
  await app.click("button", say("nav_check"));
  await app.click("button", /^Check-in/);
  await app.find("button", say("checkin_keep"));
  await inspection.look("check-in");
  await app.click("button", say("app_back"));
  await app.click("button", say("nav_diary"));
  await app.find("field", say("diary_search"));
  await inspection.look("diary");
  for (const tool of ["calendar", "months", "filter"]) {
    await app.click("button", say(`diary_${tool}`));
    await inspection.look(`diary-${tool}`);
  }
  await app.click("button", say("diary_filter"));
  await app.click("button", /Zaterdag|Saturday/);
  await app.find("field", say("diary_text"));
  await inspection.look("diary-entry");
  await app.click("button", say("diary_about_add"));
  await inspection.look("diary-about");
  await app.tabTo("button", say("diary_move"));
  await app.press("Enter");
  await inspection.look("diary-move");
  await app.press("Escape");
  const [result] = (await app.ask("meter_overview")).results;
  await app.ask("put_on_hold", { record: result.id, reason: "Arbeidsongeschiktheidsverzekeringsmaatschappij" });
  await app.click("button", new RegExp(`^${say("seal_leads")}`));
  await app.at(say("my_data_title"));
  await app.find("heading", say("my_data_map"));
  await app.run("document.querySelectorAll('details').forEach((each) => (each.open = true))");
  await inspection.look("my-data");
  await app.click("button", new RegExp(`^${say("hold_list")}`));
  await app.at(say("hold_list"));
  await inspection.look("on-hold");
  await app.click("button", new RegExp(`^${say("hold_release")}|${say("hold_release").toLowerCase()}$`));
  await app.sees(say("hold_list_empty"));
  await app.click("button", say("app_back"));
  await app.click("button", say("my_data_choices_story"));
  await app.at(say("story_title"));
  await app.run("document.querySelectorAll('details').forEach((each) => (each.open = true))");
  await inspection.look("choices");
  await app.click("button", say("app_back"));
  await app.click("button", say("statement_title"));
  await app.click("button", say("statement_changes"));
  await app.find("radio", say("changes_all"));
  await inspection.look("statement-changes");
  await app.click("button", say("app_back"));
  await app.click("button", say("app_back"));
  await app.at(say("my_data_title"));
  await app.click("button", say("settings_title"));
  await app.at(say("settings_title"));
  await inspection.look("settings");
  await app.click("button", say("people_another"));
  await app.at(say("people_title"));
  await inspection.look("people");
  await app.click("button", say("help_open"));
  await app.at(say("help_title"));
  await inspection.look("help");
  await app.click("button", new RegExp(`^${say("guide_title")}`));
  await app.at(say("guide_title"));
  await inspection.look("guide");
  await app.click("button", say("report_title"));
  await app.at(say("report_title"));
  await inspection.look("report");
  await app.click("button", say("nav_today"));
  await app.click("button", new RegExp(`^${say("today_code_title")}`));
  await app.find("button", say("recovery_reveal"));
  await inspection.look("recovery");
  await app.click("button", say("recovery_reveal"));
  await app.attach("ask.html");
  await inspection.lookAsIs("question");
  await app.answering(() => app.press("Escape"));
}

async function throughKeysAndBackups(app, inspection) {
  const { say } = app;
  const starting = (key) => new RegExp(`^${say(key)}`);
  const toMyData = () => app.click("button", starting("seal_leads"));
  await app.ask("diary_save", { entry: { id: null, markdown: "Een gewone dag", caret: 3 } });
  await toMyData();
  await app.click("button", say("settings_title"));
  await app.click("button", starting("keys_title"));
  await app.at(say("keys_title"));
  await inspection.look("keys");
  for (const page of ["change", "check", "code", "knew"]) {
    await app.click("button", starting(`keys_${page}`));
    await app.at(say(`keys_${page}`));
    await inspection.look(`keys-${page}`);
    await app.click("button", say("app_back"));
    await app.at(say("keys_title"));
  }
  await app.click("button", say("app_back"));
  await app.click("button", starting("backup_title"));
  await app.click("button", say("backup_now"));
  await app.sees(say("backup_made"));
  await inspection.look("backup");
  await app.click("button", say("backup_restore_go"));
  await app.at(say("restore_title"));
  await inspection.look("restore");
  await toMyData();
  await app.click("button", say("my_data_delete_go"));
  await app.at(say("my_data_delete_go"));
  await inspection.look("delete-data");
  await toMyData();
  await app.click("button", say("my_data_all"));
  await app.at(say("my_data_all"));
  await inspection.look("delete-everything");
  for (const way of ["export", "import"]) {
    await toMyData();
    await app.click("button", starting(`${way}_title`));
    await app.at(say(`${way}_title`));
    await inspection.look(way);
  }
}

async function throughTheEntrance(app, inspection) {
  const { say } = app;
  const starting = (key) => new RegExp(`^${say(key)}`);
  await app.click("button", starting("seal_leads"));
  await app.click("button", starting("requests_title"));
  await app.sees(say("requests_none"));
  await inspection.look("requests");
  await app.click("button", starting("seal_leads"));
  await app.click("button", starting("account_none"));
  await app.at(say("account_several"));
  await inspection.look("account-entrance");
  await app.click("button", say("account_join"));
  await app.click("button", say("first_run_next"));
  await app.sees(say("join_invitation_empty"));
  await inspection.look("account-join");
}

async function throughTheLock(app, inspection, groups) {
  const { say } = app;
  await app.whileLocking(() => app.press("Control+l"));
  await app.find("field", say("lock_passphrase"));
  await inspection.look("lock");
  await unlock(app);
  await app.whileLocking(() => app.press("F9"));
  await app.find("button", say("hide_leave"));
  await inspection.look("hidden");
  await app.click("button", say("hide_leave"));
  await app.click("button", say("lock_nothing_left"));
  await app.at(say("start_over_title"));
  await inspection.look("start-over");
  await app.click("button", say("app_back"));
  await app.click("button", say("people_another"));
  await app.at(say("people_add_title"));
  await inspection.look("add-person");
  await app.fill(say("people_other_name_locked"), "Sam");
  await app.fill(say("people_own_name_locked"), "Noor de Vries");
  await app.click("button", say("people_add"));
  await app.at(say("people_choose_title"));
  await inspection.look("choose");
  await app.click("button", /Noor/);
  await app.click("button", say("lock_with_code"));
  await app.fill(say("lock_code_label"), groups.join(" "));
  await inspection.look("lock-code");
  await app.click("button", say("lock_code_check"));
  await app.at(say("lock_new_title"));
  await inspection.look("lock-new-passphrase");
}

async function fillTheVault(app) {
  const {
    paused: [paused],
  } = await app.ask("meter_overview");
  const { items } = await app.ask("meter_run", { run: paused.id });
  for (const [position, item] of items.entries()) {
    const answer = item.id.startsWith("e")
      ? { kind: "skipped" }
      : { kind: "value", value: 1 + (position % 7) };
    await app.ask("meter_answer", { run: paused.id, item: item.id, answer, position });
  }
  await app.ask("meter_finish", { run: paused.id });
  const long = "Arbeidsongeschiktheidsverzekeringsmaatschappijmedewerkersbijeenkomst ".repeat(3);
  const texts = [
    `Zaterdag, Saturday\n\n**${long}**\n\n- een\n- twee\n\n1. één\n\n> gezegd\n\n[example](https://example.org) \`code\`\n\n# Kop`,
    "Een gewone dag\n\nMet een regel eronder.",
  ];
  for (const markdown of texts) await app.ask("diary_save", { entry: { id: null, markdown, caret: 3 } });
}

story(
  "the language, the theme and the text size change at any time, and everything follows and stays",
  async ({ start }) => {
    let app = await start({ language: "en" });
    const { say } = app;
    await makeVault(app);
    await app.click("button", new RegExp(`^${say("seal_leads")}`));
    await app.click("button", say("settings_title"));
    await app.click("radio", "Nederlands");
    await app.at("Instellingen");
    assert.equal(await app.run("return document.documentElement.lang"), "nl");
    assert.match(await app.driver.getTitle(), /^Instellingen/);
    assert.deepEqual(
      (await app.names("button")).filter((name) =>
        /Vandaag|Dagboek|Alleen op dit apparaat|Hulp nu/.test(name),
      ).length,
      4,
    );
    await app.click("radio", "Donker");
    await app.click("radio", "Meer contrast");
    await app.click("radio", "150%");
    const looks = () =>
      app.run(
        "const { dataset, style } = document.documentElement; const body = getComputedStyle(document.body); return [dataset.theme, parseFloat(getComputedStyle(document.documentElement).fontSize), body.backgroundColor]",
      );
    const chosen = await app.waitFor(async () => (await looks())[1] === 24 && looks(), "larger text");
    assert.equal(chosen[0], "dark");
    await app.click("button", "Check");
    await app.sees("uitspraken");
    await app.click("button", "Hulp nu");
    await app.sees("113");
    await app.quit();

    app = await start({ language: "en" });
    await app.sees("Op slot");
    assert.deepEqual((await looks()).slice(0, 2), chosen.slice(0, 2), "the lock screen looks as chosen");
    await unlock(
      Object.assign(app, { say: (key) => ({ lock_passphrase: "Wachtzin", nav_diary: "Dagboek" })[key] }),
    );
  },
);

story("Today and a statement read sensibly to assistive technology", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  for (const last of ["today_empty_write", "diary_prompt_write"]) await app.find("button", say(last));
  const today = await heard(app);
  assert.deepEqual(
    today.filter(({ name, role }) => name === "" && role !== "main"),
    [],
    JSON.stringify(today),
  );
  assert.deepEqual(
    today.filter(({ role }) => role === "button").map(({ name }) => name),
    [
      say("app_skip"),
      say("nav_today"),
      say("nav_check"),
      say("nav_diary"),
      `${say("seal_leads")} ${(await app.ask("seal")).text}`,
      say("help_open"),
      say("hide_now"),
      say("lock_now"),
      ...["heavy", "so-so", "all right", "good", "light"],
      say("diary_prompt_write"),
      say("diary_prompt_other"),
      `${say("today_check_start")} ${say("today_check_start_text")}`,
      say("today_empty_write"),
    ],
  );
  assert.deepEqual(landmarks(today), ["navigation", "main"]);
  assert.match(today.find(({ role }) => role === "heading").name, /^Good /);

  await app.click("button", say("nav_check"));
  await app.click("button", say("check_start"));
  await app.sees(say("check_step", { number: 1, of: 16 }));
  const statement = await heard(app);
  assert.deepEqual(
    statement.filter(({ name, role }) => name === "" && !["main", "banner"].includes(role)),
    [],
  );
  const answers = statement
    .slice(statement.findIndex(({ role }) => role === "group") + 1)
    .filter(({ role }) => role === "button");
  const { items } = await app.ask("meter_run", { run: (await app.ask("meter_overview")).paused[0].id });
  assert.deepEqual(
    answers.map(({ name }) => name),
    [...items[0].options.map(({ label }) => label), say("check_skip")],
  );
  assert.equal(
    statement.find(({ role }) => role === "group").name,
    items[0].text,
    "the answers are named by the statement",
  );
  assert.ok(statement.some(({ role, name }) => role === "progressbar" && name === say("check_progress")));
});

/** Landmarks, headings and controls in order, with the role and name that the engine works out. */
async function heard(app) {
  const elements = await app.run(`
    return [...document.querySelectorAll("header, nav, main, h1, h2, h3, button, a, input, textarea, [role]")]
      .filter((each) => each.getClientRects().length > 0 && getComputedStyle(each).visibility === "visible" && each.getAttribute("role") !== "status" && !each.closest("[aria-hidden=true]"));`);
  const found = [];
  for (const each of elements)
    found.push({ role: await each.getAriaRole(), name: (await each.getAccessibleName()).trim() });
  return found;
}

const landmarks = (list) =>
  list.map(({ role }) => role).filter((role) => ["navigation", "main"].includes(role));
