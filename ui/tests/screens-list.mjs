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
  today: { query: { go: "today" } },
  "today-empty": { query: { go: "today", empty: "1", rehearsed: "0" } },
  "today-no-consent": { query: { go: "today", consent: "0" } },
  check: { query: { go: "check" } },
  "check-run": { query: { go: "check", run: "run-10" } },
  "check-result": { query: { go: "check", result: "run-9" } },
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
  employer: { query: { go: "employer" } },
  "broken-key": { query: { stage: "broken:keyFileDamaged" } },
  "broken-newer": { query: { stage: "broken:vaultNewer" } },
  ask: { query: {}, page: "preview-ask.html" },
};
