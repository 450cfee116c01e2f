// Check-in, pulse, trend, questionnaires of one's own, and results as files: in the real window and its dialogs.

import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { typeInto } from "./dialogs.mjs";
import { makeVault, story } from "./story.mjs";

const checkIn = (app, mood, energy) =>
  app.ask("meter_check_in", {
    instrument: "check-in-2",
    answers: [
      { item: "mood", answer: { kind: "value", value: mood } },
      { item: "energy", answer: { kind: "value", value: energy } },
    ],
    note: "",
  });

story("a check-in takes ten seconds, by keys alone, and its line is kept with it", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  const begun = Date.now();
  await app.tabTo("button", "good");
  await app.press("Enter");
  await app.at("Check-in");
  await app.waitFor(
    () => app.run("return document.activeElement.closest('fieldset')?.textContent.includes('energy')"),
    "the second question to have the focus",
  );
  await app.press("2");
  await app.waitFor(() => app.run("return document.activeElement.matches('input[maxlength]')"), "the line");
  await app.write("Walked in the mist");
  await app.press("Enter");
  await app.at(/^Good /);
  assert.ok(Date.now() - begun < 10_000, `${Date.now() - begun} ms`);
  const [row] = (await app.ask("meter_overview")).results;
  assert.deepEqual(row.words, ["good", "little"]);
  assert.equal((await app.ask("meter_result", { id: row.id })).note, "Walked in the mist");
  await app.waitFor(async () => (await app.all("button", "good")).length === 0, "the offer to be gone for today");
  assert.equal((await app.ask("diary_search", { query: "walking", limit: 10 })).hits.length, 1);
  await app.find("button", new RegExp(`^${say("today_pulse_text", { count: 4 })}|^Weekly pulse`));
});

story("a weekly pulse is answered, and stands in the trend: drawn, told and as a table", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  for (const [mood, energy] of [[3, 2], [4, 3]]) await checkIn(app, mood, energy);
  await app.reload();
  await app.click("button", /^Weekly pulse/);
  for (const [index, key] of ["5", "6", "4", "3"].entries()) {
    await app.sees(say("check_step", { number: index + 1, of: 4 }));
    await app.press(key);
  }
  await app.at(say("check_result_title"));
  await app.sees("Weekly pulse");
  await app.click("button", say("check_trend"));
  await app.at(say("trend_title"));
  await app.click("radio", "Energy");
  await app.sees(/Weekly pulse: one result/);
  await app.sees(/Check-in: 2 results/);
  const marks = () => app.run("return document.querySelectorAll('[role=application] .mark').length");
  await app.waitFor(async () => (await marks()) >= 3, "a mark for each result");
  await app.click("button", say("trend_as_table"));
  const rows = await app.run(
    "return [...document.querySelectorAll('tbody tr')].map((row) => row.lastElementChild.textContent.trim())",
  );
  assert.deepEqual(rows.sort(), ["25", "50", "67"]);

  const period = () => app.run("return document.querySelector('[role=application]').ariaLabel");
  await app.run("document.querySelector('[role=application]').focus()");
  const all = await period();
  await app.press("-");
  assert.equal(await period(), all, "there is no more than all");
  await app.click("button", say("change_how"));
  await app.at(say("how_title"));
});

story("from the eighth result on the trend says whether there is a change, and not before", async ({ start }) => {
  const app = await start({ language: "nl" });
  const { say } = app;
  await makeVault(app);
  for (let number = 0; number < 7; number++) await checkIn(app, 3, 2 + (number % 2));
  await app.click("button", say("nav_check"));
  await app.click("button", new RegExp(`^${say("check_trend")}`));
  await app.sees(say("change_too_few", { count: 1 }));
  await checkIn(app, 3, 3);
  await app.click("button", say("nav_check"));
  await app.click("button", new RegExp(`^${say("check_trend")}`));
  await app.click("radio", "Energie");
  await app.sees(say("change_unclear"));
  await app.sees(say("trend_band"));
  await checkIn(app, 3, 5);
  await app.click("button", say("nav_check"));
  await app.click("button", new RegExp(`^${say("check_trend")}`));
  await app.click("radio", "Energie");
  await app.sees(say("change_higher"));
});

story(
  "a questionnaire of one's own is added as a file and taken; a wrong one is refused with its place",
  async ({ profile, start }) => {
    const app = await start({ language: "en" });
    const { say } = app;
    await makeVault(app);
    const part = (name) =>
      JSON.parse(
        readFileSync(
          new URL(`../../crates/domain/content/instruments/pulse-4.${name}.json`, import.meta.url),
          "utf8",
        ).replaceAll("pulse-4", "team-4"),
      );
    const [questionnaire, scoring] = [part("questionnaire"), part("scoring")];
    questionnaire.title = "Team climate";
    const good = join(profile.root, "good.json");
    const wrong = join(profile.root, "wrong.json");
    writeFileSync(good, JSON.stringify({ questionnaire, scoring }));
    writeFileSync(wrong, JSON.stringify({ questionnaire, scoring: { ...scoring, cutOff: 40 } }));

    await app.click("button", say("nav_check"));
    await app.click("button", say("check_add_own"));
    await app.click("button", say("instruments_add"));
    await typeInto(app, "Open a questionnaire", wrong, async () => (await app.text()).includes("scoring.cutOff"));
    await app.sees(say("instruments_refused"));
    assert.equal((await app.ask("added_instruments")).length, 0);

    await app.click("button", say("instruments_add"));
    await typeInto(app, "Open a questionnaire", good, async () => (await app.ask("added_instruments")).length === 1);
    await app.sees(say("instruments_added"));
    await app.click("button", say("nav_check"));
    await app.click("button", /^Team climate/);
    for (const [index, key] of ["5", "6", "4", "3"].entries()) {
      await app.sees(say("check_step", { number: index + 1, of: 4 }));
      await app.press(key);
    }
    await app.at(say("check_result_title"));
    await app.sees("Team climate");
  },
);

story("a result is saved as a picture and as a PDF where the system's dialog says", async ({ profile, start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  await checkIn(app, 4, 3);
  await app.click("button", say("nav_check"));
  await app.click("button", /·/);
  for (const [button, name, signature] of [
    ["check_save_picture", "my result.png", "\x89PNG"],
    ["check_save_pdf", "my result.pdf", "%PDF"],
  ]) {
    const path = join(profile.root, name);
    await app.click("button", say(button));
    await typeInto(app, "Save", path, () => existsSync(path) && statSync(path).size > 0);
    await app.sees(path);
    assert.equal(readFileSync(path).subarray(0, 4).toString("latin1"), signature);
    assert.equal(statSync(path).mode & 0o077, 0, "for its owner only");
  }
});
