import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { navigation, type AccountPage } from "$app/navigation.svelte";
import { fakeDigits, fakeInvitation, fakeMailCode, fakeServer } from "../../../tests/fake-account";
import { fakePassphrase, fakeRecoveryGroups, type FakeOptions } from "../../../tests/fake-core";
import { startApp } from "../../../tests/start";
import "./Account.svelte";
import { forget } from "./join.svelte";
import "./LogIn.svelte";

const at = (title: string) => screen.findByRole("heading", { name: title, level: 1 });
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));
const type = async (label: string | RegExp, text: string) => {
  const field = await screen.findByLabelText(label);
  await userEvent.clear(field);
  if (text !== "") await userEvent.type(field, text);
};
const tick = async (name: string) => userEvent.click(await screen.findByRole("checkbox", { name }));
const open = async (options: FakeOptions = {}, page?: AccountPage) => {
  const core = await startApp({ language: "en", ...options });
  navigation.go(page ? { screen: "account", page } : { screen: "account" });
  return core;
};
const network = [
  "contact",
  "lookAtServer",
  "lookAtInvitation",
  "beginJoining",
  "join",
  "devices",
  "accountLog",
];

beforeEach(forget);

async function toStep(core: "you" | "code") {
  await press("I have an invitation");
  await at("Your invitation");
  await type("Link or code", fakeInvitation);
  await type("Address of the server", fakeServer);
  await press("Continue");
  await at("Whose server is this?");
  await tick("I compared all eight groups; they are the same.");
  await press("Yes, this is right");
  await at("What you agree to");
  await tick("I accept the terms of use.");
  await tick("I am 18 or older.");
  await press("Continue");
  await at("Who are you?");
  if (core === "you") return;
  await type("E-mail address", "sam@thuis.example");
  await type("What to call you", "Sam");
  await type("Your present passphrase", fakePassphrase);
  await press("Send me a code");
  await at("The code from the mail");
}

describe("without an account", () => {
  it("says that it is optional, and asks nothing of anybody", async () => {
    const core = await open();
    await at("Use Regie on several devices");
    expect(screen.getByText(/Without one Regie stays whole/)).toBeDefined();
    expect(screen.getByRole("list").querySelectorAll("li")).toHaveLength(3);
    navigation.go({ screen: "account", page: "requests" });
    expect(await screen.findByText("None. Regie has made no connection.")).toBeDefined();
    for (const name of network) expect(core.called(name), name).toEqual([]);
  });
});

