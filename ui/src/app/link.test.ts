import { screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { forget } from "$screens/account/join.svelte";
import { startApp } from "../../tests/start";
import "$screens/account/Account.svelte";

const link =
  "regie://join?server=https%3A%2F%2Fregie.waterland.example&code=7H3K-Q2XM-90BT-VC4R-E8WN-5JPZ-AD61";
const press = async (name: string) => userEvent.click(await screen.findByRole("button", { name }));

beforeEach(forget);

describe("a link that the system hands over", () => {
  it("is asked about, fills in the screen of joining, and looks at nothing by itself", async () => {
    const core = await startApp({ language: "en" });
    core.account.handed = { kind: "invitation", link };
    dispatchEvent(new Event("regie:link"));
    await press("Look at the invitation");
    await screen.findByRole("heading", { name: "Your invitation", level: 1 });
    const field = await screen.findByLabelText<HTMLTextAreaElement>("Link or code");
    expect(field.value).toBe(link);
    for (const name of ["lookAtServer", "lookAtInvitation", "beginJoining", "join"])
      expect(core.called(name)).toEqual([]);
  });

  it("changes nothing where it is put away, where somebody joined, and where it is none", async () => {
    const core = await startApp({ language: "en", account: { joined: true } });
    for (const [handed, words] of [
      [{ kind: "joined" }, /belongs to a server already/],
      [{ kind: "refused" }, /no invitation of Regie/],
    ] as const) {
      core.account.handed = handed;
      dispatchEvent(new Event("regie:link"));
      expect(await screen.findByText(words)).toBeDefined();
      expect(screen.queryByRole("button", { name: "Look at the invitation" })).toBeNull();
      await press("All right");
      await waitFor(() => expect(screen.queryByText(words)).toBeNull());
    }
    expect(core.called("lookAtServer")).toEqual([]);
  });
});
