import { screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { fakePassphrase } from "../../../tests/fake-core";
import { startApp } from "../../../tests/start";

const locked = (waitSeconds = 0) =>
  startApp({ language: "en", stage: { kind: "locked", waitSeconds }, passphrase: fakePassphrase });
const press = async (name: string) => userEvent.click(await screen.findByRole("button", { name }));

describe("the lock", () => {
  it("has the focus in the field, says what is wrong beside it, and opens with the right passphrase", async () => {
    await locked();
    const field = await screen.findByLabelText("Passphrase");
    await waitFor(() => expect(document.activeElement).toBe(field));
    await userEvent.type(field, "wrong{Enter}");
    expect(await screen.findByText(/This passphrase does not fit/)).toBeDefined();
    expect(field.getAttribute("aria-invalid")).toBe("true");
    await userEvent.clear(field);
    await userEvent.type(field, `${fakePassphrase}{Enter}`);
    expect(await screen.findByRole("navigation", { name: "Sections" })).toBeDefined();
  });

  it("sends nothing while there is a wait", async () => {
    const core = await locked(30);
    await userEvent.type(await screen.findByLabelText("Passphrase"), `${fakePassphrase}{Enter}`);
    expect(core.called("unlock")).toEqual([]);
    expect(screen.getByText(/30 seconds left/)).toBeDefined();
    expect(screen.getByRole("status").textContent).toContain("Wait 30 seconds");
  });

  it("tells a typing error in the code from a wrong code, and then asks for a new passphrase", async () => {
    const core = await locked();
    await press("Open with recovery code");
    const code = await screen.findByLabelText("Recovery code");
    await userEvent.type(code, "7h3k{Enter}");
    expect(await screen.findByText(/typing error in the code/)).toBeDefined();
    await userEvent.clear(code);
    await userEvent.type(code, "7h3k-q2xm 90BT vc4r e8wn 5jpz ad61 gysk 3mrt{Enter}");
    await screen.findByRole("heading", { level: 1, name: "Choose a new passphrase" });
    await userEvent.type(screen.getByLabelText("Passphrase"), "short");
    await press("Save and open");
    expect(await screen.findByText("This passphrase is too easy to guess")).toBeDefined();
    expect(core.called("unlockWithRecoveryCode")).toEqual([]);
    await userEvent.type(screen.getByLabelText("Passphrase"), " and a few more words");
    await userEvent.type(screen.getByLabelText("Once more"), "short and a few more words");
    await press("Save and open");
    await waitFor(() => expect(core.called("unlockWithRecoveryCode")).toHaveLength(1));
  });

  it("names the folder of the old vault after starting over", async () => {
    await locked();
    await press("Lost both passphrase and code");
    await press("Start over");
    expect(await screen.findByText("vault-set-aside-2026-11-23")).toBeDefined();
    await press("Continue");
    expect(await screen.findByRole("heading", { name: "Welcome to Regie" })).toBeDefined();
  });

  it("offers a backup where the vault turns out to be damaged", async () => {
    const core = await locked();
    core.failing.unlock = { code: "vaultDamaged" };
    await userEvent.type(await screen.findByLabelText("Passphrase"), `${fakePassphrase}{Enter}`);
    expect(await screen.findByText("The vault is damaged")).toBeDefined();
    await press("Restore a backup");
    expect(await screen.findByText("Which backup do you want to restore?")).toBeDefined();
  });

  it("says what to do when the keychain does not answer, and opens with the passphrase", async () => {
    await startApp({
      language: "en",
      stage: { kind: "locked", waitSeconds: 0 },
      passphrase: fakePassphrase,
      keys: { quick: true, keychain: false },
    });
    await press("Quick unlock");
    expect(await screen.findByText(/your passphrase works as always/)).toBeDefined();
    await userEvent.type(await screen.findByLabelText("Passphrase"), `${fakePassphrase}{Enter}`);
    expect(await screen.findByRole("navigation", { name: "Sections" })).toBeDefined();
  });
});