describe("joining", () => {
  it("L1 L2 V2 H1 goes from the invitation to the account, each thing asked by itself", async () => {
    const core = await open();
    await press("I have an invitation");
    await press("Continue");
    expect(screen.getByText(/Enter the link or the code/)).toBeDefined();
    expect(core.called("lookAtServer")).toEqual([]);
    await type("Link or code", fakeInvitation);
    await press("Continue");
    expect(await screen.findByText(/The address of the server is missing/)).toBeDefined();
    await type("Address of the server", fakeServer);
    await press("Continue");

    await at("Whose server is this?");
    expect(screen.getByText("Waterland Foundation")).toBeDefined();
    expect(screen.getByText(fakeServer)).toBeDefined();
    expect(screen.getByText(/^3MRT, A7QF, 0CXW, 9KDE, HV52, PB8N, ZJ4G, 61YS$/)).toBeDefined();
    await press("Yes, this is right");
    expect(await screen.findByText(/Compare the groups first/)).toBeDefined();
    expect(core.called("confirmRoot")).toEqual([]);
    await tick("I compared all eight groups; they are the same.");
    await press("Yes, this is right");

    await at("What you agree to");
    const boxes = screen.getAllByRole<HTMLInputElement>("checkbox");
    expect(boxes.map(({ checked }) => checked)).toEqual([false, false]);
    const copy = await screen.findByRole("switch", { name: "An encrypted copy on the server" });
    expect(copy.getAttribute("aria-checked")).toBe("false");
    await press("Continue");
    expect(screen.getByText("Without the terms there can be no account.")).toBeDefined();
    expect(screen.getByText(/Tick the box first/)).toBeDefined();
    await press("Read the terms of use");
    await at("Terms of use");
    await press("Back");
    await tick("I accept the terms of use.");
    await tick("I am 18 or older.");
    await press("Continue");

    await at("Who are you?");
    expect(core.called("beginJoining")).toEqual([]);
    expect(screen.getByLabelText("Phone (not needed)")).toBeDefined();
    expect(screen.getByText(/Only so that the organisation can call you/)).toBeDefined();
    await type("E-mail address", "sam at home");
    await type("What to call you", "Sam");
    await type("Your present passphrase", "something else");
    await press("Send me a code");
    expect(await screen.findByText(/This passphrase does not fit/)).toBeDefined();
    await type("Your present passphrase", fakePassphrase);
    await press("Send me a code");
    expect(await screen.findByText(/No mail can go to this address/)).toBeDefined();
    await type("E-mail address", "sam@thuis.example");
    await type("Your present passphrase", fakePassphrase);
    await press("Send me a code");

    await at("The code from the mail");
    await type("Code from the mail", "111111");
    await type("Recovery code", fakeRecoveryGroups.join("-"));
    await press("Join");
    expect(await screen.findByText(/This code is not right/)).toBeDefined();
    await type("Code from the mail", fakeMailCode);
    await press("Join");
    await at("You have joined");
    expect(core.account.form).toMatchObject({
      name: "Sam",
      phone: null,
      termsVersion: 1,
      adult: true,
      copy: false,
      deviceName: "My computer",
    });
    await press("To your account");
    await at("Account");
    expect(screen.getByText("Waterland Foundation")).toBeDefined();
  });

  it("can be left at each step and taken up again, with what was filled in", async () => {
    await open();
    await toStep("code");
    await type("Code from the mail", "42");
    await press("Back");
    await at("Who are you?");
    expect(screen.getByLabelText<HTMLInputElement>("E-mail address").value).toBe("sam@thuis.example");
    expect(screen.queryByLabelText("Your present passphrase"), "the code still counts").toBeNull();
    navigation.go({ screen: "today" });
    await screen.findByRole("heading", { level: 1, name: /Good|Today/ });
    navigation.go({ screen: "account" });
    expect(await screen.findByText("You began to join")).toBeDefined();
    await press("Go on joining");
    await at("Who are you?");
    await press("Continue");
    await at("The code from the mail");
    await press("Do not join");
    await at("Use Regie on several devices");
    expect(screen.queryByText("You began to join")).toBeNull();
  });

  it("goes on with the code that is on its way when the page was loaded anew", async () => {
    const core = await startApp({ language: "en" });
    core.account.joining = "sam@thuis.example";
    navigation.go({ screen: "account", page: "join" });
    await at("What you agree to");
    expect(await screen.findByText(/A code went to sam@thuis.example/)).toBeDefined();
    expect(screen.getAllByRole<HTMLInputElement>("checkbox").every(({ checked }) => !checked)).toBe(true);
  });

  it.each([
    ["invitationUsed", "This invitation has been used"],
    ["invitationEnded", "This invitation is not valid now"],
    ["invitationUnknown", "This invitation is not known there"],
  ] as const)("tells in plain words of an invitation that meets %s", async (invitation, words) => {
    await open({ account: { invitation, builtIn: true } });
    await press("I have an invitation");
    await type("Link or code", `regie://join?server=${fakeServer}&code=${fakeInvitation}`);
    expect(screen.queryByLabelText("Address of the server"), "a link brings it").toBeNull();
    await press("Continue");
    await at("Whose server is this?");
    expect(screen.getByText(/belongs to this version of Regie/)).toBeDefined();
    await press("Yes, this is right");
    await at("Your invitation");
    expect(await screen.findByText(new RegExp(words))).toBeDefined();
    expect(screen.getByLabelText("Link or code").getAttribute("aria-invalid")).toBe("true");
  });

  it("says that what is written is on this device when there is no network", async () => {
    await open({ account: { offline: true } });
    await press("I have an invitation");
    await type("Link or code", fakeInvitation);
    await type("Address of the server", fakeServer);
    await press("Continue");
    const alert = await screen.findByRole("alert");
    expect(within(alert).getByText("The server cannot be reached")).toBeDefined();
    expect(within(alert).getByText(/Everything is on this device/)).toBeDefined();
  });
});

