/** Wherever it stands: a press on the screen would hit what sticks to its edge. */
const press = (page, selector) => page.$eval(selector, (each) => each.click());

/** Records with the made-up microphone of the browser, until it is heard. */
async function record(page) {
  await page.waitForSelector(".record");
  await press(page, ".record");
  await page.waitForSelector(".light.recording");
  await new Promise((resolve) => setTimeout(resolve, 1_400));
}

/** Every screen and state worth a picture: the preview's query, and what a person does first, if anything. */
export const screens = {
  "first-run-1-welcome": { query: { stage: "firstRun:welcome" } },
  "first-run-2-use": { query: { stage: "firstRun:statement" } },
  "first-run-3-consent": { query: { stage: "firstRun:consent" } },
  "first-run-4-passphrase": {
    query: { stage: "firstRun:consent" },
    act: async (page) => {
      await page.click(".actions button");
      await page.waitForSelector("input[type=password]");
      await page.type("input[type=password]", "vier rustige");
    },
  },
  "first-run-5-code": { query: { stage: "firstRun:recovery" } },
  "first-run-6-rehearsal": {
    query: { stage: "firstRun:recovery" },
    act: async (page) => {
      await page.waitForSelector(".groups");
      await page.click(".actions .primary");
      await page.waitForSelector("form input");
      await page.type("form input", "90bt");
      await page.keyboard.press("Enter");
    },
  },
  lock: { query: { stage: "locked" } },
  "lock-waiting": { query: { stage: "locked", wait: "24" } },
  "lock-wrong": {
    query: { stage: "locked" },
    act: async (page) => {
      await page.type("input", "een andere zin");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".problem");
    },
  },
  "lock-code": { query: { stage: "locked" }, act: (page) => page.click(".ways button") },
  "lock-renew": {
    query: { stage: "locked" },
    act: async (page) => {
      await page.click(".ways button");
      await page.type("textarea", "7h3k q2xm 90bt vc4r e8wn 5jpz ad61 gysk 3mrt");
      await page.keyboard.press("Enter");
      await page.waitForSelector("input[type=password]");
    },
  },
  "start-over": { query: { stage: "locked" }, act: (page) => page.click(".ways button:nth-child(2)") },
  "start-over-done": {
    query: { stage: "locked" },
    act: async (page) => {
      await page.click(".ways button:nth-child(2)");
      await page.waitForSelector(".danger");
      await page.click(".danger");
      await page.waitForSelector("dl");
    },
  },
  "lock-quick": { query: { stage: "locked", quick: "1" } },
  "today-check-code": { query: { go: "today", codeCheck: "1" } },
  backup: { query: { go: "backup" } },
  "backup-empty": { query: { go: "backup", empty: "1" } },
  "backup-elsewhere": {
    query: { go: "backup", elsewhere: "reachable", deletedUntil: "2026-12-23", aside: "1" },
  },
  "backup-away": { query: { go: "backup", elsewhere: "away", backupFailed: "1" } },
  "restore-first-run": {
    query: { stage: "firstRun:welcome" },
    act: (page) => page.click(".actions .text-button"),
  },
  "restore-choose": {
    query: { stage: "broken:vaultDamaged" },
    act: (page) => page.click(".content .text-button"),
  },
  "restore-key": {
    query: { stage: "broken:vaultDamaged" },
    act: async (page) => {
      await page.click(".content .text-button");
      await page.waitForSelector("button.row");
      await page.click("button.row");
      await page.waitForSelector("input[type=password]");
    },
  },
  "restore-code": {
    query: { stage: "broken:vaultDamaged" },
    act: async (page) => {
      await page.click(".content .text-button");
      await page.waitForSelector("button.row");
      await page.click("button.row");
      await page.waitForSelector("form .text-button");
      await page.click("form .text-button");
      await page.waitForSelector("textarea");
    },
  },
  "restore-done": {
    query: { stage: "broken:vaultDamaged" },
    act: async (page) => {
      await page.click(".content .text-button");
      await page.waitForSelector("button.row");
      await page.click("button.row");
      await page.waitForSelector("input[type=password]");
      await page.type("input[type=password]", "vier rustige ochtenden aan zee");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".card .name");
    },
  },
  keys: { query: { go: "keys" } },
  "keys-change": { query: { go: "keys" }, act: (page) => page.click(".cards .way:nth-child(1)") },
  "keys-code": { query: { go: "keys" }, act: (page) => page.click(".cards .way:nth-child(2)") },
  "keys-check": {
    query: { go: "keys" },
    act: async (page) => {
      await page.click(".cards .way:nth-child(3)");
      await page.waitForSelector("textarea");
      await page.type("textarea", "7h3k q2xm");
      await page.keyboard.press("Enter");
      await page.waitForSelector("textarea[aria-invalid]");
    },
  },
  "keys-knew": { query: { go: "keys" }, act: (page) => page.click(".cards .way:nth-child(4)") },
  "keys-knew-done": {
    query: { go: "keys", elsewhere: "away" },
    act: async (page) => {
      await page.click(".cards .way:nth-child(4)");
      const [current, next, again] = await page
        .waitForSelector("form input:nth-of-type(1)")
        .then(() => page.$$("form input"));
      await current.type("vier rustige ochtenden aan zee");
      await next.type("vijf stille avonden thuis");
      await again.type("vijf stille avonden thuis");
      await page.keyboard.press("Enter");
      await page.waitForSelector("form", { hidden: true });
    },
  },
  "keys-quick": {
    query: { go: "keys" },
    act: async (page) => {
      await page.waitForSelector("[role=switch]");
      await page.$eval("[role=switch]", (toggle) => toggle.click());
      await page.waitForSelector("input[type=password]");
    },
  },
  "delete-data": {
    query: { go: "deleteData" },
    act: async (page) => {
      await page.waitForSelector("input[type=checkbox]");
      await page.click("input[type=checkbox]");
      await page.click("input[value=period]");
      await page.waitForSelector("select");
    },
  },
  "delete-everything": { query: { go: "deleteEverything" } },
  export: { query: { go: "export" } },
  "export-period": {
    query: { go: "export" },
    act: async (page) => {
      await page.waitForSelector("input[value=period]");
      await press(page, "input[value=period]");
      await page.waitForSelector("select");
      await press(page, "details summary");
      await page.type("input[type=password]", "vier rustige");
    },
  },
  "export-hand-over": {
    query: { go: "export" },
    act: async (page) => {
      await page.waitForSelector("input[value=handOver]");
      await press(page, "input[value=handOver]");
      await page.waitForSelector("textarea");
      await page.type("textarea", "age1h4tk2p7q0xw3d9cvu6mz5yl8sjr2nfe4g7ka3t0qx9w5mld6c8vsy2pzu7");
      await page.waitForSelector(".groups");
    },
  },
  "export-wrong-key": {
    query: { go: "export" },
    act: async (page) => {
      await page.waitForSelector("input[value=html]");
      await press(page, "input[value=html]");
      await press(page, "input[value=recipient]");
      await page.waitForSelector("textarea");
      await page.type("textarea", "een sleutel");
      await press(page, "main .actions .primary");
      await page.waitForSelector("textarea[aria-invalid]");
    },
  },
  "export-nothing": {
    query: { go: "export", empty: "1" },
    act: (page) => page.waitForSelector("main .actions .primary:disabled"),
  },
  "export-not-here": { query: { go: "export", notHere: "1" } },
  "export-fetching": {
    query: { go: "export", notHere: "1", hold: "38" },
    act: async (page) => {
      await page.waitForSelector("input[value=without]");
      await press(page, "input[value=plain]");
      await press(page, "main .actions .primary");
      await page.waitForSelector("[role=progressbar]");
    },
  },
  "export-fetch-offline": {
    query: { go: "export", notHere: "1", offline: "1" },
    act: async (page) => {
      await page.waitForSelector("input[value=without]");
      await press(page, "input[value=plain]");
      await press(page, "main .actions .primary");
      await page.waitForSelector(".notice");
    },
  },
  "export-under-way": {
    query: { go: "export", hold: "38" },
    act: async (page) => {
      await page.waitForSelector("input[value=plain]");
      await press(page, "input[value=plain]");
      await press(page, "main .actions .primary");
      await page.waitForSelector("[role=progressbar]");
    },
  },
  "export-stopped": {
    query: { go: "export", hold: "38" },
    act: async (page) => {
      await page.waitForSelector("input[value=plain]");
      await press(page, "input[value=plain]");
      await press(page, "main .actions .primary");
      await page.waitForSelector("[role=progressbar]");
      await press(page, "main .actions .secondary");
      await page.waitForSelector(".notice");
    },
  },
  "export-done": {
    query: { go: "export" },
    act: async (page) => {
      await page.waitForSelector("input[type=password]");
      for (const field of await page.$$("input[type=password]"))
        await field.type("drie natte jassen op zolder");
      await press(page, "main .actions .primary");
      await page.waitForSelector(".path");
    },
  },
  import: { query: { go: "import", lately: "1" } },
  "import-first": { query: { go: "import" } },
  "import-looking": {
    query: { go: "import", hold: "99" },
    act: async (page) => {
      await page.waitForSelector(".way");
      await press(page, ".way");
      await page.waitForSelector("[role=progressbar]");
    },
  },
  "import-locked": {
    query: { go: "import", file: "locked" },
    act: async (page) => {
      await page.waitForSelector(".way");
      await press(page, ".way");
      await page.waitForSelector("input[type=password]");
      await page.type("input[type=password]", "een andere zin");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".problem");
    },
  },
  "import-locked-to-key": {
    query: { go: "import", file: "lockedToKey" },
    act: async (page) => {
      await page.waitForSelector(".way");
      await press(page, ".way");
      await page.waitForSelector("input[type=password]");
    },
  },
  "import-refused": {
    query: { go: "import", file: "refused" },
    act: async (page) => {
      await page.waitForSelector(".way");
      await press(page, ".way");
      await page.waitForSelector(".part");
    },
  },
  "import-preview": {
    query: { go: "import", file: "dayOne" },
    act: async (page) => {
      await page.waitForSelector(".way");
      await press(page, ".way");
      await page.waitForSelector(".file");
    },
  },
  "import-preview-regie": {
    query: { go: "import", file: "regie", consent: "0" },
    act: async (page) => {
      await page.waitForSelector(".way");
      await press(page, ".way");
      await page.waitForSelector(".file");
    },
  },
  "import-preview-there": {
    query: { go: "import", file: "there" },
    act: async (page) => {
      await page.waitForSelector(".way");
      await press(page, ".way");
      await page.waitForSelector(".file");
    },
  },
  "import-done": {
    query: { go: "import", file: "regie" },
    act: async (page) => {
      await page.waitForSelector(".way");
      await press(page, ".way");
      await page.waitForSelector("main .actions .primary");
      await press(page, "main .actions .primary");
      await page.waitForSelector("section li");
    },
  },
  "import-undone": {
    query: { go: "import", lately: "1" },
    act: async (page) => {
      await page.waitForSelector("section li");
      await press(page, "section li button");
      await page.waitForSelector(".notice");
    },
  },
  today: { query: { go: "today" } },
  "today-empty": { query: { go: "today", empty: "1", rehearsed: "0" } },
  "today-no-consent": { query: { go: "today", consent: "0" } },
  check: { query: { go: "check" } },
  "check-run": { query: { go: "check", run: "run-10" } },
  "check-result": { query: { go: "check", result: "run-9" } },
  "check-first": { query: { go: "check", empty: "1" } },
  "check-many": { query: { go: "check", paused: "0", history: "1" } },
  "check-in": { query: { go: "check", page: "check-in-2" } },
  "check-result-history": { query: { go: "check", result: "run-9", history: "1" } },
  trend: { query: { go: "trend", history: "1" } },
  "trend-year-table": {
    query: { go: "trend", history: "1" },
    act: async (page) => {
      await page.waitForSelector(".lengths button");
      await page.click(".lengths button:nth-child(3)");
      await page.click("input[value=energy]");
      await page.click("summary");
    },
  },
  "trend-few": { query: { go: "trend" } },
  "trend-empty": { query: { go: "trend", empty: "1" } },
  "worked-out": { query: { go: "workedOut" } },
  "today-history": { query: { go: "today", paused: "0", history: "1" } },
  "settings-refused": {
    query: { go: "settings" },
    act: async (page) => {
      await page.evaluate(() => {
        globalThis.fakeCore.meter.faults = [
          { place: "scoring.subscales[energy].items", problem: "e9 is geen uitspraak" },
          { place: "questionnaire.item[e1].text", problem: "“burnout” past niet bij waar Regie voor is" },
        ];
      });
      await page.waitForSelector("[data-instruments]");
      await page.click("section:has([data-instruments]) .text-button");
      await page.waitForSelector(".faults");
    },
  },
  diary: { query: { go: "diary" } },
  "diary-entry": { query: { go: "diary", entry: "entry-1" } },
  "diary-about": {
    query: { go: "diary", entry: "entry-1" },
    act: async (page) => {
      await page.waitForSelector(".change");
      await page.click(".change");
      await page.waitForSelector("[role=combobox]");
      await page.focus("[role=combobox]");
    },
  },
  "diary-move": {
    query: { go: "diary", entry: "entry-1" },
    act: async (page) => {
      await page.waitForSelector(".change");
      await page.click(".change");
      await page.waitForSelector(".panel > .text-button");
      await page.click(".panel > .text-button");
      await page.waitForSelector("dialog[open]");
    },
  },
  "diary-calendar": {
    query: { go: "diary" },
    act: async (page) => {
      await page.waitForSelector(".tools button");
      await page.click(".tools button:nth-child(1)");
      await page.waitForSelector("[role=grid] .marked");
      await page.click("[role=grid] .marked");
      await page.waitForSelector(".day");
    },
  },
  "diary-months": {
    query: { go: "diary", many: "5000" },
    act: async (page) => {
      await page.waitForSelector(".tools button");
      await page.click(".tools button:nth-child(2)");
      await page.waitForSelector("[data-month]");
    },
  },
  "diary-old": {
    query: { go: "diary", many: "5000" },
    act: async (page) => {
      await page.waitForSelector(".tools button");
      await page.click(".tools button:nth-child(2)");
      await page.waitForSelector("[data-month]");
      await page.$$eval("[data-month]", (all) => all[Math.floor(all.length / 2)].click());
      await page.waitForSelector("[data-position] .row:focus");
    },
  },
  "diary-filter": {
    query: { go: "diary" },
    act: async (page) => {
      await page.waitForSelector(".tools button");
      await page.click(".tools button:nth-child(3)");
      await page.waitForSelector(".chip");
      await page.click(".chip:last-child");
      await page.waitForSelector(".count");
    },
  },
  "diary-search": {
    query: { go: "diary" },
    act: async (page, { lang }) => {
      await page.waitForSelector("[role=search] input");
      await page.type("[role=search] input", lang === "nl" ? "laptop" : "laptop");
      await page.waitForSelector("mark");
    },
  },
  "diary-prompt": { query: { go: "diary", fresh: "1", prompt: "Wat viel je vandaag op onderweg?" } },
  hidden: {
    query: { go: "diary", entry: "entry-1" },
    act: async (page) => {
      await page.waitForSelector("[role=textbox]");
      await page.keyboard.press("F9");
      await page.waitForSelector(".hidden .time");
    },
  },
  "diary-attached": { query: { go: "diary", entry: "entry-1", attached: "1" } },
  "diary-attached-list": { query: { go: "diary", attached: "1" } },
  "diary-attached-offline": {
    query: { go: "diary", entry: "entry-1", attached: "1", offline: "1" },
    act: async (page) => {
      await page.waitForSelector("[data-attachment=photo-3]");
      await press(page, "[data-attachment=photo-3]");
      await page.waitForSelector("dialog[open] .said p");
    },
  },
  "diary-photo": {
    query: { go: "diary", entry: "entry-1", attached: "1" },
    act: async (page) => {
      await page.waitForSelector("[data-attachment=photo-1]");
      await press(page, "[data-attachment=photo-1]");
      await page.waitForSelector("dialog[open] img[data-whole=true]");
    },
  },
  "diary-photo-tall": {
    query: { go: "diary", entry: "entry-1", attached: "1" },
    act: async (page) => {
      await page.waitForSelector("[data-attachment=photo-2]");
      await press(page, "[data-attachment=photo-2]");
      await page.waitForSelector("dialog[open] img[data-whole=true]");
    },
  },
  "diary-photo-lost": {
    query: { go: "diary", entry: "entry-1", attached: "1" },
    act: async (page) => {
      await page.waitForSelector("[data-attachment=photo-5]");
      await press(page, "[data-attachment=photo-5]");
      await page.waitForSelector("dialog[open] .notice");
    },
  },
  "diary-sound": {
    query: { go: "diary", entry: "entry-1", attached: "1" },
    act: async (page) => {
      await page.waitForSelector("[data-attachment=sound-1]");
      await press(page, "[data-attachment=sound-1]");
      await page.waitForSelector("dialog[open] textarea");
    },
  },
  "diary-attached-refused": {
    query: { go: "diary", entry: "entry-2", attached: "1" },
    act: async (page) => {
      await page.waitForSelector(".add");
      await page.evaluate(() => {
        globalThis.fakeCore.attachments.chosen = [
          { name: "IMG_0001.jpg" },
          { name: "IMG_2231.HEIC", refused: { code: "attachment", why: { kind: "kind", name: "HEIC" } } },
          {
            name: "panorama-van-de-hele-kust-bij-elkaar.png",
            refused: { code: "attachment", why: { kind: "tooLarge" } },
          },
        ];
      });
      await press(page, ".add");
      await page.waitForSelector(".refused");
    },
  },
  "diary-record": {
    query: { go: "diary", entry: "entry-2" },
    act: (page) => record(page),
  },
  "diary-record-paused": {
    query: { go: "diary", entry: "entry-2" },
    act: async (page) => {
      await record(page);
      await press(page, ".recorder .secondary");
      await page.waitForSelector(".light.paused");
    },
  },
  "diary-record-ending": {
    query: { go: "diary", entry: "entry-2" },
    act: async (page) => {
      await page.waitForSelector(".record");
      await page.evaluate(() => {
        const { handlers } = globalThis.fakeCore.attachments;
        const { recordingBegin } = handlers;
        handlers.recordingBegin = (input) => ({ ...recordingBegin(input), mostSeconds: 250 });
        globalThis.fakeCore.failing.recordingPiece = { code: "diskFull" };
      });
      await record(page);
      await page.waitForSelector(".recorder .notice", { timeout: 8_000 });
    },
  },
  "diary-record-throw": {
    query: { go: "diary", entry: "entry-2" },
    act: async (page) => {
      await record(page);
      await press(page, ".recorder .danger");
    },
  },
  "diary-record-refused": {
    query: { go: "diary", entry: "entry-2" },
    act: async (page) => {
      await page.waitForSelector(".record");
      await page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
      });
      await press(page, ".record");
      await page.waitForSelector(".attached .notice");
    },
  },
  "diary-record-waits": { query: { go: "diary", entry: "entry-1", recorded: "1" } },
  "diary-record-waits-list": { query: { go: "diary", recorded: "1" } },
  "diary-record-unreadable": {
    query: { go: "diary", entry: "entry-1", recorded: "1" },
    act: async (page) => {
      await page.waitForSelector(".attached .notice");
      await page.evaluate(() => {
        globalThis.fakeCore.failing.recordingKeep = { code: "attachment", why: { kind: "damaged" } };
      });
      await press(page, ".attached .notice .text-button");
      await page.waitForSelector(".attached .notice.trouble");
    },
  },
  "today-record-waits": { query: { go: "today", recorded: "1" } },
  "diary-empty": { query: { go: "diary", empty: "1" } },
  "my-data": { query: { go: "myData", rehearsed: "0" } },
  "my-data-withdraw": {
    query: { go: "myData" },
    act: async (page) => {
      await page.waitForSelector("[role=switch]");
      await page.click("[role=switch]");
      await page.waitForSelector("dialog[open]");
    },
  },
  "my-data-hold-all": {
    query: { go: "myData" },
    act: async (page) => {
      await page.waitForSelector(".ways .list");
      await page.$eval("button:has(+ .list)", (button) => button.click());
      await page.waitForSelector("dialog[open]");
    },
  },
  "my-data-news": { query: { go: "myData", news: "1" } },
  "my-data-travels": { query: { go: "myData", account: "joined", sync: "upToDate" } },
  "my-data-stopped": { query: { go: "myData", account: "joined", sync: "stopped" } },
  "my-data-on-hold": { query: { go: "myData", onHold: "1" } },
  "my-data-map": {
    query: { go: "myData" },
    act: async (page) => {
      await page.waitForSelector(".kinds summary");
      await page.$$eval(".kinds details", (all) => all.forEach((details) => (details.open = true)));
    },
  },
  recovery: {
    query: { go: "recovery", rehearsed: "0" },
    act: async (page) => {
      await page.click(".actions button");
      await page.waitForSelector(".groups");
    },
  },
  settings: { query: { go: "settings" } },
  "settings-phone": { query: { go: "settings", phone: "1" } },
  "settings-reminders": {
    query: { go: "settings" },
    act: async (page, { settle }) => {
      await page.waitForSelector("h3");
      for (const index of [0, 2]) {
        await page.$$eval("[role=switch]", (all, at) => all[at].click(), index);
        await settle();
      }
      await page.$eval("fieldset:has([type=checkbox])", (each) => each.scrollIntoView({ block: "center" }));
    },
  },
  people: { query: { go: "people" } },
  "people-shared": { query: { go: "people", shared: "1" } },
  choose: { query: { stage: "choose", shared: "1" } },
  "lock-shared": { query: { stage: "locked", shared: "1" } },
  "lock-add-person": {
    query: { stage: "locked" },
    act: async (page) => {
      await page.waitForSelector(".ways button:nth-child(3)");
      await page.click(".ways button:nth-child(3)");
      await page.waitForSelector("input[type=text]");
    },
  },
  guide: { query: { go: "guide" } },
  "guide-page": {
    query: { go: "guide" },
    act: async (page) => {
      await page.waitForSelector("li .way");
      await page.click("li:nth-child(3) .way");
    },
  },
  report: {
    query: { go: "guide" },
    act: async (page) => {
      await page.waitForSelector(".trouble button");
      await page.click(".trouble button");
      await page.waitForSelector("pre");
    },
  },
  help: { query: { go: "help" } },
  statement: { query: { go: "statement" } },
  "statement-old": { query: { go: "statement", version: "1" } },
  "statement-changes": { query: { go: "statementChanges", news: "1" } },
  "statement-changes-all": {
    query: { go: "statementChanges" },
    act: async (page) => {
      await page.waitForSelector("input[value=all]");
      await page.click("input[value=all]");
    },
  },
  choices: {
    query: { go: "choices" },
    act: async (page) => {
      await page.waitForSelector("li summary");
      await page.click("li summary");
    },
  },
  "on-hold": {
    query: { go: "today" },
    act: async (page) => {
      await page.evaluate(() => {
        const since = "2026-11-24T09:00:00+01:00";
        const { holds } = globalThis.fakeCore.consent;
        holds.set("entry-3", { since, reason: "Hierover loopt nog een gesprek met mijn leidinggevende." });
        holds.set("run-9", { since, reason: "" });
      });
      await page.$eval(".seal", (button) => button.click());
      await page.waitForSelector(".ways .list");
      await page.$eval(".ways .list", (button) => button.click());
      await page.waitForSelector("li .open");
    },
  },
  "on-hold-empty": { query: { go: "onHold" } },
  "today-news": { query: { go: "today", news: "1" } },
  "today-on-hold": { query: { go: "today", onHold: "1" } },
  "trend-on-hold": { query: { go: "trend", onHold: "1" } },
  "check-result-hold": {
    query: { go: "check", result: "run-9" },
    act: async (page) => {
      await page.waitForSelector(".ways .text-button:last-child");
      await page.$eval(".ways .text-button:last-child", (button) => button.click());
      await page.waitForSelector("dialog[open]");
      await page.type("dialog[open] textarea", "Eerst uitzoeken");
      await page.$eval("dialog[open] .primary", (button) => button.click());
      await page.waitForSelector(".notice");
    },
  },
  "check-correct": { query: { go: "check", correct: "run-9" } },
  "diary-entry-menu": {
    query: { go: "diary", entry: "entry-1" },
    act: async (page) => {
      await page.waitForSelector("[aria-haspopup=menu]");
      await page.click("[aria-haspopup=menu]");
      await page.waitForSelector("[role=menu]");
    },
  },
  "diary-entry-hold": {
    query: { go: "diary", entry: "entry-1" },
    act: async (page) => {
      await page.waitForSelector("[aria-haspopup=menu]");
      await page.click("[aria-haspopup=menu]");
      await page.waitForSelector("[role=menuitem]");
      await page.$eval("[role=menuitem]", (button) => button.click());
      await page.waitForSelector("dialog[open]");
      await page.$eval("dialog[open] .primary", (button) => button.click());
      await page.waitForSelector(".notice");
    },
  },
  employer: { query: { go: "employer" } },
  "broken-key": { query: { stage: "broken:keyFileDamaged" } },
  "broken-newer": { query: { stage: "broken:vaultNewer" } },
  ask: { query: {}, page: "preview-ask.html" },
  "account-sync-told": { query: { go: "account", account: "joined", sync: "told" } },
  "account-sync-first": { query: { go: "account", account: "joined", sync: "first" } },
  "account-sync-stopped": { query: { go: "account", account: "joined", sync: "stopped" } },
  "account-sync-asking": { query: { go: "account", account: "joined", sync: "asking" } },
  "account-entrance": { query: { go: "account" } },
  "account-join-invitation": {
    query: { go: "account", page: "join" },
    act: async (page) => {
      await page.waitForSelector("textarea");
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector(".problem");
    },
  },
  "account-join-server": { query: { go: "account", page: "join" }, act: (page) => joinTo(page, "server") },
  "account-join-agree": { query: { go: "account", page: "join" }, act: (page) => joinTo(page, "agree") },
  "account-join-you": { query: { go: "account", page: "join" }, act: (page) => joinTo(page, "you") },
  "account-join-code": { query: { go: "account", page: "join" }, act: (page) => joinTo(page, "code") },
  account: { query: { go: "account", account: "joined" } },
  "account-troubles": {
    query: { go: "account", account: "joined,offline,seatEnded,needsNewPassphrase" },
  },
  "account-devices": { query: { go: "account", page: "devices", account: "joined" } },
  "account-device-lost": {
    query: { go: "account", page: "devices", account: "joined" },
    act: async (page) => {
      await page.waitForSelector("main section li .text-button");
      await press(page, "main section li .text-button:last-child");
      await page.waitForSelector("dialog[open] .danger");
    },
  },
  "account-announced": { query: { go: "account", account: "joined,factorOn,lifting,deletion" } },
  "account-factor-off": { query: { go: "account", page: "factor", account: "joined" } },
  "account-factor-on": { query: { go: "account", page: "factor", account: "joined,factorOn" } },
  "account-factor-scan": {
    query: { go: "account", page: "factor", account: "joined" },
    act: async (page) => {
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector("canvas");
    },
  },
  "account-factor-digits": {
    query: { go: "account", page: "factor", account: "joined,factorOn" },
    act: async (page) => {
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector("canvas");
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector("form input");
    },
  },
  "account-log": { query: { go: "account", page: "log", account: "joined" } },
  "account-requests": { query: { go: "account", page: "requests", account: "joined" } },
  "account-leave": {
    query: { go: "account", page: "leave", account: "joined,offline" },
    act: async (page) => {
      await page.waitForSelector("input[value=everything]");
      await press(page, "input[value=everything]");
    },
  },
  "account-catch-up": { query: { go: "account", page: "catchUp", account: "joined,needsNewPassphrase" } },
  "account-left": { query: { stage: "firstRun:welcome", receipt: "waiting" } },
  "account-log-in": {
    query: { stage: "firstRun:welcome" },
    act: async (page) => {
      await page.click(".actions .text-button:last-child");
      await page.waitForSelector("form input");
    },
  },
  "account-factor-codes": {
    query: { go: "account", page: "factor", account: "joined" },
    act: async (page) => {
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector("canvas");
      await press(page, "main .actions:not(dialog *) button");
      await page.type("form input", "287082");
      await page.type("input[type=password]", "vier rustige ochtenden aan zee");
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector("ol li");
    },
  },
  "account-factor-away": {
    query: { go: "account", page: "factor", account: "joined,factorOn" },
    act: async (page) => {
      await press(page, "main .ways button");
      await page.waitForSelector("form input");
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector(".problem");
    },
  },
  "account-factor-lost": {
    query: { go: "account", page: "factor", account: "joined,factorOn" },
    act: async (page) => {
      await press(page, "main .ways button:last-child");
      await page.waitForSelector("form input");
    },
  },
  "account-join-done": {
    query: { go: "account", page: "join" },
    act: async (page) => {
      await joinTo(page, "code");
      await page.type("input[autocomplete=one-time-code]", "428017");
      await page.type("textarea", "7h3k q2xm 90bt vc4r e8wn 5jpz ad61 gysk 3mrt");
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector(".lead");
    },
  },
  "account-signed-out": { query: { go: "account", account: "joined,signedOut" } },
  "account-deleted": { query: { stage: "firstRun:welcome", receipt: "confirmed" } },
  "account-log-in-server": { query: { stage: "firstRun:welcome" }, act: (page) => logInTo(page, "confirm") },
  "account-log-in-who": { query: { stage: "firstRun:welcome" }, act: (page) => logInTo(page, "who") },
  "account-log-in-code": {
    query: { go: "account", page: "logIn" },
    act: async (page) => {
      await logInTo(page, "who");
      await press(page, "input[value=code]");
      await page.waitForSelector("textarea");
    },
  },
  "account-log-in-factor": {
    query: { go: "account", page: "logIn", account: "factorOn" },
    act: async (page) => {
      await logInTo(page, "who");
      await page.type("input[type=email]", "sam@thuis.example");
      await page.type("input[type=password]", "vier rustige ochtenden aan zee");
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector("[role=alert]");
      await page.$$eval("details", (all) => all.forEach((details) => (details.open = true)));
    },
  },
  "account-log-in-choices": {
    query: { stage: "firstRun:welcome" },
    act: async (page) => {
      await logInTo(page, "who");
      await page.type("input[type=email]", "sam@thuis.example");
      await page.type("input[type=password]", "vier rustige ochtenden aan zee");
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector("[role=switch]");
    },
  },
  "account-pair-who": {
    query: { go: "account", page: "logIn" },
    act: async (page) => {
      await logInTo(page, "who");
      await press(page, "input[value=device]");
    },
  },
  "account-pair-first": {
    query: { stage: "firstRun:welcome" },
    act: async (page) => {
      await logInTo(page, "who");
      await press(page, "input[value=device]");
    },
  },
  "account-pair-code": { query: { go: "account", page: "logIn" }, act: pairHere },
  "account-pair-compare": { query: { go: "account", page: "logIn", pair: "compare" }, act: pairHere },
  "account-pair-agreed": { query: { go: "account", page: "logIn", pair: "agreed" }, act: pairHere },
  "account-pair-done": { query: { go: "account", page: "logIn", pair: "done" }, act: pairHere },
  "account-pair-expired": { query: { go: "account", page: "logIn", pair: "expired" }, act: pairHere },
  "account-pair-differ": { query: { go: "account", page: "logIn", pair: "differ" }, act: pairHere },
  "account-pair-enter": {
    query: { go: "account", page: "devices", account: "joined" },
    act: async (page) => {
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector("textarea");
      await page.type("textarea", "4821 k7qf");
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForFunction(() => document.querySelector(".problem")?.textContent !== "");
    },
  },
  "account-pair-finish": {
    query: { go: "account", page: "devices", account: "joined,factorOn", pair: "passphrase" },
    act: pairThere,
  },
  "account-pair-arriving": {
    query: { go: "account", page: "devices", account: "joined", pair: "arriving" },
    act: pairThere,
  },
  "account-pair-untaken": {
    query: { go: "account", page: "devices", account: "joined", pair: "untaken" },
    act: pairThere,
  },
  "account-pair-wrong": {
    query: { go: "account", page: "devices", account: "joined", pair: "wrongCode" },
    act: pairThere,
  },
  "account-pair-added": {
    query: { go: "account", page: "devices", account: "joined", pair: "passphrase" },
    act: async (page) => {
      await pairThere(page);
      await page.type("input[type=password]", "vier rustige ochtenden aan zee");
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector(".notice");
    },
  },
  terms: { query: { go: "account", page: "terms" } },
  "account-scan": {
    query: { go: "account", page: "join" },
    act: async (page) => {
      await page.waitForSelector("main textarea");
      await pressNamed(page, /camera$/i);
      await page.waitForFunction(() => document.querySelector("video")?.videoWidth > 0);
    },
  },
  "account-scan-busy": {
    query: { go: "account", page: "join" },
    act: async (page) => {
      await page.evaluate(() => {
        const busy = () => Promise.reject(new DOMException("", "NotReadableError"));
        navigator.mediaDevices.getUserMedia = busy;
      });
      await page.waitForSelector("main textarea");
      await pressNamed(page, /camera$/i);
      await page.waitForSelector("dialog .notice");
    },
  },
  "account-details": { query: { go: "account", page: "details", account: "joined" } },
  "account-details-address": {
    query: { go: "account", page: "details", account: "joined,factorOn" },
    act: async (page) => {
      await page.waitForSelector("section .text-button");
      await press(page, "section .text-button");
      await page.waitForSelector("input[type=email]");
    },
  },
  "account-device-name": {
    query: { go: "account", page: "devices", account: "joined" },
    act: async (page) => {
      await page.waitForSelector("li .text-button");
      await press(page, "li .text-button");
      await page.waitForSelector("dialog[open] input");
    },
  },
  "account-recipients": {
    query: { go: "account", page: "recipients", account: "joined,outside" },
    act: async (page) => {
      await page.waitForSelector("main .actions button");
      await press(page, "main .actions:not(dialog *) button");
      await page.waitForSelector("section.card");
    },
  },
  "account-copy": { query: { go: "account", page: "copy", account: "joined" } },
  "seal-copied": { query: { go: "today", account: "joined", sync: "upToDate" } },
  "seal-behind": { query: { go: "today", account: "joined", sync: "waiting" } },
  "seal-fetching": { query: { go: "today", account: "joined", sync: "first" } },
  "seal-asking": { query: { go: "diary", account: "joined", sync: "asking" } },
  "seal-stopped": { query: { go: "diary", entry: "entry-1", account: "joined", sync: "stopped" } },
  "sync-waiting": { query: { go: "account", account: "joined", sync: "waiting" } },
  "copy-not-here": {
    query: { go: "account", page: "copy", account: "joined,noRoom", notHere: "1" },
    act: async (page) => {
      await page.waitForSelector("[role=switch]");
      await press(page, "[role=switch]");
      await page.waitForSelector("dialog[open]");
    },
  },
  "copy-not-here-fetching": {
    query: { go: "account", page: "copy", account: "joined,noRoom", notHere: "1", hold: "38" },
    act: async (page) => {
      await page.waitForSelector("[role=switch]");
      await press(page, "[role=switch]");
      await page.waitForSelector("dialog[open] .primary");
      await press(page, "dialog[open] .primary");
      await page.waitForSelector("dialog[open] [aria-valuenow='38']");
    },
  },
  "copy-not-here-offline": {
    query: { go: "account", page: "copy", account: "joined,noRoom", notHere: "1", offline: "1" },
    act: async (page) => {
      await page.waitForSelector("[role=switch]");
      await press(page, "[role=switch]");
      await page.waitForSelector("dialog[open] .primary");
      await press(page, "dialog[open] .primary");
      await page.waitForSelector("dialog[open] .notice");
    },
  },
  "leave-not-here": {
    query: { go: "account", page: "leave", account: "joined", notHere: "1" },
    act: async (page) => {
      await page.waitForSelector("input[value=everything]");
      await press(page, "input[value=everything]");
      await page.waitForSelector("form .notice");
    },
  },
  largest: { query: { go: "largest", attached: "1" } },
  "largest-none": { query: { go: "largest" } },
  "sync-go-on": {
    query: { go: "account", account: "joined", sync: "stopped" },
    act: async (page) => {
      await page.waitForSelector(".notice .answers");
      await press(page, ".notice .answers button:nth-of-type(2)");
      await page.waitForSelector("dialog[open]");
    },
  },
  "sync-no-room": { query: { go: "account", account: "joined,noRoom" } },
  "sync-left-over": { query: { go: "account", account: "joined,leftOver" } },
  "sync-restarted": { query: { go: "account", account: "joined", sync: "restarted" } },
  "sync-asked": { query: { go: "account", account: "joined", sync: "upToDate", asked: "1" } },
  "sync-compare": {
    query: { go: "account", account: "joined", sync: "upToDate" },
    act: async (page) => {
      for (const details of await page.$$("section details summary")) await details.click();
    },
  },
  "sync-compare-same": {
    query: { go: "account", account: "joined", sync: "upToDate" },
    act: (page) => compare(page, "104", "k7qm 2d0x"),
  },
  "sync-compare-differs": {
    query: { go: "account", account: "joined", sync: "upToDate" },
    act: (page) => compare(page, "104", "0000-0000"),
  },
  "sync-compare-no-code": {
    query: { go: "account", account: "joined", sync: "upToDate" },
    act: (page) => compare(page, "", ""),
  },
  "diary-came": { query: { go: "diary", came: "entry-1,entry-3" } },
  "diary-originals-notice": { query: { go: "diary", entry: "entry-1", merged: "entry-1" } },
  "diary-originals": {
    query: { go: "diary", entry: "entry-1", merged: "entry-1" },
    act: async (page) => {
      await page.waitForSelector(".notice button");
      await press(page, ".notice button");
      await page.waitForSelector("dialog[open]");
    },
  },
  "terms-new": { query: { go: "account", page: "newTerms", account: "joined", terms: "known" } },
  "terms-new-unknown": { query: { go: "account", page: "newTerms", account: "joined", terms: "unknown" } },
};

