import { cleanup, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { startApp } from "../../tests/start";
import { beforeLock } from "./lock.svelte";

const openApp = async () => {
  const core = await startApp({ language: "en" });
  await screen.findByRole("navigation", { name: "Sections" });
  return core;
};

describe("locking", () => {
  it("keeps what is under the pen first", async () => {
    const core = await openApp();
    let kept = false;
    const off = beforeLock(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(core.called("lock")).toEqual([]);
      kept = true;
    });
    await userEvent.keyboard("{Control>}l{/Control}");
    await screen.findByLabelText("Passphrase");
    expect(kept).toBe(true);
    off();
  });

  it("hides and locks the recovery code of the first run too", async () => {
    for (const [key, seen] of [
      ["{F9}", "hide"],
      ["{Control>}l{/Control}", "lock"],
    ] as const) {
      const core = await startApp({ language: "en", stage: { kind: "firstRun", step: "recovery" } });
      await screen.findByRole("heading", { level: 1 });
      await userEvent.keyboard(key);
      await waitFor(() => expect(core.called(seen)).toHaveLength(1));
      cleanup();
    }
  });

  it("asks when something could not be kept", async () => {
    const core = await openApp();
    const off = beforeLock(() => Promise.reject(new Error("disk full")));
    await userEvent.keyboard("{Control>}l{/Control}");
    await screen.findByRole("heading", { name: "Not everything has been saved" });
    expect(core.called("lock")).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Stay open" }));
    expect(core.called("lock")).toEqual([]);
    await userEvent.keyboard("{Control>}l{/Control}");
    await userEvent.click(await screen.findByRole("button", { name: "Lock anyway" }));
    await screen.findByLabelText("Passphrase");
    off();
  });

  it("keeps what is under the pen before the window closes", async () => {
    const core = await openApp();
    let kept = false;
    const off = beforeLock(async () => {
      expect(core.called("closeWindow")).toEqual([]);
      kept = true;
    });
    dispatchEvent(new Event("regie:closing"));
    await waitFor(() => expect(core.called("closeWindow")).toHaveLength(1));
    expect(kept).toBe(true);
    off();
  });

  it("keeps what is under the pen before Regie locks by itself", async () => {
    const core = await openApp();
    let kept = false;
    const off = beforeLock(async () => {
      expect(core.called("lock")).toEqual([]);
      kept = true;
    });
    dispatchEvent(new Event("regie:locking"));
    await screen.findByLabelText("Passphrase");
    expect(kept).toBe(true);
    off();
  });

  it("does not close the window over words that could not be kept, unless told to", async () => {
    const core = await openApp();
    const off = beforeLock(() => Promise.reject(new Error("disk full")));
    dispatchEvent(new Event("regie:closing"));
    await screen.findByRole("heading", { name: "Not everything has been saved" });
    expect(core.called("closeWindow")).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Close anyway" }));
    await waitFor(() => expect(core.called("closeWindow")).toHaveLength(1));
    off();
  });

  it("returns to the lock screen when the core says that it is locked", async () => {
    const core = await openApp();
    core.stage = { kind: "locked", waitSeconds: 0 };
    core.failing = { purposes: { code: "locked" } };
    await userEvent.click(screen.getAllByRole("button", { name: /Only on this device/ })[0]!);
    await waitFor(() => expect(screen.getByLabelText("Passphrase")).toBeDefined());
  });
});
