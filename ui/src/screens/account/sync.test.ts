import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { navigation } from "$app/navigation.svelte";
import { fakeCode } from "../../../tests/fake-came";
import type { FakeOptions } from "../../../tests/fake-core";
import { startApp } from "../../../tests/start";
import "./Account.svelte";

const press = async (name: string | RegExp) => userEvent.click(await screen.findByRole("button", { name }));
const open = async (options: FakeOptions) => {
  const core = await startApp({ language: "en", ...options });
  navigation.go({ screen: "account" });
  return core;
};
const stopped = { kind: "stopped", alarm: { kind: "olderState", missing: 10 } } as const;

describe("between a person's devices", () => {
  it("goes on from this device only after it was told what that means", async () => {
    const core = await open({ account: { joined: true, sync: stopped } });
    await press("Go on from this device");
    const dialog = await screen.findByRole("dialog", { name: "Going on from this device" });
    expect(within(dialog).getByText(/Your other devices first show what differs/)).toBeTruthy();
    const decided = () => core.calls.filter(({ name }) => name === "syncDecide");
    expect(document.activeElement).toBe(within(dialog).getByRole("heading"));
    await userEvent.click(within(dialog).getByRole("button", { name: "Not now" }));
    expect(decided()).toHaveLength(0);
    await press("Go on from this device");
    await userEvent.click(
      within(await screen.findByRole("dialog")).getByRole("button", { name: "Go on from this device" }),
    );
    expect(decided().map(({ input }) => input)).toEqual([{ decision: "goOnFromHere" }]);
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("says that there is no room for photos, and that what was written is in the copy", async () => {
    await open({ account: { joined: true, noRoom: true } });
    const notice = await screen.findByText(
      /^The server has no room for more photos and recordings \(4\.3 GB\)/,
    );
    expect(notice.textContent).toContain("3 are on this device");
    expect(screen.getByText("Everything you wrote is in your encrypted copy.")).toBeTruthy();
  });

  it("drops nothing from the server that no device knows before the person says so", async () => {
    const core = await open({ account: { joined: true, leftOver: true } });
    expect(await screen.findByText(/^34 of the 120 photos and recordings/)).toBeTruthy();
    const decided = () => core.called("syncDecide").map(({ decision }) => decision);
    expect(decided()).toEqual([]);
    await press("Delete from the server");
    expect(decided()).toEqual(["dropLeftOver"]);
    await waitFor(() => expect(document.activeElement?.textContent).toBe("Between your devices"));
    expect(screen.queryByText(/^34 of the 120/)).toBeNull();
  });

  it("leads to the export from where syncing stopped, and fetches no older state", async () => {
    await open({ account: { joined: true, sync: stopped } });
    expect(await screen.findByRole("button", { name: "Take everything along" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Fetch everything anew" })).toBeNull();
  });

  it("compares the code of another device with its own, and stops only when the person says so", async () => {
    const core = await open({ account: { joined: true, sync: { kind: "upToDate" } } });
    await userEvent.click(await screen.findByText("Are my devices seeing the same?"));
    expect(screen.getByText(fakeCode.code)).toBeTruthy();
    const type = async (number: string, code: string) => {
      const [where, what] = ["Number on the other device", "Code on the other device"];
      for (const [label, text] of [
        [where, number],
        [what, code],
      ] as const) {
        const field = screen.getByLabelText(label);
        await userEvent.clear(field);
        await userEvent.type(field, text);
      }
      await press("Compare");
    };
    await type("104", "k7qm 2d0x");
    expect(await screen.findByText("Both devices see the same.")).toBeTruthy();
    await type("105", "k7qm 2d0x");
    expect(await screen.findByText(/The other device is further/)).toBeTruthy();
    await type("104", "0000-0000");
    expect(await screen.findByText("They differ")).toBeTruthy();
    expect(core.calls.some(({ name }) => name === "syncDecide")).toBe(false);
    await press("Stop syncing");
    const decided = core.calls.filter(({ name }) => name === "syncDecide");
    expect(decided.map(({ input }) => input)).toEqual([{ decision: "codesDiffer" }]);
  });

  it("asks about one record by its title and day, and about each by itself", async () => {
    const core = await open({
      account: { joined: true, sync: { kind: "upToDate" } },
      fromElsewhere: { asked: true },
    });
    expect(await screen.findByText("Langs de rivier gelopen")).toBeTruthy();
    const [keep] = screen.getAllByRole("button", { name: "Keep it" });
    const described = document.getElementById(keep!.getAttribute("aria-describedby")!);
    expect(described?.textContent).toContain("Langs de rivier gelopen");
    await userEvent.click(keep!);
    expect(core.elsewhere.answers).toEqual({ ["0a".repeat(16)]: true });
    expect(await screen.findByText("A check or questionnaire")).toBeTruthy();
    await press("Let it go");
    expect(screen.queryByText("Deleted on one device, and not on the other")).toBeNull();
  });
});