describe("the account", () => {
  it("is whole without a network, and says so", async () => {
    await open({ account: { joined: true, offline: true } });
    await at("Account");
    expect(await screen.findByText("Not connected. What you write is on this device.")).toBeDefined();
    expect(screen.queryByRole("alert"), "being offline is no error").toBeNull();
    expect(screen.getByText(/Only you can read what you write/)).toBeDefined();
  });

  it("tells kindly that a place has ended, and that everything stays", async () => {
    await open({ account: { joined: true, seatEnded: true } });
    await at("Account");
    expect(await screen.findByText("Your place has ended")).toBeDefined();
    expect(screen.getByText(/Your vault and your diary stay yours/)).toBeDefined();
  });

  it("shows what another device changed, without being asked", async () => {
    const core = await open({ account: { joined: true } });
    await at("Account");
    await screen.findByText(/Only you can read what you write/);
    expect(screen.queryByText("Your place has ended")).toBeNull();
    core.account.joined = { ...core.account.joined!, seatEnded: true };
    dispatchEvent(new Event("regie:account"));
    expect(await screen.findByText("Your place has ended")).toBeDefined();
  });

  it("shows every request with its purpose, size and kind", async () => {
    await open({ account: { joined: true } }, "requests");
    expect(await screen.findByText("Ask what is new")).toBeDefined();
    expect(screen.getByText("Along with it: nothing of yours")).toBeDefined();
    expect(screen.getByText("sent 0 bytes, received 412 bytes")).toBeDefined();
  });

  it("shows what happened, newest first, with the names of the devices", async () => {
    await open({ account: { joined: true } }, "log");
    await at("What happened in your account");
    const rows = (await screen.findAllByRole("listitem")).map(({ textContent }) => textContent);
    expect(rows.map((row) => row?.split(/\d/)[0]?.trim())).toMatchObject([
      expect.stringContaining("Terms accepted"),
      expect.stringContaining("E-mail address proven"),
      expect.stringContaining("Account made"),
    ]);
    expect(rows[0]).toContain("This device");
  });

  it("erases the copy when its switch goes off, by another way than the others", async () => {
    const core = await startApp({ language: "en", account: { joined: true } });
    core.account.handlers["wantCopy"]!({ wanted: true });
    navigation.go({ screen: "myData" });
    const copy = await screen.findByRole("switch", { name: "An encrypted copy on the server" });
    expect(copy.getAttribute("aria-checked")).toBe("true");
    await userEvent.click(copy);
    await waitFor(() => expect(core.called("wantCopy")).toEqual([{ wanted: false }]));
    expect(core.called("setConsent")).toEqual([]);
    await waitFor(() =>
      expect(
        screen.getByRole("switch", { name: "An encrypted copy on the server" }).getAttribute("aria-checked"),
      ).toBe("false"),
    );
  });
});

describe("devices", () => {
  it("names each, and signs one out, or reports it lost", async () => {
    const core = await open({ account: { joined: true } }, "devices");
    await at("Devices");
    expect((await screen.findByText("This device")).closest("li")!.textContent).toContain("Laptop");
    await press("Sign out Phone");
    const dialog = await screen.findByRole("dialog");
    expect(document.activeElement).toBe(within(dialog).getByRole("button", { name: "Keep it" }));
    await userEvent.click(within(dialog).getByRole("button", { name: "Lost or stolen" }));
    await waitFor(() => expect(core.called("signOut")).toHaveLength(1));
    const phone = core.account.devices.find(({ name }) => name === "Phone")!;
    expect(core.called("signOut")).toEqual([{ which: { one: phone.id }, lost: true }]);
    expect(await screen.findByText("Signed out")).toBeDefined();
    expect(screen.queryByRole("button", { name: "Sign out Phone" })).toBeNull();
    await press("Sign all others out");
    await waitFor(() => expect(core.called("signOut").at(-1)).toEqual({ which: "others", lost: false }));
    expect(await screen.findByText("No other device belongs to your account.")).toBeDefined();
  });
});

