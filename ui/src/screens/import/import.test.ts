import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { navigation } from "$app/navigation.svelte";
import type { FakeOptions } from "../../../tests/fake-core";
import { fakeFileKey, fakeFilePassphrase } from "../../../tests/fake-import";
import { startApp } from "../../../tests/start";
import "./Import.svelte";

const open = async (options: FakeOptions = {}) => {
  const core = await startApp({ language: "en", ...options });
  navigation.go({ screen: "import" });
  await at("Bring in");
  return core;
};
const at = (title: string) => screen.findByRole("heading", { name: title, level: 1 });
const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));

describe("what was chosen", () => {
  it("is looked through, shown, brought in, and taken back", async () => {
    const core = await open({ along: { file: "regie", changed: 3 } });
    await press(/^A file/);
    await at("You can bring this in");
    const line = (name: string) => screen.getByText(name).parentElement!.textContent;
    expect(line("Diary entries")).toContain("37");
    expect(line("Questionnaires")).toContain("1");
    expect(line("Photos")).toContain("12");
    expect(line("Recordings")).toContain("1");
    expect(line("Up to and including")).toContain("2 November 2026");
    expect(screen.getByText("409 records are here already. They do not come in twice.")).toBeDefined();
    expect(screen.getByText("Of 2 records there is another version here. Both stay.")).toBeDefined();
    expect(screen.getByText(/Settings and choices/)).toBeDefined();
    expect(core.called("import")).toEqual([]);
    await press("Bring in");
    await at("It is in");
    const added = "This was added: 37 diary entries, 12 photos, 1 recording and 4 results.";
    expect(screen.getByText(added)).toBeDefined();
    expect(screen.queryByText("What did not come along")).toBeNull();
    const row = (await screen.findByText("Archive of Regie")).closest("li")!;
    await userEvent.click(within(row).getByRole("button", { name: "Undo" }));
    await at("Bring in");
    const told = await screen.findAllByText(
      "38 records are gone again. 3 records stay, since you changed them afterwards.",
    );
    await waitFor(() => expect(told.some((each) => each.closest(":focus"))).toBe(true));
    expect(screen.queryByText("Brought in lately")).toBeNull();
  });

  it("comes in without a photo that is damaged, which is told afterwards", async () => {
    await open({ along: { file: "regie", damaged: 2 } });
    await press(/^A file/);
    await press("Bring in");
    await at("It is in");
    expect(screen.getByText(/10 photos/)).toBeDefined();
    await screen.findByRole("heading", { name: "What did not come along" });
    const row = screen.getByText("Photos and recordings that are damaged or that Regie cannot read");
    expect(row.parentElement!.textContent).toContain("2");
  });

  it("asks for its own passphrase, says plainly that one is wrong, and does not keep it", async () => {
    const core = await open({ along: { file: "locked" } });
    await press(/^A file/);
    await at("This file is locked");
    await press("Open");
    expect(core.called("lookAtImport")).toHaveLength(1);
    const field = screen.getByLabelText<HTMLInputElement>("Passphrase of this file");
    await userEvent.type(field, "another one{Enter}");
    await screen.findByText("This passphrase does not fit this file. Nothing has changed.");
    await waitFor(() => expect(document.activeElement).toBe(field));
    await userEvent.clear(field);
    await userEvent.type(field, `${fakeFilePassphrase}{Enter}`);
    await at("You can bring this in");
    await press("Back");
    await press(/^A file/);
    expect((await screen.findByLabelText<HTMLInputElement>("Passphrase of this file")).value).toBe("");
  });

  it("asks for a key where it is locked to one", async () => {
    const core = await open({ along: { file: "lockedToKey" } });
    await press(/^A file/);
    await userEvent.type(await screen.findByLabelText("Secret key"), ` ${fakeFileKey} {Enter}`);
    await at("You can bring this in");
    expect(core.called("lookAtImport").at(-1)).toEqual({ key: { kind: "key", key: fakeFileKey } });
  });

  it("is refused with its part and why, and nothing has changed", async () => {
    const core = await open({ along: { file: "refused" } });
    await press(/^A file/);
    await at("This cannot come in");
    expect(screen.getByText("This part was changed after the archive was made.")).toBeDefined();
    expect(screen.getByText("It is about: data.json")).toBeDefined();
    await press("Choose something else");
    await at("Bring in");
    expect(core.import.chosen).toBe(false);
  });

  it("does not come in where the person does not allow keeping", async () => {
    await open({ consent: false, along: { file: "dayOne" } });
    await press(/^A file/);
    await at("You can bring this in");
    expect(screen.queryByRole("button", { name: "Bring in" })).toBeNull();
    expect(screen.getByRole("button", { name: "To your choices" })).toBeDefined();
  });

  it("has nothing to bring in when all of it is here, or when there is nothing in it", async () => {
    const core = await open({ along: { file: "there" } });
    await press(/^A file/);
    await at("There is nothing new here");
    expect(screen.queryByRole("button", { name: "Bring in" })).toBeNull();
    await press("Choose something else");
    core.import.file = "foreign";
    await press(/^A folder with notes/);
    await screen.findByText("There is nothing in it that Regie can bring in.");
  });
});

describe("on the way", () => {
  it("looking is stopped at once, and nothing has changed", async () => {
    const core = await open({ along: { holdAt: 99 } });
    await press(/^A file/);
    await at("Regie is looking through it");
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBeNull();
    await press("Stop");
    await screen.findAllByText("Stopped. Nothing has changed.");
    expect(core.import.chosen).toBe(false);
  });

  it("leaving lets go of what was chosen", async () => {
    const core = await open();
    await press(/^A file/);
    await at("You can bring this in");
    navigation.go({ screen: "today" });
    await waitFor(() => expect(core.called("leaveImport")).toHaveLength(1));
    navigation.go({ screen: "import" });
    await at("Bring in");
  });

  it("leaving while it is looked through ends that, too", async () => {
    const core = await open({ along: { holdAt: 99 } });
    await press(/^A file/);
    await at("Regie is looking through it");
    navigation.go({ screen: "today" });
    await waitFor(() => expect(core.job.percent).toBeNull());
    expect(core.import.chosen).toBe(false);
  });

  it("what goes wrong is told, and the person chooses anew", async () => {
    await open({ failing: { import: { code: "diskFull" } } });
    await press(/^A file/);
    await press("Bring in");
    await screen.findByText("The disk is full");
    await at("Bring in");
  });
});

it("what comes in from where can be read on the way, and leads back", async () => {
  await open();
  await press("What comes in from where?");
  await screen.findByText("From Daylio");
  await press("Back");
  await at("Bring in");
});
