import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { navigation } from "$app/navigation.svelte";
import type { PairEnd } from "$lib/bindings";
import { fakeDigits, fakeServer, type AccountOptions } from "../../../tests/fake-account";
import { fakePassphrase, type FakeCore } from "../../../tests/fake-core";
import { fakePairCode, fakePairDigits } from "../../../tests/fake-pairing";
import { startApp } from "../../../tests/start";
import "./Account.svelte";
import "./LogIn.svelte";

const at = (title: string | RegExp) => screen.findByRole("heading", { name: title, level: 1 });
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));
const type = async (label: string | RegExp, text: string) => {
  const field = await screen.findByLabelText(label);
  await userEvent.clear(field);
  await userEvent.type(field, text);
};
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const looks = (core: FakeCore) => core.called("pairState").length;

/** From the account's page up to the question of how to log in. */
async function toTheWays() {
  await press("I have an account already");
  await type("Address of the server", fakeServer);
  await press("Continue");
  await userEvent.click(await screen.findByRole("checkbox"));
  await press("Yes, this is right");
  await at("Who are you?");
  await userEvent.click(screen.getByRole("radio", { name: "Another device" }));
  await at("Add this device");
  expect(screen.queryByLabelText("E-mail address"), "the other device knows it").toBeNull();
  expect(screen.queryByLabelText("Passphrase of your account"), "it is entered there").toBeNull();
}

/** Up to the code on the new device. */
async function toTheCode(account: AccountOptions = {}) {
  const core = await startApp({ language: "en", account });
  navigation.go({ screen: "account" });
  await toTheWays();
  await type("Name of this device", "Tablet");
  await press("Show the code");
  return core;
}

/** Up to the field for the code on a device of the account. */
async function toTheField(account: AccountOptions = {}) {
  const core = await startApp({ language: "en", account: { joined: true, ...account } });
  navigation.go({ screen: "account", page: "devices" });
  await press("Add a device");
  await screen.findByLabelText("Code of the new device");
  return core;
}

describe("on the new device", () => {
  it("goes from the code over the digits to the account, and asks for no passphrase", async () => {
    const core = await toTheCode();
    await at("Type this code on your other device");
    expect(core.called("pairOffer")).toEqual([{ form: { deviceName: "Tablet" } }]);
    expect(screen.getByText("The code, character by character: 4 8 2 1, K 7 Q F, 9 M 2 X")).toBeDefined();
    expect(screen.getByRole("img", { name: "The same code, to scan" })).toBeDefined();
    const time = screen.getByRole("timer");
    expect(time.textContent).toBe("The code is good for 10 minutes more.");
    expect(time.closest("[aria-live], [role=status]"), "it is not said each second").toBeNull();

    core.account.pairing.state = { step: "compare", digits: fakePairDigits };
    const heading = await at("Do the digits match?");
    await waitFor(() => expect(document.activeElement).toBe(heading));
    expect(screen.getByText("The six digits: 4 8 2, 9 1 3")).toBeDefined();
    const answers = ["They match", "They differ"].map((name) => screen.getByRole("button", { name }));
    expect(new Set(answers.map(({ className }) => className)).size, "neither is pushed").toBe(1);
    await press("They match");
    await at("Go on at your other device");
    expect(core.called("pairCompare")).toEqual([{ same: true }]);

    core.account.pairing.arrive();
    await at("This device belongs to your account");
    const before = looks(core);
    await pause(1200);
    expect(looks(core), "nobody asks any more").toBe(before);
    await press("To your account");
    await at("Account");
    expect(await screen.findByText("Waterland Foundation")).toBeDefined();
    expect(screen.getByText("Your account asks for your passphrase")).toBeDefined();
    expect(core.called("logIn")).toEqual([]);
    expect(core.called("pairStop")).toEqual([]);
  });

  it("has a vault made first in the first run, and goes on from there", async () => {
    await startApp({ language: "en", stage: { kind: "firstRun", step: "welcome" } });
    await toTheWays();
    await press("Make a vault first");
    await at("What Regie is for");
    await userEvent.click(await screen.findByRole("checkbox"));
    await press("Continue");
    await at("You decide what is allowed");
    await press("Continue");
    await press("Show passphrase");
    await type("Passphrase", fakePassphrase);
    await press("Continue");
    await press("Rehearse later");
    await at("Add this device");
    await press("Show the code");
    await at("Type this code on your other device");
  });

  it("stops when its screen is left, and asks nothing any more", async () => {
    const core = await toTheCode();
    await at("Type this code on your other device");
    await waitFor(() => expect(looks(core)).toBeGreaterThan(0));
    await press("Back");
    await at("Add this device");
    expect(core.called("pairStop")).toHaveLength(1);
    const before = looks(core);
    await pause(1200);
    expect(looks(core)).toBe(before);
  });

  it("waits for the network and goes on by itself", async () => {
    const core = await toTheCode();
    await at("Type this code on your other device");
    core.account.offline = true;
    expect(await screen.findAllByText(/As soon as there is one, it goes on here/)).not.toHaveLength(0);
    expect(screen.queryByRole("alert"), "it is no error").toBeNull();
    core.account.offline = false;
    core.account.pairing.state = { step: "compare", digits: fakePairDigits };
    await at("Do the digits match?");
  });

  it("shows no code without a network, and says what to do", async () => {
    const core = await toTheCode();
    await at("Type this code on your other device");
    await press("Back");
    core.account.offline = true;
    await press("Show the code");
    const alert = await screen.findByRole("alert");
    expect(within(alert).getByText("The server cannot be reached")).toBeDefined();
    core.account.offline = false;
    await press("Try again");
    await at("Type this code on your other device");
  });

  it("takes the digits that differ for somebody in between, also when the network is gone", async () => {
    const core = await toTheCode({ pairing: { step: "compare", digits: fakePairDigits } });
    await at("Do the digits match?");
    core.failing = { pairCompare: { code: "account", why: { kind: "offline" } } };
    await press("They differ");
    await at("It was stopped, and nothing was shared");
    expect(screen.getByText(/somebody may be in between your two devices/)).toBeDefined();
    await waitFor(() => expect(core.called("pairStop")).toHaveLength(1));
    const before = looks(core);
    await pause(1200);
    expect(looks(core), "what the server says now counts for nothing").toBe(before);
    await press("Log in another way");
    await at("Add this device");
  });

  it.each<[PairEnd, string, RegExp]>([
    ["expired", "The time is over", /ten minutes.*Nothing was shared/],
    ["wrongCode", "The code was another one", /works once.*Nothing was shared/],
    ["stopped", "Adding was stopped", /Nothing was shared and nothing has changed/],
    ["refused", "The server does not let the device in", /everything is safe on your devices/],
    ["damaged", "What arrived is not what was sent", /used nothing of it/],
  ])("says in plain words what is safe when it is %s, and offers a new code", async (why, title, words) => {
    const core = await toTheCode({ pairing: { step: "ended", why } });
    await at(title);
    expect(screen.getByText(words)).toBeDefined();
    await press("Show a new code");
    await waitFor(() => expect(core.called("pairOffer")).toHaveLength(2));
  });
});

