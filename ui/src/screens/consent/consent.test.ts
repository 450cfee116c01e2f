import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { BlockView } from "$lib/bindings";
import { navigation } from "$app/navigation.svelte";
import { startApp } from "../../../tests/start";
import { changedOnly, pieces } from "../statement/state.svelte";

const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));

describe("a new version of the texts", () => {
  it("is told on Today until it was read, and asks anew only for what changed", async () => {
    const core = await startApp({ language: "en", news: true });
    await screen.findByRole("heading", { name: "The privacy statement has changed" });
    expect(await screen.findByText("Asked again, because the text has changed")).toBeDefined();
    expect(screen.queryByText("A new question"), "one question at a time").toBeNull();
    await press("Read what changed");
    await screen.findByRole("heading", { level: 1, name: "What changed" });
    const asked = await screen.findAllByRole("button", { name: "Yes, allow it" });
    expect(asked).toHaveLength(2);
    await userEvent.click(asked[0]!);
    await waitFor(() => expect(screen.getAllByRole("button", { name: "No" })).toHaveLength(1));
    await press("No");
    await waitFor(() => expect(screen.queryByRole("button", { name: "No" })).toBeNull());
    expect(core.called("setConsent")).toEqual([
      { purpose: "keep_on_device", given: true },
      { purpose: "look_back", given: false },
    ]);
    await press("Back");
    await waitFor(() => expect(screen.queryByText("The privacy statement has changed")).toBeNull());
  });

  it("says why nothing is written until the answer is there", async () => {
    await startApp({ language: "en", news: true });
    navigation.go({ screen: "check" });
    expect(await screen.findByText("There is a new text, and so a new choice")).toBeDefined();
  });
});

it("tells the story of the choices, the newest first, with what was read", async () => {
  await startApp({ language: "en" });
  navigation.go({ screen: "myData" });
  const keep = await screen.findByRole("switch", { name: "Keep my checks and diary on this device" });
  await userEvent.click(keep);
  await press("Switch off");
  await waitFor(() => expect(keep.getAttribute("aria-checked")).toBe("false"));
  await press("Read your choices back");
  await screen.findByRole("heading", { level: 1, name: "Your choices" });
  const [newest, ...rest] = await screen.findAllByRole("listitem");
  expect(within(newest!).getByText("You took your yes back")).toBeDefined();
  expect(within(newest!).getByText(/only you hold the key/)).toBeDefined();
  expect(rest).toHaveLength(2);
});

describe("what is shown of a change", () => {
  const block = (kind: BlockView["kind"], change: BlockView["change"], text: string): BlockView => ({
    kind,
    change,
    markdown: change === "same" ? text : null,
    parts: change === "same" ? [] : [{ change, text }],
  });
  const blocks = [
    block("heading", "same", "## One"),
    block("paragraph", "same", "Stays."),
    block("heading", "same", "## Two"),
    block("item", "same", "- stays"),
    block("item", "added", "new"),
    block("item", "removed", "gone"),
    block("heading", "same", "## Three"),
  ];

  it("is only what changed, under its heading", () => {
    const shown = changedOnly(blocks).map(({ markdown, parts }) => markdown ?? parts[0]!.text);
    expect(shown).toEqual(["## Two", "new", "gone"]);
  });

  it("keeps items of a list together", () => {
    expect(pieces(blocks).map((piece) => (piece.kind === "list" ? piece.items.length : "block"))).toEqual([
      "block",
      "block",
      "block",
      3,
      "block",
    ]);
  });
});
