// Taking a copy along and bringing one in, through the system's own dialogs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { dialogs, OPEN, SAVE, typeInto, xdotool } from "./dialogs.mjs";
import { makeVault, story } from "./story.mjs";
import { Traces } from "./traces.mjs";

const COPY_PASSPHRASE = "drie natte jassen op zolder";
const SECRET = "zebrakanariequitzow";

const written = (path) => existsSync(path) && statSync(path).size > 0;
const gone = async (title) => (await dialogs(title)) === 0;
const yes = (app) => app.answering(async () => app.click("button", (await app.names("button"))[1]));
const no = (app) => app.answering(async () => app.click("button", (await app.names("button"))[0]));
const write = (app, markdown, about = null) =>
  app.ask("diary_save", { entry: { id: null, markdown, caret: 0, about } });
const entries = async (app) => (await app.ask("diary_page", { before: null, limit: 50 })).entries;

/** One of the two ways in My data. */
async function openWay(app, way) {
  const { say } = app;
  await app.click("button", new RegExp(`^${say("seal_leads")}`));
  await app.at(say("my_data_title"));
  await app.click("button", new RegExp(`^${say(`${way}_title`)} ?${say(`my_data_${way}`).slice(0, 12)}`));
  await app.at(say(`${way}_title`));
}

async function takeCheckIn(app) {
  const { items } = await app.ask("meter_page", { instrument: "check-in-2" });
  const answers = items.map(({ id, options }) => ({
    item: id,
    answer: { kind: "value", value: options[0].value },
  }));
  await app.ask("meter_check_in", { instrument: "check-in-2", answers, note: `${SECRET} gemeten` });
}

async function chooseFile(app, path) {
  await app.click("button", new RegExp(`^${app.say("import_file")} ?${app.say("import_file_text").slice(0, 12)}`));
  await typeInto(app, OPEN, path, () => gone(OPEN));
}

const without = (figure) => ({ count: figure, figure });

for (const language of ["nl", "en"])
  story(
    `V21 a copy of everything is saved under a passphrase of its own, comes in on a new profile, and is taken back, in ${language}`,
    async ({ profile, start }) => {
      let app = await start({ language });
      const { say } = app;
      await makeVault(app);
      await write(app, `${SECRET} aan de kade`);
      await write(app, "Een tweede stuk", { ownTitle: "Met een titel", mood: 4, tags: ["wandelen"] });
      await takeCheckIn(app);

      await openWay(app, "export");
      await app.sees(say("amount_entries", without(2)));
      await app.sees(say("amount_results", without(1)));
      await app.click("button", say("export_save"));
      await app.sees(say("lock_empty"));
      assert.equal(await dialogs(SAVE), 0, "nothing is asked before there is a lock");
      await app.fill(say("export_passphrase"), COPY_PASSPHRASE);
      await app.fill(say("passphrase_repeat"), COPY_PASSPHRASE);
      await app.click("button", say("export_save"));
      await app.waitFor(() => dialogs(SAVE), "the dialog that saves");
      await xdotool("key", "Escape");
      await app.waitFor(() => gone(SAVE), "the dialog to go");
      await app.at(say("export_title"));

      const file = join(profile.root, "mijn kopie.zip.age");
      await app.click("button", say("export_save"));
      await typeInto(app, SAVE, file, () => written(file));
      await app.at(say("export_done_title"));
      await app.sees(file);
      await app.sees(say("export_then_archive_passphrase"));
      const bytes = readFileSync(file);
      assert.ok(bytes.subarray(0, 30).toString().startsWith("age-encryption.org/v1\n"), "an age file");
      assert.match(bytes.subarray(0, 200).toString("latin1"), /\n-> scrypt /, "to a passphrase");
      assert.deepEqual(new Traces({ entry: SECRET, passphrase: COPY_PASSPHRASE }).inBytes(bytes), []);
      assert.equal(statSync(file).mode & 0o077, 0, "for its owner only");
      assert.deepEqual(
        readdirSync(profile.root).filter((name) => /kopie/.test(name)),
        ["mijn kopie.zip.age"],
        "and nothing beside it",
      );
      await app.quit();

      const elsewhere = { ...profile, folder: join(profile.root, "elsewhere") };
      app = await start({ language, on: elsewhere });
      await makeVault(app);
      await openWay(app, "import");
      await chooseFile(app, file);
      await app.at(say("import_locked_title"));
      await app.fill(say("import_passphrase"), "niet deze maar een andere");
      await app.press("Enter");
      await app.sees(say("import_wrong_passphrase"));
      await app.fill(say("import_passphrase"), COPY_PASSPHRASE);
      await app.press("Enter");
      await app.at(say("import_preview_title"));
      await app.sees(say("import_from_regie"));
      await app.sees("mijn kopie.zip.age");
      assert.deepEqual(await entries(app), [], "a look changes nothing");
      await app.click("button", say("import_do"));
      await app.at(say("import_done_title"));
      await app.sees(say("amount_entries", without(2)));
      await app.click("button", say("import_to_diary"));
      await app.click("button", new RegExp(SECRET));
      await app.sees("aan de kade");
      const [titled] = (await entries(app)).filter(({ title }) => title === "Met een titel");
      assert.deepEqual([titled.mood, titled.tags], [4, ["wandelen"]]);

      await openWay(app, "import");
      await chooseFile(app, file);
      await app.fill(say("import_passphrase"), COPY_PASSPHRASE);
      await app.press("Enter");
      await app.at(say("import_nothing_title"));
      await app.click("button", say("import_other"));
      await app.at(say("import_title"));

      await app.click("button", say("import_undo"));
      await no(app);
      assert.equal((await entries(app)).length, 2, "no changes nothing");
      await app.click("button", say("import_undo"));
      await yes(app);
      await app.sees(say("import_undone", without(3)));
      assert.deepEqual(await entries(app), []);
      assert.equal((await app.ask("my_data")).counts.find(({ kind }) => kind === "meter_run").count, 0);
    },
    180_000,
  );

