import { screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { navigation } from "$app/navigation.svelte";
import { startApp } from "../../../../tests/start";
import "$screens/account/Account.svelte";
import "./Largest.svelte";

describe("the largest", () => {
  it("are listed by size with the day and where they are, and lead to their entries", async () => {
    await startApp({ language: "en", attached: true });
    navigation.go({ screen: "settings" });
    await userEvent.click(await screen.findByRole("button", { name: "The largest photos and recordings" }));
    await screen.findByRole("heading", { name: "The largest photos and recordings", level: 1 });
    const rows = screen.getAllByRole("listitem").map((row) => row.textContent!.replace(/\s+/g, " "));
    expect(rows).toHaveLength(7);
    expect(rows[0]).toMatch(/Photo: .*1\.2 MB/);
    expect(rows.at(-1)).toMatch(/Recording: .*32 kB/);
    expect(rows[1]).toContain("only on this device: the server has no room");
    // The row leads to its entry; the diary itself is another test's.
    const go = vi.spyOn(navigation, "go").mockImplementation(() => {});
    await userEvent.click(screen.getByRole("button", { name: /Wet shoes on the mat/ }));
    expect(go.mock.calls).toEqual([[{ screen: "diary", entry: "entry-1" }]]);
    go.mockRestore();
  });

  it("are near where there is no room", async () => {
    await startApp({ language: "en", account: { joined: true, noRoom: true } });
    navigation.go({ screen: "account" });
    await userEvent.click(await screen.findByRole("button", { name: "See the largest" }));
    await screen.findByText("You have no photos or recordings yet.");
  });
});
