import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { navigation } from "$app/navigation.svelte";
import { startApp } from "../../../tests/start";

const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));

it("puts a result on hold with a reason, lists it, and releases it with one tap", async () => {
  const core = await startApp({ language: "en", pausedRun: false });
  const id = core.meter.results()[0]!.id;
  navigation.go({ screen: "check", result: id });
  await press("Put on hold");
  const dialog = await screen.findByRole("dialog");
  await userEvent.type(within(dialog).getByLabelText("Why? You need not say."), "A talk is still going on");
  await userEvent.click(within(dialog).getByRole("button", { name: "Put on hold" }));
  expect(await screen.findByText(/not in your trend/)).toBeDefined();
  expect(core.called("putOnHold")).toEqual([{ record: id, reason: "A talk is still going on" }]);
  navigation.go({ screen: "onHold" });
  await screen.findByRole("heading", { level: 1, name: "What is on hold" });
  const row = (await screen.findByText(/A talk is still going on/)).closest("li")!;
  await userEvent.click(within(row).getByRole("button", { name: /^Release/ }));
  expect(await screen.findByText(/Nothing is on hold by itself/)).toBeDefined();
  expect(core.called("release")).toEqual([{ record: id }]);
});

it("with everything on hold, Today offers nothing and one tap releases it", async () => {
  const core = await startApp({ language: "en", onHold: true, pausedRun: false });
  expect((await screen.findAllByText("Paused by you")).length).toBeGreaterThan(0);
  expect(screen.queryByText("Something to write about")).toBeNull();
  await press("Release");
  await waitFor(async () =>
    expect((await screen.findAllByText("Only on this device")).length).toBeGreaterThan(0),
  );
  expect(core.called("release")).toEqual([{ record: null }]);
});

it("corrects answers and date of a finished check in one go", async () => {
  const core = await startApp({ language: "en", pausedRun: false });
  const id = core.meter.results()[0]!.id;
  navigation.go({ screen: "check", result: id });
  await press("Correct answers or date");
  await screen.findByRole("heading", { level: 1, name: "Correct the check" });
  await press("Keep the correction");
  expect(await screen.findByText("Nothing has been changed yet.")).toBeDefined();
  const [first, second] = await screen.findAllByRole<HTMLSelectElement>("combobox");
  await userEvent.selectOptions(first!, "7");
  await userEvent.selectOptions(second!, "skipped");
  await press("Keep the correction");
  expect(await screen.findByText(/^Corrected on/)).toBeDefined();
  const [{ answers }] = core.called("meterCorrect") as [{ answers: { answer: unknown }[] }];
  expect(answers.map(({ answer }) => answer)).toEqual([{ kind: "value", value: 7 }, { kind: "skipped" }]);
});
