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
