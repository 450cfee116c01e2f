import { screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { fakePassphrase } from "../../../tests/fake-core";
import { startApp } from "../../../tests/start";

const heading = (name: string) => screen.findByRole("heading", { level: 1, name });
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));

describe("the first run", () => {
  it("leads from nothing to Today, with nothing chosen beforehand", async () => {
    const core = await startApp({ language: "nl", stage: { kind: "firstRun", step: "welcome" } });
    await heading("Welkom bij Regie");
    await press("Beginnen");

    await heading("Waar Regie voor is");
    const adult = screen.getByRole<HTMLInputElement>("checkbox", { name: "Ik ben 18 jaar of ouder." });
    expect(adult.checked).toBe(false);
    await press("Verder");
    expect(screen.getByText(/Zet eerst het vinkje/)).toBeDefined();
    expect(document.activeElement).toBe(adult);
    await userEvent.click(adult);
    await press("Verder");

    await heading("Jij bepaalt wat mag");
    const keep = await screen.findByRole("switch", {
      name: "Mijn checks en dagboek bewaren op dit apparaat",
    });
    expect(keep.getAttribute("aria-checked")).toBe("false");
    await userEvent.click(keep);
    await press("Verder");

    await heading("Kies een wachtzin");
    await userEvent.type(screen.getByLabelText("Wachtzin"), fakePassphrase);
    await press("Verder");
    expect(await screen.findByText("Deze twee zijn niet gelijk.")).toBeDefined();
    expect(core.called("createVault")).toEqual([]);
    await userEvent.type(screen.getByLabelText("Nog een keer"), fakePassphrase);
    await press("Verder");

    await heading("Je herstelcode");
    expect(core.called("createVault")).toEqual([
      { passphrase: fakePassphrase, consents: ["keep_on_device"] },
    ]);
    expect(await screen.findByText("7H3K")).toBeDefined();
    await press("Ik heb hem bewaard");

    await heading("Even oefenen");
    expect(screen.queryByText("90BT")).toBeNull();
    await userEvent.type(await screen.findByLabelText("Groep 3"), "90bt");
    await userEvent.type(screen.getByLabelText("Groep 7"), "fout");
    await press("Klaar");
    expect(await screen.findByText(/niet gelijk aan je code/)).toBeDefined();
    await userEvent.clear(screen.getByLabelText("Groep 7"));
    await userEvent.type(screen.getByLabelText("Groep 7"), "ad61");
    await press("Klaar");

    await heading("Vandaag").catch(() => screen.findByRole("heading", { level: 1, name: /Goede/ }));
    expect(core.rehearsed).toBe(true);
  });

  it("goes on without a choice, and puts the rehearsal off", async () => {
    const core = await startApp({ language: "en", stage: { kind: "firstRun", step: "consent" } });
    expect(await screen.findByText(/you only look around/)).toBeDefined();
    await press("Continue");
    // A shown passphrase need not be typed twice.
    await press("Show passphrase");
    await userEvent.type(await screen.findByLabelText("Passphrase"), "a few words that nobody says");
    expect(screen.queryByLabelText("Once more")).toBeNull();
    await press("Continue");
    await press("Rehearse later");
    await waitFor(() => expect(core.called("finishFirstRun")).toHaveLength(1));
    expect(core.rehearsed).toBe(false);
    expect(core.called("createVault")[0]).toMatchObject({ consents: [] });
  });

  it("asks the choices again when it was interrupted at the passphrase", async () => {
    await startApp({ language: "en", stage: { kind: "firstRun", step: "passphrase" } });
    await heading("You decide what is allowed");
  });

  it("changes its language at once, and keeps what was typed while reading help", async () => {
    await startApp({ language: "nl", stage: { kind: "firstRun", step: "welcome" } });
    await userEvent.click(await screen.findByRole("radio", { name: "English" }));
    await heading("Welcome to Regie");
    expect(document.documentElement.lang).toBe("en");
    await press("Help now");
    expect(await screen.findByText("112")).toBeDefined();
    await press("Back");
    await heading("Welcome to Regie");
  });
});
