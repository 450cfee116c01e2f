import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { FakeCore } from "../../../tests/fake-core";
import { startApp } from "../../../tests/start";
import OriginalsNotice from "./OriginalsNotice.svelte";

const open = async () => {
  const core = new FakeCore({ language: "en", fromElsewhere: { merged: ["entry-1"] } }).install();
  const [ontake, onkeep] = [vi.fn(), vi.fn()];
  render(OriginalsNotice, { entry: "entry-1", editable: true, ontake, onkeep });
  const look = await screen.findByRole("button", { name: "Look at both texts" });
  await userEvent.click(look);
  return { core, ontake, onkeep, look, dialog: await screen.findByRole("dialog") };
};

describe("an entry that was brought together from two devices", () => {
  it("shows both texts with what differs, and hands over the one that is taken", async () => {
    const { core, ontake, dialog } = await open();
    expect(document.activeElement?.textContent).toBe("Both texts from before");
    const marked = [...dialog.querySelectorAll("mark")].map((mark) => mark.textContent);
    expect(marked).toHaveLength(2);
    expect(marked[1]).toContain("twee uur langs de rivier");
    const [, there] = within(dialog).getAllByRole("button", { name: "Take this text" });
    await userEvent.click(there!);
    const taken = "Vanmorgen twee uur langs de rivier gelopen, in de mist. Daarna thee gedronken met Sam.";
    expect(ontake.mock.calls).toEqual([[taken]]);
    expect(core.elsewhere.merged).toEqual(["entry-1"]);
  });

  it("stays as it is when the person says so, and offers the texts no more", async () => {
    const { core, onkeep, look, dialog } = await open();
    await userEvent.click(within(dialog).getByRole("button", { name: "Keep it as it is" }));
    expect(onkeep).toHaveBeenCalledOnce();
    expect(core.elsewhere.merged).toEqual([]);
    expect(look.isConnected).toBe(false);
  });
});

describe("what came while Today is open", () => {
  it("shows there what was written last as it is now", async () => {
    const core = await startApp({ language: "en" });
    const where = await screen.findByText("Where you were");
    const card = where.closest("section")!;
    const newest = core.entries.find(({ markdown }) => card.textContent!.includes(markdown.slice(0, 12)))!;
    newest.markdown = "Elders geschreven.";
    expect(card.textContent).not.toContain("Elders geschreven.");
    dispatchEvent(new Event("regie:account"));
    await within(card).findByText("Elders geschreven.");
  });
});
