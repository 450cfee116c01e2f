import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";
import { navigation } from "$app/navigation.svelte";
import { session } from "$app/state.svelte";
import { undo } from "$app/undo.svelte";
import { FakeCore, type FakeOptions } from "../../../tests/fake-core";
import Check from "./Check.svelte";

async function begin(options: FakeOptions = {}) {
  const core = new FakeCore({ language: "nl", stage: { kind: "open" }, ...options }).install();
  await session.begin();
  return core;
}

/** The check that was left after six of its sixteen statements. */
async function goOn(options: FakeOptions = {}) {
  const core = await begin(options);
  const run = core.runs.find(({ finishedAt }) => finishedAt === null)!.id;
  navigation.go({ screen: "check", run });
  render(Check, { place: { screen: "check", run } });
  await screen.findByText("7 van 16");
  return core;
}

const statement = () => screen.getByRole("heading", { level: 1 }).textContent;
const press = (key: string) => fireEvent.keyDown(document.body, { key });
const chosen = () => screen.queryByRole("button", { pressed: true })?.textContent;

describe("the vitality check", () => {
  beforeEach(() => {
    globalThis.matchMedia = (query) => ({ matches: true, media: query }) as MediaQueryList;
    navigation.reset();
  });

  it("keeps an answer by its digit and goes on only then", async () => {
    const core = await goOn();
    const before = statement();
    await press("5");
    await screen.findByText("8 van 16");
    expect(statement()).not.toBe(before);
    expect(core.called("meterAnswer").at(-1)).toMatchObject({
      answer: { kind: "value", value: 5 },
      position: 7,
    });
  });

  it("lists every result, a stretch at a time, with the focus where the new ones begin", async () => {
    const core = await begin({ history: true });
    const all = core.meter.results().length;
    expect(all).toBeGreaterThan(200);
    render(Check, { place: { screen: "check" } });
    const rows = () =>
      screen.getByRole("heading", { name: "Je uitkomsten" }).parentElement!.querySelectorAll("li");
    await fireEvent.click(await screen.findByRole("button", { name: "Meer uitkomsten" }));
    for (let before = 100; before < all; before += 100) {
      expect(rows()).toHaveLength(before);
      await fireEvent.click(screen.getByRole("button", { name: "Eerdere uitkomsten" }));
      await waitFor(() => expect(document.activeElement).toBe(rows()[before]!.querySelector("button")));
    }
    expect(rows()).toHaveLength(all);
    expect(screen.queryByRole("button", { name: "Eerdere uitkomsten" })).toBeNull();
  });

  it("goes back to what was chosen, and forward again", async () => {
    await goOn();
    await press("5");
    await screen.findByText("8 van 16");
    expect(chosen()).toBeUndefined();
    await press("Backspace");
    await screen.findByText("7 van 16");
    expect(chosen()).toContain("Vaak");
    await press("ArrowRight");
    await screen.findByText("8 van 16");
    await press("ArrowRight");
    screen.getByText("8 van 16");
  });

  it("stays when an answer could not be kept, and says so", async () => {
    const core = await goOn();
    core.failing = { meterAnswer: { code: "diskFull" } };
    await press("5");
    expect((await screen.findByRole("alert")).textContent).toContain("De schijf is vol");
    screen.getByText("7 van 16");
    expect(chosen()).toBeUndefined();
    core.failing = {};
    await press("5");
    await screen.findByText("8 van 16");
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("skips, and ends in the result", async () => {
    const core = await goOn();
    for (let number = 7; number < 16; number += 1) {
      await press("s");
      await screen.findByText(`${number + 1} van 16`);
    }
    await press("7");
    await waitFor(() =>
      expect(navigation.place).toMatchObject({ screen: "check", result: expect.any(String) }),
    );
    expect(core.called("meterFinish")).toHaveLength(1);
    expect(
      core.called("meterAnswer").filter(({ answer }) => (answer as { kind: string }).kind === "skipped"),
    ).toHaveLength(9);
  });

  it("shows too few answers as such, never as nought", async () => {
    const core = await begin();
    const run = core.runs.find(({ finishedAt }) => finishedAt === null)!;
    run.answers = new Map([["e1", { kind: "value", value: 4 }]]);
    run.finishedAt = run.startedAt;
    render(Check, { place: { screen: "check", result: run.id } });
    expect(await screen.findAllByText("Niet genoeg antwoorden")).toHaveLength(4);
    screen.getByText("1 van 5 beantwoord");
    expect(screen.queryByText("van 100")).toBeNull();
  });

  it("throws an unfinished check away, and can bring it back", async () => {
    const core = await begin();
    render(Check, { place: { screen: "check" } });
    await fireEvent.click(await screen.findByRole("button", { name: "Weggooien" }));
    await screen.findByRole("button", { name: "Beginnen" });
    expect(core.runs.every(({ finishedAt }) => finishedAt !== null)).toBe(true);
    await undo.take();
    await screen.findByRole("button", { name: "Verdergaan" });
  });

  it("begins nothing without consent, and shows the way to it", async () => {
    await begin({ consent: false });
    render(Check, { place: { screen: "check" } });
    await screen.findByText("Je uitkomsten");
    expect(screen.queryByRole("button", { name: "Verdergaan" })).toBeNull();
    screen.getByRole("button", { name: "Naar je keuzes" });
  });
});
