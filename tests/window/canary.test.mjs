import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { BINARY } from "./app.mjs";
import { Traces } from "./traces.mjs";
import { familyOf, openFiles } from "./process.mjs";
import { makeVault, story, unlock } from "./story.mjs";

/** Words that stand nowhere else, and that a search index would keep as they are. */
function canary() {
  return Array.from({ length: 4 }, () =>
    Array.from({ length: 7 }, () => "abcdefghijklmnopqrstuvwxyz"[randomInt(26)]).join(""),
  ).join(" ");
}

const newCanaries = () => ({
  passphrase: canary(),
  wrongPassphrase: canary(),
  diary: canary(),
  accents: `${canary()} één ${canary()}`,
  search: canary(),
  note: canary(),
  title: canary(),
  tag: canary(),
  line: canary(),
});

test("the finder of traces finds what is planted, in every writing", async () => {
  const { mkdtemp, rm } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const folder = await mkdtemp(join(tmpdir(), "regie-planted-"));
  const secret = `${canary()} één`;
  const traces = new Traces({ secret });
  const text = Buffer.from(secret);
  const planted = {
    plain: text,
    capitals: Buffer.from(secret.replace(/[a-z]/g, (letter) => letter.toUpperCase())),
    utf16: Buffer.concat([Buffer.from([7]), Buffer.from(secret, "utf16le")]),
    hex: Buffer.from(`x${text.toString("hex").toUpperCase()}y`),
    base64: Buffer.from(text.toString("base64")),
    base64by1: Buffer.from(Buffer.concat([Buffer.from("a"), text, Buffer.from("z")]).toString("base64")),
    base64by2: Buffer.from(Buffer.concat([Buffer.from("ab"), text, Buffer.from("z")]).toString("base64url")),
    base64of16: Buffer.from(Buffer.from(secret, "utf16le").toString("base64")),
    gzip: gzipSync(text),
    zlib: deflateSync(Buffer.from(`before ${secret} after`)),
    cutOff: gzipSync(Buffer.concat([text, Buffer.alloc(200_000, "a rest that is missing ")])).subarray(0, -20),
    name: Buffer.alloc(0),
  };
  try {
    mkdirSync(join(folder, "deep"));
    for (const [name, bytes] of Object.entries(planted)) {
      const file = join(folder, "deep", name === "name" ? encodeURIComponent(secret) : name);
      writeFileSync(file, Buffer.concat([Buffer.alloc(4099, 0xe9), bytes, Buffer.alloc(13)]));
      assert.deepEqual(
        [...new Set(traces.inFolder(folder).map(({ file }) => file))],
        [file],
        `${name} is found`,
      );
      await rm(file);
    }
    assert.deepEqual(traces.inFolder(folder), []);
  } finally {
    await rm(folder, { recursive: true });
  }
});

story(
  "nothing that a person types is in any file or output: open, locked, killed or ended",
  async ({ start, profile }) => {
    const began = Date.now();
    const canaries = newCanaries();
    let app = await start({ language: "en", log: "trace" });
    const { say } = app;

    await app.click("button", say("first_run_begin"));
    await app.click("checkbox", say("first_run_adult"));
    await app.click("button", say("first_run_next"));
    await app.click("switch", /.*/);
    await app.click("button", say("first_run_next"));
    await app.fill(say("lock_passphrase"), canaries.passphrase);
    await app.fill(say("passphrase_repeat"), canaries.passphrase);
    await app.click("button", say("first_run_next"));
    await app.at(say("first_run_code_title"));
    const { groups, rehearse } = await app.ask("recovery_code");
    for (const [name, between] of Object.entries({ codeJoined: "", codeSpaced: " ", codeHyphened: "-" }))
      canaries[name] = groups.slice(0, 6).join(between);
    await app.click("button", say("first_run_code_kept"));
    for (const position of rehearse)
      await app.fill(say("first_run_group", { number: position + 1 }), groups[position]);
    await app.click("button", say("first_run_finish"));

    await app.click("button", say("today_empty_write"));
    await app.waitFor(() => app.run("return document.activeElement.matches('[role=textbox]')"), "the caret");
    await app.write(canaries.diary);
    await app.press("Enter");
    await app.write(canaries.accents);
    await app.sees(say("diary_kept", { time: "" }).trim());
    await app.fill(say("diary_search"), canaries.search);
    await app.sees(say("diary_no_hits", { query: canaries.search }));
    await app.fill(say("diary_search"), canaries.diary.split(" ")[1]);
    await app.sees(say("diary_hits", { count: 1 }));
    await annotate(app, canaries.note);
    await app.ask("diary_save", {
      entry: {
        id: null,
        markdown: "A walk.",
        caret: 0,
        about: { ownTitle: canaries.title, tags: [canaries.tag.slice(0, 30)], mood: 4 },
      },
    });
    const value = (item) => ({ item, answer: { kind: "value", value: 3 } });
    await app.ask("meter_check_in", {
      instrument: "check-in-2",
      answers: [value("mood"), value("energy")],
      note: canaries.line,
    });

    const traces = new Traces(canaries);
    const nothingLeft = (when) => {
      assert.deepEqual(traces.inFolder(profile.root), [], `files, ${when}`);
      assert.deepEqual(
        traces.inFresh(["/tmp", "/var/tmp", "/dev/shm"], began, profile.root),
        [],
        `temporary files, ${when}`,
      );
      assert.deepEqual(traces.inBytes(app.printed()), [], `output, ${when}`);
    };
    const strays = familyOf(app.pid)
      .flatMap(({ pid }) => openFiles(pid))
      .filter(
        ({ path, writable }) =>
          writable && !path.startsWith(profile.root) && !/^\/(dev|proc|memfd)/.test(path),
      );
    assert.deepEqual(strays, [], "nothing outside the profile is open for writing");
    nothingLeft("while open");

    await app.whileLocking(() => app.press("Control+l"));
    await app.fill(say("lock_passphrase"), canaries.wrongPassphrase);
    await app.press("Enter");
    await app.sees(say("error_wrong_passphrase_title"));
    nothingLeft("locked");
    await unlock(app, canaries.passphrase);
    await app.sees(canaries.title);
    await app.crash();
    nothingLeft("after a kill");

    app = await start({ language: "en", log: "trace" });
    await unlock(app, canaries.passphrase);
    await app.sees(canaries.title);
    await app.quit();
    nothingLeft("after the end");
  },
);

story("a build that leaks on purpose, in plain words and compressed, is caught", async ({ start, profile }) => {
  const app = await start({ language: "en", binary: `${BINARY}-leaky` });
  await makeVault(app);
  const secret = canary();
  await app.ask("diary_save", { entry: { id: null, markdown: secret, caret: 0, about: null } });
  const traces = new Traces({ secret });
  const found = traces.inFolder(profile.root).map(({ what }) => what);
  assert.ok(found.includes("secret as text, compressed"), JSON.stringify(found));
  assert.ok(traces.inBytes(app.printed()).includes("secret as text"), "what it printed");
});

async function annotate(app, note) {
  const { instruments } = await app.ask("meter_overview");
  const { id, items } = await app.ask("meter_start", { instrument: instruments[0].id });
  for (const [position, item] of items.entries())
    await app.ask("meter_answer", { run: id, item: item.id, answer: { kind: "value", value: 4 }, position });
  await app.ask("meter_finish", { run: id });
  await app.click("button", app.say("nav_check"));
  await app.click("button", /·/);
  await app.fill(app.say("check_note"), note);
  await app.sees(app.say("check_note_kept"));
}
