import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { startApp } from "../../../tests/start";
import { byKind } from "./data-map";
import { dataMapRows } from "../../../tests/fake-content";

const openMyData = async (consent: boolean) => {
  const core = await startApp({ language: "en", consent });
  const [seal] = await screen.findAllByRole("button", { name: /Where your data is/ });
  await userEvent.click(seal!);
  return core;
};
const keep = () => screen.findByRole("switch", { name: "Keep my checks and diary on this device" });

describe("My data", () => {
  it("withdraws with two taps, at once, and the seal says so", async () => {
    const core = await openMyData(true);
    await userEvent.click(await keep());
    const dialog = await screen.findByRole("dialog");
    expect(core.called("setConsent")).toEqual([]);
    await userEvent.click(within(dialog).getByRole("button", { name: "Switch off" }));
    expect(core.called("setConsent")).toEqual([{ purpose: "keep_on_device", given: false }]);
    await waitFor(async () => expect((await keep()).getAttribute("aria-checked")).toBe("false"));
    expect((await screen.findAllByText("Paused by you")).length).toBeGreaterThan(0);
  });

  it("gives with one tap", async () => {
    const core = await openMyData(false);
    await userEvent.click(await keep());
    expect(core.called("setConsent")).toEqual([{ purpose: "keep_on_device", given: true }]);
  });
});

it("is where the seal leads with a copy on a server too, with all that there is to choose, and leads on to syncing", async () => {
  await startApp({ language: "en", account: { joined: true, sync: { kind: "upToDate" } } });
  const [seal] = await screen.findAllByRole("button", { name: /Encrypted copy up to date$/ });
  await userEvent.click(seal!);
  expect(await screen.findByText(/in your copy on the server/)).toBeDefined();
  await keep();
  expect(screen.getByRole("button", { name: "Settings" })).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "Between your devices" }));
  expect(await screen.findByText("Everything on this device is in your encrypted copy.")).toBeDefined();
});

it("tells of a vault that was set aside, and deletes it with the backups", async () => {
  const core = await startApp({ language: "en", keys: { aside: true } });
  const [seal] = await screen.findAllByRole("button", { name: /Where your data is/ });
  await userEvent.click(seal!);
  expect(await screen.findByText(/What you deleted may still be in those/)).toBeDefined();
  await userEvent.click(screen.getAllByRole("button", { name: "Backups" })[0]!);
  const row = (await screen.findByText("Set aside on 23 November 2026")).closest("li")!;
  await userEvent.click(within(row).getByRole("button", { name: "Delete" }));
  expect(core.called("deleteAside")).toEqual([{ name: "set-aside-2026-11-23" }]);
  await waitFor(() => expect(screen.queryByText("Vaults that were set aside")).toBeNull());
});

it("shows every row of the data map under its kind", () => {
  const rows = dataMapRows("nl");
  const kinds = byKind(rows);
  expect(kinds.flatMap((kind) => kind.rows)).toHaveLength(rows.length);
  expect(kinds.length).toBeLessThan(rows.length / 3);
});