story(
  "V25 what is handed over is locked to the other party's key, and holds only what the person gave",
  async ({ profile, start }) => {
    const app = await start({ language: "en" });
    const { say } = app;
    await makeVault(app);
    await write(app, `${SECRET} for somebody else`);
    await takeCheckIn(app);
    const key = join(profile.root, "key.txt");
    const { stderr } = await promisify(execFile)("age-keygen", ["-o", key]);
    const recipient = /age1\w+/.exec(stderr)[0];

    await openWay(app, "export");
    await app.click("radio", say("export_hand_over"));
    await app.fill(say("export_key"), "not a key at all");
    await app.click("button", say("export_save"));
    await app.sees(say("error_bad_recipient_title"));
    assert.equal(await dialogs(SAVE), 0);
    await app.fill(say("export_key"), recipient);
    await app.sees(recipient.match(/.{1,4}/g).slice(0, 3).join(" "));
    const file = join(profile.root, "handed over.zip.age");
    await app.click("button", say("export_save"));
    await typeInto(app, SAVE, file, () => written(file));
    await app.at(say("export_done_title"));
    await app.sees(say("export_then_archive_recipient"));

    const opened = join(profile.root, "opened.zip");
    await promisify(execFile)("age", ["-d", "-i", key, "-o", opened, file]);
    const folder = join(profile.root, "opened");
    await promisify(execFile)("python3", ["-m", "zipfile", "-e", opened, folder]);
    const data = JSON.parse(readFileSync(join(folder, "data.json"), "utf8"));
    assert.equal(data.givenOnly, true);
    assert.deepEqual(data.entries.map(({ markdown }) => markdown), [`${SECRET} for somebody else`]);
    assert.equal(data.runs.length, 1);
    assert.equal(data.choices, undefined);
    assert.equal(data.settings, undefined);
    for (const part of ["report", "consent.json"]) assert.equal(existsSync(join(folder, part)), false, part);

    await openWay(app, "import");
    await chooseFile(app, file);
    await app.fill(say("import_key"), readFileSync(key, "utf8").match(/AGE-SECRET-KEY-\S+/)[0]);
    await app.press("Enter");
    await app.at(say("import_nothing_title"));
  },
);

story("a report without a lock is saved only after a yes outside the page, and can be read", async ({ profile, start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app);
  await write(app, `${SECRET} to read`);
  await openWay(app, "export");
  await app.click("radio", say("export_html"));
  await app.click("radio", say("export_seal_plain"));
  await app.click("button", say("export_save"));
  await no(app);
  await app.at(say("export_title"));
  assert.equal(await dialogs(SAVE), 0, "no asks nothing more");

  const file = join(profile.root, "report.html");
  await app.click("button", say("export_save"));
  await yes(app);
  await typeInto(app, SAVE, file, () => written(file));
  await app.at(say("export_done_title"));
  await app.sees(say("export_then_report_plain"));
  const page = readFileSync(file, "utf8");
  assert.match(page, /^<!doctype html>/i);
  assert.ok(page.includes(SECRET));
  assert.doesNotMatch(page, /<script|https?:\/\/(?!(www\.)?w3\.org)[^<\s]*\.(js|css|png)/i, "loads nothing");
});

story("a file that is not what it says is refused whole, and nothing has changed", async ({ start }) => {
  const app = await start({ language: "nl" });
  const { say } = app;
  await makeVault(app);
  await write(app, "Wat er al stond");
  await openWay(app, "import");
  for (const name of ["name-parent.zip", "foreign.json"]) {
    await chooseFile(app, resolve("tests/hostile", name));
    await app.at(say("import_refused_title"));
    await app.sees(say("import_refused_safe"));
    await app.click("button", say("import_other"));
    await app.at(say("import_title"));
  }
  assert.deepEqual((await entries(app)).map(({ title }) => title), ["Wat er al stond"]);
  assert.deepEqual(await app.ask("imports"), []);
});

story("a diary from elsewhere comes in with its own dates, and not where keeping is off", async ({ start }) => {
  const app = await start({ language: "en" });
  const { say } = app;
  await makeVault(app, { consent: false });
  await openWay(app, "import");
  await chooseFile(app, resolve("tests/journals/daylio-en.csv"));
  await app.at(say("import_preview_title"));
  await app.sees(say("import_from_daylio"));
  await app.sees(say("consent_missing_title"));
  assert.ok(!(await app.names("button")).includes(say("import_do")));
  assert.equal((await app.invoke("import")).error.code, "noConsent");

  await app.ask("set_consent", { purpose: "keep_on_device", given: true });
  await openWay(app, "import");
  await chooseFile(app, resolve("tests/journals/daylio-en.csv"));
  await app.click("button", say("import_do"));
  await app.at(say("import_done_title"));
  const kept = await entries(app);
  assert.ok(kept.length > 0);
  const year = new Date().getFullYear();
  assert.ok(kept.every(({ writtenAt }) => Number(writtenAt.slice(0, 4)) <= year));
  assert.ok(kept.some(({ writtenAt }) => !writtenAt.startsWith(new Date().toISOString().slice(0, 10))));
});
