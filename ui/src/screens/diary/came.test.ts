import { screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { navigation } from "$app/navigation.svelte";
import type { FakeOptions } from "../../../tests/fake-core";
import { startApp } from "../../../tests/start";
import "./Diary.svelte";

const open = async (options: FakeOptions, entry?: string) => {
  const core = await startApp({ language: "en", ...options });
  navigation.go(entry ? { screen: "diary", entry } : { screen: "diary" });
  return core;
};

describe("what comes from another device", () => {
  it("has both texts of what was brought together, and puts one back as an edit", async () => {
    const core = await open({ fromElsewhere: { merged: ["entry-1"], came: ["entry-1"] } }, "entry-1");
    await userEvent.click(await screen.findByRole("button", { name: "Look at both texts" }));
    const dialog = await screen.findByRole("dialog");
    expect(within(dialog).getByText(/Vanmorgen twee uur langs/)).toBeTruthy();
    expect(dialog.querySelectorAll("mark")).toHaveLength(2);
    expect(core.elsewhere.came).toEqual([]);
    const [, there] = within(dialog).getAllByRole("button", { name: "Take this text" });
    await userEvent.click(there!);
    const text = await screen.findByRole("textbox", { name: "Your text" });
    expect(text.textContent).toContain("Vanmorgen twee uur langs de rivier gelopen, in de mist. Daarna thee");
    expect(core.elsewhere.merged).toEqual(["entry-1"]);
  });

  it("keeps an entry as it was brought together, and asks no more", async () => {
    const core = await open({ fromElsewhere: { merged: ["entry-1"] } }, "entry-1");
    await userEvent.click(await screen.findByRole("button", { name: "Look at both texts" }));
    await userEvent.click(await screen.findByRole("button", { name: "Keep it as it is" }));
    expect(core.elsewhere.merged).toEqual([]);
    expect(screen.queryByRole("button", { name: "Look at both texts" })).toBeNull();
  });
});