/** Types what another device shows, and compares. */
async function compare(page, number, code) {
  await (await page.waitForSelector("section details summary")).click();
  const [where, what] = await page.$$("section details form input");
  await where.type(number);
  await what.type(code);
  await press(page, "section details form .secondary");
  await page.waitForSelector("section details .notice");
}

/** A button by what stands on it, once it is there. */
async function pressNamed(page, pattern) {
  const found = (source, flags) =>
    [...document.querySelectorAll("main button")].find((each) =>
      new RegExp(source, flags).test(each.textContent.trim()),
    );
  const button = await page.waitForFunction(found, {}, pattern.source, pattern.flags);
  await button.evaluate((each) => each.click());
}

/** Another heading after a press on the one button below. */
async function goOn(page) {
  const before = await page.$eval("h1", (each) => each.textContent);
  await press(page, "main .actions:not(dialog *) button");
  await page.waitForFunction((was) => document.querySelector("h1")?.textContent !== was, {}, before);
}

/** Logging in on a new device, up to one of its steps; from the first run or from the account's page. */
async function logInTo(page, step) {
  if (await page.$(".actions .text-button:last-child")) await press(page, ".actions .text-button:last-child");
  await page.waitForSelector("form input");
  await page.type("form input", "https://regie.waterland.example");
  await goOn(page);
  if (step === "confirm") return;
  await press(page, "input[type=checkbox]");
  await goOn(page);
}

async function pairHere(page) {
  await logInTo(page, "who");
  await press(page, "input[value=device]");
  await goOn(page);
  // The next look at the state comes after a second.
  await new Promise((resolve) => setTimeout(resolve, 1500));
}

async function pairThere(page) {
  await press(page, "main .actions:not(dialog *) button");
  await page.waitForSelector("textarea");
  await page.type("textarea", "4821 k7qf 9m2x");
  await goOn(page);
}

const steps = ["server", "agree", "you", "code"];

/** Fills in the steps of joining up to one of them. */
async function joinTo(page, step) {
  const next = () => goOn(page);
  await page.waitForSelector("textarea");
  await page.type("textarea", "7h3k q2xm 90bt vc4r e8wn 5jpz ad61");
  await page.type("form input", "https://regie.waterland.example");
  await next();
  for (const each of steps.slice(0, steps.indexOf(step))) {
    if (each === "you") {
      await page.type("input[type=email]", "sam@thuis.example");
      await page.type("input[autocomplete=nickname]", "Sam");
      await page.type("input[type=password]", "vier rustige ochtenden aan zee");
    } else {
      for (const box of await page.$$("input[type=checkbox]")) await box.evaluate((one) => one.click());
    }
    await next();
  }
}