describe("how one is reached", () => {
  it("V20 puts name and number right at once, and takes the number away", async () => {
    const core = await open({ account: { joined: true } });
    await press("Put something right");
    await at("Your details");
    await type("What to call you", " ");
    await press("Save");
    expect(await screen.findByText("A name has 1 to 80 characters.")).toBeDefined();
    expect(core.called("setContact")).toEqual([]);
    await type("What to call you", "Samira");
    await type(/^Phone/, "+31 20 123 45 67");
    await press("Save");
    await waitFor(() =>
      expect(core.called("setContact").at(-1)).toEqual({ name: "Samira", phone: "+31 20 123 45 67" }),
    );
    await type(/^Phone/, "");
    await press("Save");
    await waitFor(() => expect(core.called("setContact").at(-1)).toEqual({ name: "Samira", phone: null }));
  });

  it("V20 uses another address once its code was typed, and with the second step where that is on", async () => {
    const core = await open({ account: { joined: true, factorOn: true } }, "details");
    await at("Your details");
    await press("Another e-mail address");
    await at("Another e-mail address");
    expect(screen.getByText(/sam@thuis.example stays your address/)).toBeDefined();
    await press("Send me a code");
    expect(await screen.findByText("Enter your e-mail address first.")).toBeDefined();
    expect(core.called("beginNewAddress")).toEqual([]);
    await type("New e-mail address", "sam@nieuw.example");
    await type("Your present passphrase", fakePassphrase);
    await type("Code of the second step", fakeDigits);
    await press("Send me a code");
    await at("The code from the mail");
    expect(core.account.joined?.email).toBe("sam@thuis.example");
    await type("Code from the mail", "000000");
    await press("Use this address");
    expect(await screen.findByText(/This code is not right/)).toBeDefined();
    await type("Code from the mail", fakeMailCode);
    await press("Use this address");
    await at("Your details");
    expect(await screen.findByText("sam@nieuw.example")).toBeDefined();
  });

  it("says on this device that another one changed the address, until that was read", async () => {
    await open({ account: { joined: true, addressBefore: "sam@oud.example" } });
    expect((await screen.findByRole("alert")).textContent).toContain("sam@oud.example was replaced by");
    await press("That was me");
    await waitFor(() => expect(screen.queryByText("Your e-mail address was changed")).toBeNull());
  });
});

describe("what one agreed to, and who gets data", () => {
  it("L1 shows the terms that were agreed to, with version and day, and says when they are later ones", async () => {
    await open({ account: { joined: true } }, "terms");
    await at("Terms of use");
    expect(await screen.findByText(/Version 1, in force from .*You agreed to it on/)).toBeDefined();
    expect(screen.queryByText(/does not know it/)).toBeNull();
  });

  it("L1 tells of later terms, shows what changed and asks, and a no changes nothing", async () => {
    const core = await open({ account: { joined: true, termsAsked: "known" } });
    await at("Account");
    expect(await screen.findByText(/you choose; until then yours holds/i)).toBeDefined();
    await press("Read what changed");
    await at("The terms have changed");
    expect(await screen.findByText(/60 days before it stops/)).toBeDefined();
    expect(screen.getByText(/You agreed to version 1\. Version 2 is in force from/)).toBeDefined();
    expect(
      screen.getByText(/Then version 1 holds for you, as it did\. Your vault and your diary/),
    ).toBeDefined();
    expect(screen.getByText(/not consent for your data/)).toBeDefined();
    expect(screen.queryByText("What is on your device stays yours.")).toBeNull();
    await userEvent.click(screen.getByRole("radio", { name: "The whole text" }));
    expect(screen.getByText("What is on your device stays yours.")).toBeDefined();
    await press("Not now");
    await at("Account");
    expect(core.called("agreeToTerms")).toEqual([]);
    expect(screen.getByText("The terms have changed")).toBeDefined();
    await press("Read what changed");
    await at("The terms have changed");
    await press("I agree to version 2");
    await at("Account");
    expect(core.called("agreeToTerms")).toEqual([{ version: 2 }]);
    expect(screen.queryByText("The terms have changed")).toBeNull();
  });

  it("L1 does not ask for a yes to terms that this program cannot show", async () => {
    const core = await open({ account: { joined: true, termsAsked: "unknown" } }, "newTerms");
    expect(await screen.findByText("There is a version 2")).toBeDefined();
    expect(screen.getByText(/Until then version 1 holds for you/)).toBeDefined();
    expect(screen.queryByRole("button", { name: /agree/ })).toBeNull();
    expect(core.called("agreeToTerms")).toEqual([]);
  });

  it("L1 keeps asking where the yes did not arrive", async () => {
    const core = await open({ account: { joined: true, termsAsked: "known" } }, "newTerms");
    await at("The terms have changed");
    core.account.offline = true;
    await press("I agree to version 2");
    expect(await screen.findByRole("alert")).toBeDefined();
    expect(screen.getByRole("heading", { level: 1, name: "The terms have changed" })).toBeDefined();
  });

  it("L1 names another version that this program does not know", async () => {
    await open({ account: { joined: true, terms: 7 } }, "terms");
    expect(await screen.findByText("You agreed to version 7")).toBeDefined();
    expect(screen.queryByText(/You agreed to it on/)).toBeNull();
  });

  it("V11 asks who gets data when it is wanted, keeps the answer, and reads it without a network", async () => {
    const core = await open({ account: { joined: true } }, "recipients");
    await at("Who gets data");
    expect(await screen.findByText("Not asked yet.")).toBeDefined();
    expect(core.called("askRecipients")).toEqual([]);
    await press("Ask for the list");
    expect(await screen.findByRole("heading", { name: "Opslag BV" })).toBeDefined();
    expect(
      screen.getByText("By this list everything stays inside the European Economic Area."),
    ).toBeDefined();
    expect(screen.getByText("the Netherlands, Germany")).toBeDefined();
    core.account.offline = true;
    await press("Ask again");
    expect(await screen.findByText(/The server cannot be reached/)).toBeDefined();
    navigation.go({ screen: "account" });
    await at("Account");
    await press("Who gets data");
    expect(await screen.findByRole("heading", { name: "Opslag BV" })).toBeDefined();
  });

  it("V11 says so where something leaves the area", async () => {
    await open({ account: { joined: true, outside: true } }, "recipients");
    await press("Ask for the list");
    expect((await screen.findByRole("alert")).textContent).toContain("outside the European Economic Area");
    expect(screen.queryByText("By this list everything stays inside the European Economic Area.")).toBeNull();
  });
});

