import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { navigation } from "$app/navigation.svelte";
import { fakePassphrase, type FakeOptions } from "../../../tests/fake-core";
import { startApp } from "../../../tests/start";
import "./Account.svelte";

const notHere = { photos: 3, sounds: 1, bytes: 5_200_000, outOfReach: 0 };
const dialog = () => screen.findByRole("dialog", { name: "Not everything is on this device" });
const press = async (name: string) => userEvent.click(within(await dialog()).getByRole("button", { name }));

const turnOff = async (options: FakeOptions) => {
  const core = await startApp({ language: "en", account: { joined: true, noRoom: true }, ...options });
  navigation.go({ screen: "account", page: "copy" });
  await userEvent.click(await screen.findByRole("switch"));
  return core;
};
const ended = (core: Awaited<ReturnType<typeof startApp>>) => core.called("wantCopy");

describe("before the copy on the server ends", () => {
  it("nothing is asked where everything is here", async () => {
    const core = await turnOff({});
    await waitFor(() => expect(ended(core)).toEqual([{ wanted: false }]));
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("what only the server has is told, fetched, and then it ends", async () => {
    const core = await turnOff({ along: { notHere } });
    const asked = await dialog();
    expect(asked.textContent).toContain("3 photos and 1 recording (5.2 MB)");
    expect(ended(core)).toEqual([]);
    await press("Fetch them first");
    await waitFor(() => expect(ended(core)).toEqual([{ wanted: false }]));
    expect(core.called("fetchOriginals")).toEqual([{ along: null }]);
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("it ends without a network too, and stays when the person thinks better of it", async () => {
    const core = await turnOff({ along: { notHere, noNetwork: true } });
    await press("Fetch them first");
    await waitFor(async () =>
      expect((await dialog()).textContent).toContain("The server cannot be reached. What came is here"),
    );
    await press("Keep the copy");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(ended(core)).toEqual([]);
    await userEvent.click(screen.getByRole("switch"));
    await press("Go on without");
    await waitFor(() => expect(ended(core)).toEqual([{ wanted: false }]));
  });

  it("fetching is stopped where it is, and what the server has no more is told before it ends", async () => {
    const core = await turnOff({ along: { notHere, holdAt: 40 } });
    await press("Fetch them first");
    const bar = await screen.findByRole("progressbar");
    await waitFor(() => expect(bar.getAttribute("aria-valuenow")).toBe("40"));
    await press("Stop");
    await waitFor(async () => expect((await dialog()).textContent).toContain("Fetching was stopped"));
    expect(ended(core)).toEqual([]);
  });

  it("what turns out to be lost is told before it ends", async () => {
    const core = await turnOff({ along: { notHere } });
    core.export.lost = 1;
    await press("Fetch them first");
    await waitFor(async () => expect((await dialog()).textContent).toContain("1 cannot be fetched"));
    expect(ended(core)).toEqual([]);
    await press("Go on");
    await waitFor(() => expect(ended(core)).toEqual([{ wanted: false }]));
  });

  it("leaving only the copy asks the same; deleting everything says what goes and where it can be fetched", async () => {
    const core = await startApp({ language: "en", account: { joined: true }, along: { notHere } });
    navigation.go({ screen: "account", page: "leave" });
    await userEvent.click(await screen.findByRole("radio", { name: "Everything" }));
    await screen.findByText(/^Not whole on this device: 3 photos and 1 recording \(5.2 MB\)/);
    await userEvent.click(screen.getByRole("radio", { name: "Only the copy on the server" }));
    await userEvent.type(screen.getByLabelText("Your present passphrase"), fakePassphrase);
    await userEvent.click(screen.getByRole("button", { name: "Erase the copy" }));
    await dialog();
    expect(core.called("leaveCopy")).toEqual([]);
    await press("Go on without");
    await screen.findByRole("heading", { name: "There is no copy any more" });
  });
});