describe("on a device of the account", () => {
  it("takes the code in any writing, and the passphrase only after the digits", async () => {
    const core = await toTheField({ factorOn: true });
    await press("Continue");
    expect(screen.getByText("First enter the code that the new device shows.")).toBeDefined();
    expect(core.called("pairEnter")).toEqual([]);
    await type("Code of the new device", "4821 k7qf");
    await press("Continue");
    expect(await screen.findByText(/^This is not the whole code\. Nothing was sent/)).toBeDefined();
    await type("Code of the new device", "9999 k7qf 9m2x");
    await press("Continue");
    expect(await screen.findByText(/^No device waits for this code/)).toBeDefined();
    expect(screen.getByLabelText("Code of the new device").getAttribute("aria-invalid")).toBe("true");
    await type("Code of the new device", `${fakePairCode.toLowerCase().replaceAll("-", " ")}{enter}`);

    await at("Do the digits match?");
    expect(screen.queryByLabelText("Your present passphrase")).toBeNull();
    await press("They match");
    await at("Let the new device in");
    await type("Your present passphrase", "something else");
    await type("Code of the second step", fakeDigits);
    await press("Add it");
    expect(await screen.findByText(/This passphrase does not fit/)).toBeDefined();
    await type("Your present passphrase", fakePassphrase);
    await press("Add it");
    await at("Devices");
    expect(screen.getAllByText(/^The new device belongs to your account/)).not.toHaveLength(0);
    expect((await screen.findByText("Tablet")).closest("li")).not.toBeNull();
    expect(core.called("pairFinish").at(-1)).toEqual({ passphrase: fakePassphrase, factor: fakeDigits });
    expect(core.called("pairStop")).toEqual([]);
  });

  it("waits until the new device is in, and says so when it does not come", async () => {
    const core = await toTheField({ pairing: { step: "arriving" } });
    await type("Code of the new device", fakePairCode);
    await press("Continue");
    await at("The new device is coming in");
    expect(screen.getByText(/it is signed out again/)).toBeDefined();
    expect(screen.queryByLabelText("Your present passphrase")).toBeNull();
    core.account.pairing.state = { step: "ended", why: "untaken" };
    await at("The new device did not come");
    expect(screen.getByText(/It was signed out again, and stands so in your list/)).toBeDefined();
    await press("Type a new code");
    await screen.findByLabelText("Code of the new device");
  });

  it("tells a wrong code, and lets another be typed", async () => {
    await toTheField();
    await type("Code of the new device", "4821-0000-0000");
    await press("Continue");
    await at("The code was another one");
    await press("Type a new code");
    expect((await screen.findByLabelText<HTMLTextAreaElement>("Code of the new device")).value).toBe("");
  });

  it("stops when its screen is left before the end", async () => {
    const core = await toTheField({ pairing: { step: "passphrase" } });
    await type("Code of the new device", fakePairCode);
    await press("Continue");
    await type("Your present passphrase", fakePassphrase);
    navigation.go({ screen: "today" });
    await screen.findByRole("heading", { level: 1, name: /Good|Today/ });
    expect(core.called("pairStop")).toHaveLength(1);
    expect(core.called("pairFinish")).toEqual([]);
    const before = looks(core);
    await pause(1200);
    expect(looks(core)).toBe(before);
  });
});