describe("the copy on the server", () => {
  it("says under devices what can be added still, and is turned on again with the words that it rests on", async () => {
    const core = await open({ account: { joined: true, keysGone: true } }, "devices");
    await screen.findByText("There is no copy on the server");
    core.account.handlers["wantCopy"]!({ wanted: false });
    await press("An encrypted copy on the server");
    await at("An encrypted copy on the server");
    const copy = await screen.findByRole("switch", { name: "An encrypted copy on the server" });
    expect(copy.getAttribute("aria-checked")).toBe("false");
    await userEvent.click(copy);
    await waitFor(() => expect(core.called("wantCopy")).toEqual([{ wanted: true }]));
    await waitFor(() => expect(screen.queryByText("There is no copy on the server")).toBeNull());
    expect(copy.getAttribute("aria-checked")).toBe("true");
  });
});

describe("an invitation from a picture", () => {
  it("stands in the field as if it was typed, and anything else is told beside it", async () => {
    const core = await open({}, "join");
    await at("Your invitation");
    core.account.picture = { kind: "noInvitationInPicture" };
    await press("From a picture of a QR code");
    expect((await screen.findByRole("alert")).textContent).toContain("There is no invitation of Regie in it");
    core.account.picture = `regie://join?server=${encodeURIComponent(fakeServer)}&code=${fakeInvitation}`;
    await press("From a picture of a QR code");
    const field = await screen.findByLabelText<HTMLTextAreaElement>("Link or code");
    await waitFor(() => expect(field.value).toBe(core.account.picture));
    expect(screen.queryByRole("alert")).toBeNull();
    expect(core.called("lookAtServer")).toEqual([]);
    await press("Continue");
    await at("Whose server is this?");
  });
});

describe("the name of a device", () => {
  it("is changed in its place, and says when there is no network", async () => {
    const core = await open({ account: { joined: true } }, "devices");
    await press("Change the name of Laptop");
    await type("Name", " ");
    await press("Keep the name");
    expect(await screen.findByText("A name has 1 to 64 characters.")).toBeDefined();
    await type("Name", " Kitchen table ");
    core.account.offline = true;
    await press("Keep the name");
    expect(await screen.findByText(/needs the network/)).toBeDefined();
    core.account.offline = false;
    await press("Keep the name");
    await waitFor(() => expect(core.called("renameDevice").at(-1)).toMatchObject({ name: "Kitchen table" }));
    expect(await screen.findByText("Kitchen table")).toBeDefined();
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });
});

