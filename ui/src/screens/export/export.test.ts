import { screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { announcer } from "$app/announce.svelte";
import { navigation } from "$app/navigation.svelte";
import type { FakeOptions } from "../../../tests/fake-core";
import { fakeRecipient } from "../../../tests/fake-export";
import { startApp } from "../../../tests/start";
import { exporting } from "./state.svelte";
import "./Export.svelte";

const passphrase = "drie natte jassen op zolder";

const open = async (options: FakeOptions = {}) => {
  const core = await startApp({ language: "en", ...options });
  navigation.go({ screen: "export" });
  await screen.findByRole("heading", { name: "Take along", level: 1 });
  return core;
};
const press = (name: string | RegExp) => userEvent.click(screen.getByRole("button", { name }));
const choose = (name: string) => userEvent.click(screen.getByRole("radio", { name }));
const tick = (name: string) => userEvent.click(screen.getByRole("checkbox", { name }));
const save = () => press("Choose a place and save");
const fillPassphrase = async () => {
  await userEvent.type(screen.getByLabelText("Passphrase for this copy"), passphrase);
  await userEvent.type(screen.getByLabelText("Once more"), passphrase);
};
const saving = () => screen.getByRole<HTMLButtonElement>("button", { name: "Choose a place and save" });

describe("what goes along", () => {
  it("is counted as it is chosen, and without anything there is nothing to save", async () => {
    await open();
    await screen.findByText("This goes along: 7 diary entries and 2 results.");
    await tick("Checks and check-ins");
    await screen.findByText("This goes along: 7 diary entries.");
    await tick("Diary");
    await screen.findByText("First choose what goes along.");
    expect(saving().disabled).toBe(true);
    await tick("Checks and check-ins");
    await screen.findByText("This goes along: 2 results.");
    expect(saving().disabled).toBe(false);
  });

  it("is a period only with both days, in their order, and with something in it", async () => {
    const core = await open();
    await choose("A period");
    await screen.findByText("Fill in a beginning and an end.");
    const fields = () => screen.getAllByRole<HTMLInputElement>("textbox", { name: /Day|Year/ });
    const months = screen.getAllByRole("combobox");
    const fill = async (at: number, day: string, year: string) => {
      await userEvent.clear(fields()[2 * at]!);
      await userEvent.type(fields()[2 * at]!, day);
      await userEvent.selectOptions(months[at]!, "March");
      await userEvent.clear(fields()[2 * at + 1]!);
      await userEvent.type(fields()[2 * at + 1]!, year);
      await userEvent.tab();
    };
    await fill(0, "9", "2019");
    await fill(1, "8", "2019");
    await screen.findByText("The end comes before the beginning.");
    await fill(1, "10", "2019");
    await screen.findByText("There is nothing here to take along.");
    expect(core.called("planExport").at(-1)).toMatchObject({
      request: { from: "2019-03-09", to: "2019-03-10" },
    });
    expect(saving().disabled).toBe(true);
  });

  it("has all parts unless one is left out", async () => {
    const core = await open();
    await userEvent.click(screen.getByText("What is in the archive"));
    await tick("FHIR, for care software");
    await fillPassphrase();
    await save();
    await screen.findByRole("heading", { name: "The copy is saved" });
    expect(core.export.written).toMatchObject([
      {
        request: { form: "archive", givenOnly: false, from: null, to: null },
        protection: { kind: "passphrase", passphrase },
      },
    ]);
    expect(core.export.written[0]!.request.parts).toEqual({
      fhir: false,
      markdown: true,
      csv: true,
      report: true,
    });
  });
});

describe("the lock on it", () => {
  it("is asked for before the system asks where, and the first field that is wrong has the focus", async () => {
    const core = await open();
    await save();
    expect(core.called("export")).toEqual([]);
    const field = screen.getByLabelText("Passphrase for this copy");
    await waitFor(() => expect(document.activeElement).toBe(field));
    await userEvent.type(field, passphrase);
    await save();
    expect(core.called("export")).toEqual([]);
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Once more")));
  });

  it("is the other party's key when it is handed over, and only what the person gave goes along", async () => {
    const core = await open();
    await choose("Hand over to another party");
    const key = screen.getByLabelText("Key of the recipient");
    await save();
    await screen.findByText("First paste a key, or choose a file.");
    await userEvent.type(key, "age1 is not enough");
    expect(screen.queryByText("This is not the key of a recipient")).toBeNull();
    await userEvent.tab();
    await screen.findByText("This is not the key of a recipient");
    await press("Key from a file");
    await screen.findByText("Regie reads this key:");
    expect(screen.getByText(fakeRecipient.slice(4, 8))).toBeDefined();
    await save();
    await screen.findByText(/Give the file to the recipient yourself/);
    expect(core.export.written).toMatchObject([
      {
        request: { form: "archive", givenOnly: true, parts: { report: false } },
        protection: { kind: "recipient", key: fakeRecipient },
      },
    ]);
  });

  it("stays the one that was chosen, whatever is made", async () => {
    await open();
    await choose("No lock");
    await choose("Hand over to another party");
    expect(screen.getByRole<HTMLInputElement>("radio", { name: "No lock" }).checked).toBe(true);
  });

  it("is not kept once the copy is saved", async () => {
    await open();
    await fillPassphrase();
    await save();
    await screen.findByRole("heading", { name: "The copy is saved" });
    expect(exporting().passphrase.value + exporting().passphrase.again).toBe("");
  });
});

describe("saving", () => {
  it("changes nothing when the person closes the dialog", async () => {
    const core = await open({ along: { dialogClosed: true } });
    await choose("No lock");
    await save();
    await waitFor(() => expect(saving().ariaBusy ?? saving().getAttribute("aria-busy")).toBeNull());
    expect(core.export.written).toEqual([]);
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Take along");
  });

  it("says how far it is, and when it is stopped that nothing was saved; what was chosen stays", async () => {
    const core = await open({ along: { holdAt: 12 } });
    await tick("Diary");
    await choose("No lock");
    await save();
    const bar = await screen.findByRole("progressbar");
    expect(bar.getAttribute("aria-valuenow")).toBe("12");
    core.job.go(61);
    await waitFor(() => expect(announcer.text).toContain("50 percent"));
    await waitFor(() => expect(bar.getAttribute("aria-valuetext")).toBe("61 percent"));
    await press("Stop");
    await screen.findAllByText("Stopped. Nothing was saved.");
    expect(core.export.written).toEqual([]);
    expect(screen.getByRole<HTMLInputElement>("radio", { name: "No lock" }).checked).toBe(true);
    expect(screen.getByRole<HTMLInputElement>("checkbox", { name: "Diary" }).checked).toBe(false);
  });

  it("goes on while the person does something else, and is found again", async () => {
    const core = await open({ along: { holdAt: 12 } });
    await choose("No lock");
    await save();
    await screen.findByRole("progressbar");
    navigation.go({ screen: "today" });
    await waitFor(() => expect(screen.queryByRole("progressbar")).toBeNull());
    expect(core.called("stopExport")).toEqual([]);
    navigation.go({ screen: "export" });
    await screen.findByRole("progressbar");
    await press("Stop");
    await screen.findAllByText("Stopped. Nothing was saved.");
  });

  it("tells what went wrong", async () => {
    await open({ failing: { export: { code: "diskFull" } } });
    await choose("No lock");
    await save();
    await screen.findByText("The disk is full");
  });

  it("ends with where it lies and what to do with it", async () => {
    const core = await open();
    await choose("Report to read (PDF)");
    await choose("No lock");
    await save();
    expect((await screen.findByText(/regie-.*\.pdf$/)).textContent).toContain("/home/sam/");
    expect(screen.getByText(/There is no lock on it/)).toBeDefined();
    await press("Show in folder");
    expect(core.called("showExported")).toHaveLength(1);
  });
});

describe("photos and recordings that are not on this device", () => {
  const notHere = { photos: 3, sounds: 1, bytes: 5_200_000, outOfReach: 0 };
  const asked = () =>
    screen.findByRole("group", { name: "Not on this device: 3 photos and 1 recording (5.2 MB)" });

  it("are fetched first, and then the copy is made", async () => {
    const core = await open({ along: { notHere } });
    await asked();
    expect(screen.getByRole<HTMLInputElement>("radio", { name: "Fetch them first" }).checked).toBe(true);
    await choose("No lock");
    await save();
    await screen.findByRole("heading", { name: "The copy is saved" });
    const made = core.calls.map(({ name }) => name).filter((name) => /fetchOriginals|^export$/.test(name));
    expect(made).toEqual(["fetchOriginals", "export"]);
    expect(core.called("fetchOriginals")).toMatchObject([{ along: { form: "archive", diary: true } }]);
  });

  it("stay where they are when the person goes on without, and no report asks for them", async () => {
    const core = await open({ along: { notHere } });
    await asked();
    await choose("Report to read (PDF)");
    await waitFor(() => expect(screen.queryByRole("radio", { name: "Go on without" })).toBeNull());
    await choose("Archive");
    await asked();
    await choose("Go on without");
    await choose("No lock");
    await save();
    await screen.findByRole("heading", { name: "The copy is saved" });
    expect(core.called("fetchOriginals")).toEqual([]);
  });

  it("come as far as they came when it is stopped, and nothing is saved then", async () => {
    const core = await open({ along: { notHere, holdAt: 12 } });
    await asked();
    await choose("No lock");
    await save();
    const bar = await screen.findByRole("progressbar", { name: "Photos and recordings are being fetched" });
    expect(bar.getAttribute("aria-valuenow")).toBe("12");
    await press("Stop");
    await screen.findAllByText(/^Fetching was stopped. What came is here/);
    expect(core.called("export")).toEqual([]);
    await asked();
  });

  it("wait for a network, or do without", async () => {
    const core = await open({ along: { notHere: { ...notHere, outOfReach: 2 }, noNetwork: true } });
    await asked();
    expect(screen.getByText(/^2 cannot be fetched/)).toBeTruthy();
    await choose("No lock");
    await save();
    await screen.findAllByText(/^The server cannot be reached. What came is here/);
    expect(core.called("export")).toEqual([]);
    await asked();
    await choose("Go on without");
    await save();
    await screen.findByRole("heading", { name: "The copy is saved" });
  });
});
