import { screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hiding } from "$app/hiding.svelte";
import { navigation } from "$app/navigation.svelte";
import type { FrameSeen } from "$lib/bindings";
import { fakeInvitation, fakeServer } from "../../../tests/fake-account";
import { fakePairCode, fakePairDigits } from "../../../tests/fake-pairing";
import { startApp } from "../../../tests/start";
import "./Account.svelte";
import { forget } from "./join.svelte";
import { patience } from "./scan.svelte";

const press = async (name: string) => userEvent.click(await screen.findByRole("button", { name }));
const link = `regie://join?server=${encodeURIComponent(fakeServer)}&code=${fakeInvitation}`;
const button = "Scan with the camera";

/** A camera of the page's, of which it is known whether it is on. */
class Camera {
  readonly tracks: { readyState: string; onended: (() => void) | null }[] = [];
  refuses: string | null = null;
  readonly asked: MediaStreamConstraints[] = [];

  constructor(kinds: string[] = ["videoinput"]) {
    const devices = {
      enumerateDevices: () => Promise.resolve(kinds.map((kind) => ({ kind }))),
      getUserMedia: (wanted: MediaStreamConstraints) => {
        this.asked.push(wanted);
        if (this.refuses) return Promise.reject(new DOMException("no", this.refuses));
        const track = {
          readyState: "live",
          onended: null as (() => void) | null,
          stop: () => (track.readyState = "ended"),
          getSettings: () => ({}),
        };
        this.tracks.push(track);
        return Promise.resolve({ getTracks: () => [track], getVideoTracks: () => [track] });
      },
    };
    Object.defineProperty(navigator, "mediaDevices", { value: devices, configurable: true });
  }

  get isOn() {
    return this.tracks.some(({ readyState }) => readyState === "live");
  }
}

async function open(page: "join" | "devices", camera: Camera | null = new Camera()) {
  const core = await startApp({ language: "en", account: { joined: page === "devices" } });
  navigation.go({ screen: "account", page });
  if (page === "devices") await press("Add a device");
  return { core, camera: camera! };
}

beforeEach(() => {
  forget();
  // jsdom draws nothing: a frame of four by two dots, dark and light.
  const data = Uint8ClampedArray.from({ length: 32 }, (_, at) => (at < 16 ? 0 : 255));
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({
    drawImage: () => {},
    getImageData: () => ({ data }),
  } as never);
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
  vi.spyOn(HTMLVideoElement.prototype, "videoWidth", "get").mockReturnValue(4);
  vi.spyOn(HTMLVideoElement.prototype, "videoHeight", "get").mockReturnValue(2);
});

afterEach(() => {
  vi.restoreAllMocks();
  Reflect.deleteProperty(navigator, "mediaDevices");
  vi.useRealTimers();
});

describe("scanning an invitation", () => {
  it("has the picture alone, hands small grey frames over, and is off as soon as the code was read", async () => {
    const { core, camera } = await open("join");
    await press(button);
    await screen.findByText("Hold the code in front of the camera.");
    await waitFor(() => expect(core.called("codeInFrame").length).toBeGreaterThan(1));
    expect(core.called("codeInFrame")[0]).toEqual({
      kind: "invitation",
      frame: { width: 4, height: 2, dots: btoa("\0\0\0\0\xff\xff\xff\xff") },
    });
    expect(camera.asked[0]?.audio).toBe(false);
    expect(core.called("beginScan")).toHaveLength(1);
    core.account.frame = { kind: "other" };
    await screen.findByText(/This code is not an invitation from Regie/);
    expect(camera.isOn).toBe(true);
    core.account.frame = { kind: "found", text: link };
    const field = await screen.findByLabelText<HTMLTextAreaElement>("Link or code");
    await waitFor(() => expect(field.value).toBe(link));
    expect(camera.isOn).toBe(false);
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(core.called("lookAtServer"), "filled in, and nothing more").toEqual([]);
  });

  it("is offered only where there is a camera and the core lets it be used", async () => {
    await open("join", new Camera(["audioinput"]));
    await screen.findByRole("button", { name: "From a picture of a QR code" });
    expect(screen.queryByRole("button", { name: button })).toBeNull();
  });

  it.each([
    ["NotAllowedError", "Regie may not use the camera"],
    ["NotFoundError", "There is no camera any more"],
    ["OverconstrainedError", "There is no camera any more"],
    ["NotReadableError", "The camera does not start"],
    ["UnknownError", "The camera stopped"],
  ])("says what %s means, and lets it be tried again", async (name, told) => {
    const { camera } = await open("join");
    camera.refuses = name;
    await press(button);
    expect((await screen.findByRole("alert")).textContent).toContain(told);
    camera.refuses = null;
    await press("Try again");
    await screen.findByText("Hold the code in front of the camera.");
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("goes off with the button, when the screen is left, hidden or out of sight, and when it is pulled out", async () => {
    const { core, camera } = await open("join");
    const on = async () => {
      await press(button);
      await waitFor(() => expect(camera.isOn).toBe(true));
    };
    const off = () => waitFor(() => expect(camera.isOn).toBe(false));
    await on();
    await press("Switch the camera off");
    await off();
    await on();
    vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    await off();
    await on();
    camera.tracks.at(-1)?.onended?.();
    expect((await screen.findByRole("alert")).textContent).toContain("The camera stopped");
    await off();
    await press("Go on without the camera");
    await on();
    navigation.go({ screen: "account" });
    await off();
    const looks = core.called("codeInFrame").length;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(core.called("codeInFrame"), "nobody looks any more").toHaveLength(looks);
    navigation.go({ screen: "account", page: "join" });
    await on();
    hiding.covered = true;
    await off();
    hiding.covered = false;
  });

  it("goes off by itself when it is forgotten, and drops what comes too late", async () => {
    const { core, camera } = await open("join");
    vi.useFakeTimers({ shouldAdvanceTime: true });
    let answer: (seen: FrameSeen) => void = () => {};
    core.account.handlers["codeInFrame"] = () => new Promise((resolve) => (answer = resolve));
    await press(button);
    await waitFor(() => expect(core.called("codeInFrame")).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(patience);
    expect((await screen.findByRole("alert")).textContent).toContain("The camera is off again");
    expect(camera.isOn).toBe(false);
    answer({ kind: "found", text: link });
    await vi.advanceTimersByTimeAsync(500);
    expect(screen.getByLabelText<HTMLTextAreaElement>("Link or code").value).toBe("");
  });
});

describe("scanning the code of a new device", () => {
  it("goes on to the digits at once", async () => {
    const { core } = await open("devices");
    core.account.frame = { kind: "found", text: fakePairCode };
    await press(button);
    await screen.findByRole("heading", { name: "Do the digits match?", level: 1 });
    expect(core.called("codeInFrame")[0]).toMatchObject({ kind: "pairing" });
    expect(core.called("pairEnter")).toEqual([{ code: fakePairCode }]);
    expect(document.body.textContent.replaceAll(/\D/g, "")).toContain(fakePairDigits);
  });
});