describe("leaving", () => {
  it("V3 V22 says what stays and why, offers the export first, and asks the passphrase", async () => {
    const core = await open({ account: { joined: true } }, "leave");
    await at("Leave the server");
    expect(screen.getByText(/You need no reason/)).toBeDefined();
    expect(screen.getByRole("button", { name: /Take what you wrote along first/ })).toBeDefined();
    await press("Delete everything");
    expect(await screen.findByText("Choose first what is to go.")).toBeDefined();
    await userEvent.click(await screen.findByRole("radio", { name: "Everything" }));
    expect(screen.getByText(/The receipt names the day/)).toBeDefined();
    await type("Your present passphrase", "something else");
    await press("Delete everything");
    expect(await screen.findByText(/This passphrase does not fit/)).toBeDefined();
    await type("Your present passphrase", fakePassphrase);
    await press("Delete everything");
    await at("Welcome to Regie");
    expect(await screen.findByText("Your account is deleted")).toBeDefined();
    expect(screen.getByText("Receipt")).toBeDefined();
    expect(core.called("deleteEverything")).toEqual([]);
  });

  it("keeps a ticket when there is no network, and hands it in later", async () => {
    const core = await startApp({
      language: "en",
      stage: { kind: "firstRun", step: "welcome" },
      account: { receipt: "waiting" },
    });
    expect(await screen.findByText("The server has not heard it yet")).toBeDefined();
    expect(screen.getByText("Ticket")).toBeDefined();
    await press("Try now");
    expect(await screen.findByText("Your account is deleted")).toBeDefined();
    expect(core.called("redeemTickets")).toHaveLength(1);
  });

  it("takes a ticket that was saved before Regie was removed", async () => {
    const core = await open();
    await press("Hand in a ticket that you saved");
    expect(await screen.findByText("Your account is deleted")).toBeDefined();
    expect(core.called("redeemTicketFile")).toHaveLength(1);
  });

  it("V3 takes only the copy away, and keeps account and vault", async () => {
    const core = await open({ account: { joined: true } }, "leave");
    await userEvent.click(await screen.findByRole("radio", { name: "Only the copy on the server" }));
    await type("Your present passphrase", fakePassphrase);
    await press("Erase the copy");
    await at("There is no copy any more");
    expect(core.called("leaveEverything")).toEqual([]);
    expect(core.account.joined).not.toBeNull();
  });
});

describe("a new device", () => {
  it("that has a vault already comes to the account too, with the choices that it has", async () => {
    const core = await open();
    await press("I have an account already");
    await type("Address of the server", fakeServer);
    await press("Continue");
    await tick("I compared all eight groups; they are the same.");
    await press("Yes, this is right");
    await at("Who are you?");
    expect(screen.getByText(/its passphrase has to be that of your account/)).toBeDefined();
    await type("E-mail address", "sam@thuis.example");
    await type("Passphrase of your account", fakePassphrase);
    await press("Log in");
    await at("Account");
    expect(core.called("logIn")).toMatchObject([{ consents: [] }]);
  });

  it("comes to the account from the first run, by passphrase or by code", async () => {
    const core = await startApp({ language: "en", stage: { kind: "firstRun", step: "welcome" } });
    await press("I have an account already");
    await at("Where is your account?");
    await type("Address of the server", fakeServer);
    await press("Continue");
    await at("Whose server is this?");
    await tick("I compared all eight groups; they are the same.");
    await press("Yes, this is right");
    await at("Who are you?");
    await type("E-mail address", "sam@thuis.example");
    await type("Passphrase of your account", "not this one");
    await press("Continue");
    await at("You decide what is allowed");
    const keep = await screen.findByRole("switch", { name: "Keep my checks and diary on this device" });
    expect(keep.getAttribute("aria-checked")).toBe("false");
    await userEvent.click(keep);
    await press("Log in");
    await at("Who are you?");
    expect(await screen.findByText("This does not fit together")).toBeDefined();
    await type("Passphrase of your account", fakePassphrase);
    await press("Continue");
    await press("Log in");
    await screen.findByRole("heading", { level: 1, name: /Good|Today/ });
    expect(core.called("logIn").at(-1)).toMatchObject({
      email: "sam@thuis.example",
      key: { kind: "passphrase" },
      factor: null,
      consents: ["keep_on_device"],
    });
  });
});

