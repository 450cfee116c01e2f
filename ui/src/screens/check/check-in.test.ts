import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";
import { navigation } from "$app/navigation.svelte";
import { session } from "$app/state.svelte";
import { flushAll } from "$app/unsaved";
import { FakeCore } from "../../../tests/fake-core";
import CheckIn from "./CheckIn.svelte";

async function begin(chosen?: number) {
  const core = new FakeCore({ language: "nl", stage: { kind: "open" } }).install();
  await session.begin();
  navigation.go({ screen: "check", page: "check-in-2" });
  render(CheckIn, { instrument: "check-in-2", chosen });
  await screen.findByText("Hoeveel energie heb je?");
  return core;
}

const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });

describe("the check-in", () => {
  beforeEach(() => navigation.reset());

  it("goes from digit to digit to the line, and is kept whole by Enter", async () => {
    const core = await begin();
    await waitFor(() => expect(document.activeElement).toBe(screen.getAllByRole("radio")[0]));
    await press("4");
    await press("2");
    const line = screen.getByLabelText("Een regel erbij, als je wilt");
    expect(document.activeElement).toBe(line);
    await fireEvent.input(line, { target: { value: "Mist boven het water" } });
    await press("3");
    await fireEvent.submit(line.closest("form")!);
    await waitFor(() => expect(navigation.place).toEqual({ screen: "today" }));
    expect(core.called("meterCheckIn")).toEqual([
      {
        instrument: "check-in-2",
        answers: [
          { item: "mood", answer: { kind: "value", value: 4 } },
          { item: "energy", answer: { kind: "value", value: 2 } },
        ],
        note: "Mist boven het water",
      },
    ]);
  });

  it("is kept by the lock with what was filled in, once; a line alone is asked about", async () => {
    const core = await begin();
    await flushAll();
    expect(core.called("meterCheckIn")).toEqual([]);
    const line = screen.getByLabelText("Een regel erbij, als je wilt");
    await fireEvent.input(line, { target: { value: "Mist boven het water" } });
    core.failing = { meterCheckIn: { code: "internal" } };
    await expect(flushAll()).rejects.toMatchObject({ code: "internal" });
    core.failing = {};
    await fireEvent.click(screen.getByRole("radio", { name: "goed" }));
    await flushAll();
    await flushAll();
    const kept = core.called("meterCheckIn").slice(1);
    expect(kept).toHaveLength(1);
    expect(kept[0]).toMatchObject({ note: "Mist boven het water" });
    expect(navigation.place).toMatchObject({ screen: "check", result: expect.any(String) });
    cleanup();
    await flushAll();
  });

  it("begins at the second question where Today asked the first", async () => {
    await begin(5);
    await waitFor(() => expect(document.activeElement).toBe(screen.getAllByRole("radio")[5]));
    expect(screen.getByRole<HTMLInputElement>("radio", { name: "licht" }).checked).toBe(true);
  });

  it("keeps nothing without an answer, and everything typed when it cannot be kept", async () => {
    const core = await begin();
    await fireEvent.click(screen.getByRole("button", { name: "Bewaren" }));
    expect((await screen.findByRole("alert")).textContent).toBe("Kies eerst een antwoord.");
    expect(core.called("meterCheckIn")).toEqual([]);
    core.failing = { meterCheckIn: { code: "diskFull" } };
    await fireEvent.click(screen.getByRole("radio", { name: "goed" }));
    const line = screen.getByLabelText<HTMLInputElement>("Een regel erbij, als je wilt");
    await fireEvent.input(line, { target: { value: "blijft staan" } });
    await fireEvent.click(screen.getByRole("button", { name: "Bewaren" }));
    expect((await screen.findByRole("alert")).textContent).toContain("De schijf is vol");
    expect(line.value).toBe("blijft staan");
    core.failing = {};
    await fireEvent.click(screen.getByRole("button", { name: "Bewaren" }));
    await waitFor(() => expect(navigation.place).toEqual({ screen: "today" }));
  });
});
