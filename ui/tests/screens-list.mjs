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
  "start-over": { query: { stage: "locked" }, act: (page) => page.click(".ways button:last-child") },
  "start-over-done": {
    query: { stage: "locked" },
    act: async (page) => {
      await page.click(".ways button:last-child");
      await page.waitForSelector(".danger");
      await page.click(".danger");
      await page.waitForSelector("dl");
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
      await page.waitForSelector("[data-add-instrument]");
      await page.click("[data-add-instrument]");
      await page.waitForSelector(".faults");
    },
  },
  diary: { query: { go: "diary" } },
  "diary-entry": { query: { go: "diary", entry: "entry-1" } },
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
  help: { query: { go: "help" } },
  statement: { query: { go: "statement" } },
  employer: { query: { go: "employer" } },
  "broken-key": { query: { stage: "broken:keyFileDamaged" } },
  "broken-newer": { query: { stage: "broken:vaultNewer" } },
  ask: { query: {}, page: "preview-ask.html" },
};
