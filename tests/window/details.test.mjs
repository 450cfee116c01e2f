// What somebody who joined puts right and reads by clicks: how they are reached, names of devices, who gets data.

import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { Inspection } from "./inspection.mjs";
import { EMAIL, joinBy, logInOn } from "./joined.mjs";
import { makeVault, PASSPHRASE, story } from "./story.mjs";
import { Server } from "./server.mjs";

const OTHER = "sam@elders.example";

/** A device of somebody who joined, on the page of the account. */
async function joined({ start, context, language = "en" }) {
  const server = await Server.start(context);
  const app = await start({ language });
  await joinBy(app, server, server.codes[0], await makeVault(app));
  return { app, server, say: app.say };
}

story(
  "V20 a name, a number and an address are put right, the address only by the code that was mailed to it",
  async ({ start, profile, context }) => {
    const { app, server, say } = await joined({ start, context });
    const inspection = new Inspection(app, "en");
    await app.click("button", say("details_right"));
    await app.at(say("details_title"));
    await app.fill(say("account_name"), " ");
    await app.click("button", say("details_save"));
    await app.sees(say("details_name_wrong"));
    await app.fill(say("account_name"), "Sam de Vries");
    await app.fill(say("join_phone"), "06 12 34 56 78");
    await app.click("button", say("details_save"));
    await app.waitFor(async () => (await app.ask("account")).joined.name === "Sam de Vries", "the name");
    await inspection.look("account-details");

    await app.click("button", say("details_address_other"));
    await app.at(say("details_address_title"));
    await app.fill(say("details_new_address"), OTHER);
    await app.fill(say("keys_current"), "another sentence altogether");
    await app.click("button", say("join_send"));
    await app.sees(say("error_wrong_passphrase_title"));
    assert.deepEqual(server.mailsTo(OTHER), [], "nothing is sent without the passphrase");
    await app.fill(say("keys_current"), PASSPHRASE);
    await app.click("button", say("join_send"));
    await app.at(say("join_code_title"));
    const code = await server.codeFor(OTHER);
    await inspection.look("account-details-code");
    await app.fill(say("join_mail_code"), code === "00000000" ? "11111111" : "00000000");
    await app.click("button", say("details_address_do"));
    await app.sees(say("error_mail_code_title"), 30_000);
    assert.equal((await app.ask("account")).joined.email, EMAIL, "a wrong code changes nothing");
    await app.fill(say("join_mail_code"), code);
    await app.click("button", say("details_address_do"));
    await app.at(say("details_title"));
    await app.sees(OTHER);
    await app.click("button", say("app_back"));
    await app.at(say("account_title"));
    for (const told of ["Sam de Vries", "06 12 34 56 78", OTHER]) await app.sees(told);

    const other = await logInOn(start, profile, server, { email: OTHER });
    await other.click("button", new RegExp(`^${say("seal_leads")}`));
    await other.click("button", new RegExp(`^${say("account_title")}`));
    for (const told of ["Sam de Vries", "06 12 34 56 78", OTHER]) await other.sees(told);
    // The mail waited for half a minute in line before the change was sure.
    await app.waitFor(
      () => server.mailsTo(EMAIL).some((text) => text.includes("Subject: Your account has another e-mail address\n")),
      "a mail to the address before",
      60_000,
    );
    inspection.tell();
  },
  300_000,
);

story(
  "a device gets another name, which the account's other device reads and the server does not",
  async ({ start, profile, context }) => {
    const { app, server, say } = await joined({ start, context });
    const other = await logInOn(start, profile, server);
    await app.click("button", new RegExp(`^${say("devices_title")}`));
    await app.sees("Attic");
    await app.click("button", say("devices_rename_of", { name: "Attic" }));
    await app.fill(say("devices_rename_label"), " ");
    await app.click("button", say("devices_rename_do"));
    await app.sees(say("devices_rename_wrong"));
    await app.picture("screens/en/account-device-name.png");
    await server.tell("stop");
    await app.fill(say("devices_rename_label"), "Kitchen table");
    await app.click("button", say("devices_rename_do"));
    await app.sees(say("devices_rename_offline"), 30_000);
    await server.tell("start");
    await app.click("button", say("devices_rename_do"));
    await app.find("button", say("devices_rename_of", { name: "Kitchen table" }));
    await app.sees("Kitchen table");
    const names = async () => (await other.ask("devices")).map(({ name }) => name).sort();
    await other.waitFor(
      async () => (await names()).join() === "Kitchen table,Laptop",
      "the new name on the other device",
      30_000,
    );
  },
  300_000,
);

story(
  "V11 V12 who gets data is asked when the person wants it, and kept for when there is no network",
  async ({ start, context }) => {
    const { app, server, say } = await joined({ start, context });
    const register = async () => (await app.ask("requests")).filter(({ purpose }) => purpose === "recipients");
    await app.click("button", say("recipients_title"));
    await app.at(say("recipients_title"));
    await app.sees(say("recipients_never"));
    assert.deepEqual(await register(), [], "opening the screen asks nobody");
    await app.click("button", say("recipients_ask"));
    await app.sees(say("recipients_inside"), 30_000);
    const { server: named } = await app.ask("recipients");
    await app.sees(say("recipients_nobody", { server: named }));
    assert.equal((await register()).length, 1);

    // Whoever runs the server hires somebody.
    await server.tell("stop");
    appendFileSync(
      server.config,
      `\n[[recipients]]\nname = "Opslag BV"\nrole = "processor"\npurpose = { nl = "De machines", en = "The machines" }\n` +
        `agreement = { nl = "Verwerkersovereenkomst", en = "Processing agreement" }\ncountry = "NL"\n` +
        `parent_country = "DE"\nremote_access = ["NL", "NO"]\n`,
    );
    await server.tell("start");
    await app.click("button", say("recipients_ask_again"));
    await app.find("heading", "Opslag BV");
    for (const told of ["The machines", "Processing agreement", "Germany", "Norway"]) await app.sees(told);
    const inspection = new Inspection(app, "en");
    await inspection.look("account-recipients");

    await server.tell("stop");
    await app.click("button", say("recipients_ask_again"));
    await app.sees(say("error_offline_title"), 30_000);
    await app.click("button", say("app_back"));
    await app.click("button", say("recipients_title"));
    await app.find("heading", "Opslag BV");
    inspection.tell();
  },
  240_000,
);