describe("the second step", () => {
  const options = { account: { joined: true } };

  it("is set in three steps, and shows its one-time codes once", async () => {
    const core = await open(options, "factor");
    await at("Second step at login");
    await press("Turn the second step on");
    await at("Put it into your app");
    expect(screen.getByRole("img", { name: /Code to scan/ })).toBeDefined();
    await userEvent.click(screen.getByText("I cannot scan"));
    expect(screen.getByText("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ")).toBeDefined();
    await press("Continue");
    await at("Enter the digits");
    await press("Turn the second step on");
    expect(screen.getByText("Enter the six digits that your app shows now.")).toBeDefined();
    expect(core.called("setFactor")).toEqual([]);
    await type("Six digits from your app", "000 000");
    await type("Your present passphrase", fakePassphrase);
    await press("Turn the second step on");
    expect(await screen.findByText(/^This is not right/)).toBeDefined();
    await type("Six digits from your app", fakeDigits);
    await press("Turn the second step on");
    await at("Your one-time codes");
    expect(screen.getByRole("list").querySelectorAll("li")).toHaveLength(10);
    await press("As a file");
    expect(core.called("saveOneTimeCodes")).toHaveLength(1);
    await press("Done");
    await waitFor(() => expect(screen.queryByText("7H3K-Q2XM-10")).toBeNull());
  });

  it("goes with its digits, or where they are lost with this device and the passphrase", async () => {
    const core = await open({ account: { joined: true, factorOn: true } }, "factor");
    await press("Take the second step away");
    await type("Your present passphrase", fakePassphrase);
    await press("Take the second step away");
    expect(await screen.findByText("Enter the digits or a one-time code.")).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: "Back" }));
    await press("I cannot get at my second step");
    await type("Your present passphrase", fakePassphrase);
    await press("Take the second step away");
    expect(await screen.findByRole("button", { name: "Turn the second step on" })).toBeDefined();
    expect(core.called("liftFactor")).toHaveLength(1);
    expect(core.called("takeFactorAway")).toEqual([]);
  });

  it("says what is left on a new device when it is lost, and when everything is", async () => {
    const core = await startApp({
      language: "en",
      stage: { kind: "firstRun", step: "welcome" },
      account: { factorOn: true },
    });
    await press("I have an account already");
    await type("Address of the server", fakeServer);
    await press("Continue");
    await tick("I compared all eight groups; they are the same.");
    await press("Yes, this is right");
    await at("Who are you?");
    await press("Send me a code");
    expect(await screen.findByText("Enter your e-mail address first.")).toBeDefined();
    await type("E-mail address", "sam@thuis.example");
    await type("Passphrase of your account", fakePassphrase);
    await press("Send me a code");
    await type("Code from the mail", fakeMailCode);
    await press("Delete my account after 14 days");
    expect(await screen.findByText(/^Your account is deleted on .*7 December/)).toBeDefined();
    await press("Continue");
    await press("Log in");
    await at("Who are you?");
    await press("Take the second step away");
    expect(await screen.findByText(/^The second step goes on .*7 December/)).toBeDefined();
    expect(core.called("liftFactorWithoutDevice")).toEqual([
      { email: "sam@thuis.example", passphrase: fakePassphrase, code: null },
    ]);
  });

  it("tells what somebody asked for, and stops it at a word", async () => {
    const core = await open({ account: { joined: true, factorOn: true, lifting: true, deletion: true } });
    await at("Account");
    const notices = await screen.findAllByRole("alert");
    expect(notices).toHaveLength(2);
    for (const to of ["deletion", "factorLift"]) {
      const [first] = screen.getAllByRole("button", { name: "That was not me" });
      await userEvent.click(first as HTMLElement);
      await waitFor(() => expect(core.called("object").at(-1)).toEqual({ to }));
    }
    await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
  });
});

it.each([
  [
    "en",
    "What can my employer see?",
    [/in steps of five, and nothing below ten/, /your e-mail address and your name/, /how many devices/],
    [/your diary, your checks and your notes/, /your passphrase and your recovery code/],
  ],
  [
    "nl",
    "Wat kan mijn werkgever zien?",
    [/in stappen van vijf, en onder de tien niets/, /je e-mailadres en je naam/, /hoeveel apparaten/],
    [/je dagboek, je checks en je notities/, /je wachtzin en je herstelcode/],
  ],
] as const)(
  "L6 one page says what an employer and whoever runs a server can see, and what not, in %s",
  async (language, title, seen, unseen) => {
    await startApp({ language });
    navigation.go({ screen: "employer" });
    await at(title);
    for (const words of [...seen, ...unseen]) expect(screen.getAllByText(words).length, `${words}`).toBe(1);
  },
);
