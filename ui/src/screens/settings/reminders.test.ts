import { screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { navigation } from "$app/navigation.svelte";
import { startApp } from "../../../tests/start";

it("keeps each choice at once, and a reminder without a day is off with its days kept", async () => {
  const core = await startApp({ language: "en" });
  navigation.go({ screen: "settings" });
  const check = await screen.findByRole("switch", { name: "For the check" }, { timeout: 5000 });
  expect(screen.queryByRole("checkbox", { name: "Saturday" })).toBeNull();
  await userEvent.click(check);
  const saturday = await screen.findByRole("checkbox", { name: "Saturday" });
  const last = () =>
    (core.called("saveReminders").at(-1)?.schedule as { rhythms: { check: object } }).rhythms.check;
  await waitFor(() => expect(last()).toMatchObject({ on: true, minute: 600 }));
  await userEvent.selectOptions(screen.getAllByLabelText("Time")[0]!, "18:30");
  await waitFor(() => expect(last()).toMatchObject({ minute: 1110 }));
  await userEvent.click(saturday);
  await waitFor(() =>
    expect(last()).toMatchObject({ on: false, days: [false, false, false, false, false, true, false] }),
  );
  expect(check.getAttribute("aria-checked")).toBe("false");
});

it("keeps both of two choices that follow each other at once", async () => {
  const core = await startApp({ language: "en" });
  navigation.go({ screen: "settings" });
  const check = await screen.findByRole("switch", { name: "For the check" }, { timeout: 5000 });
  check.click();
  screen.getByRole("switch", { name: "For your diary" }).click();
  await waitFor(() => expect(core.called("saveReminders")).toHaveLength(2));
  const { rhythms } = core.called("saveReminders").at(-1)?.schedule as { rhythms: Record<string, object> };
  expect([rhythms.check, rhythms.diary]).toMatchObject([{ on: true }, { on: true }]);
});
