import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import type { CodeKind } from "$lib/bindings";
import { captureTroubles } from "$lib/capture";
import { m } from "$lib/messages";

/** Why nothing is seen (any more). */
export type ScanTrouble = "refused" | "none" | "busy" | "failed" | "late";

/** As wide and high as the core takes a frame. */
const longestSide = 640;
/** Between two frames: a code is seen soon enough, and the computer stays calm. */
const pause = 150;
/** A camera that somebody forgot goes off. */
export const patience = 120_000;

/** Whether there is a camera that may be offered. Nothing is switched on by asking. */
async function isOffered(): Promise<boolean> {
  // Where the web view knows no cameras it has none of this.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices || !(await core.mayScan())) return false;
  return (await devices.enumerateDevices()).some(({ kind }) => kind === "videoinput");
}

/** A frame as the core takes it: small, grey, in base64. */
function greyOf(video: HTMLVideoElement, canvas: HTMLCanvasElement) {
  const { videoWidth, videoHeight } = video;
  const scale = Math.min(1, longestSide / Math.max(videoWidth, videoHeight));
  const [width, height] = [videoWidth, videoHeight].map((side) => Math.max(1, Math.floor(side * scale)));
  if (!width || !height) return null;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return null;
  context.drawImage(video, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  let grey = "";
  for (let at = 0; at < data.length; at += 4) {
    const [red = 0, green = 0, blue = 0] = [data[at], data[at + 1], data[at + 2]];
    // As ITU-R BT.601 weighs them.
    grey += String.fromCharCode((red * 77 + green * 150 + blue * 29) >> 8);
  }
  return { width, height, dots: btoa(grey) };
}

/** Looking for a code with the camera. It is on only while the person looks on, and no frame outlives its look. */
export class Scan {
  offered = $state(false);
  open = $state(false);
  stream = $state.raw<MediaStream | null>(null);
  trouble = $state<ScanTrouble | null>(null);
  /** A code is seen, and not the one that is looked for. */
  other = $state(false);
  #canvas: HTMLCanvasElement | null = null;
  /** Counts switching on and off: what was asked for before is dropped. */
  #round = 0;
  #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(
    private readonly kind: CodeKind,
    private readonly onfound: (text: string) => void,
  ) {}

  /** Whether the button is shown. */
  async look() {
    this.offered = await isOffered().catch(() => false);
  }

  /** The camera that looks at the person is shown as a mirror shows it. */
  get mirrored() {
    return this.stream?.getVideoTracks()[0]?.getSettings().facingMode !== "environment";
  }

  async start() {
    this.#off();
    this.open = true;
    this.trouble = null;
    const round = this.#round;
    try {
      await core.beginScan();
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
      });
      // Closed while the system asked.
      if (round !== this.#round) return stop(stream);
      this.stream = stream;
      for (const track of stream.getTracks()) track.onended = () => this.#fail("failed");
      this.#timers.push(setTimeout(() => this.#fail("late"), patience));
    } catch (thrown) {
      if (round === this.#round) this.#fail(captureTroubles[(thrown as Error).name] ?? "failed");
    }
  }

  /** Looks through what the camera shows, a frame at a time, until a code is found or the camera goes off. */
  async watch(video: HTMLVideoElement) {
    const round = this.#round;
    this.#canvas ??= document.createElement("canvas");
    while (round === this.#round && this.stream) {
      const frame = greyOf(video, this.#canvas);
      if (frame) {
        try {
          const seen = await core.codeInFrame(this.kind, frame);
          if (round !== this.#round) return;
          if (seen.kind === "found") return this.#found(seen.text);
          this.other = seen.kind === "other";
        } catch {
          if (round === this.#round) this.#fail("failed");
          return;
        }
      }
      await new Promise((resolve) => this.#timers.push(setTimeout(resolve, pause)));
    }
  }

  close() {
    this.#off();
    this.open = false;
    this.trouble = null;
  }

  #found(text: string) {
    this.close();
    announce(m.scan_read());
    this.onfound(text);
  }

  #fail(trouble: ScanTrouble) {
    this.#off();
    this.trouble = trouble;
  }

  #off() {
    this.#round += 1;
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
    if (this.stream) stop(this.stream);
    this.stream = null;
    this.other = false;
    // The last frame goes with it.
    if (this.#canvas) this.#canvas.width = this.#canvas.height = 0;
    this.#canvas = null;
  }
}

function stop(stream: MediaStream) {
  for (const track of stream.getTracks()) {
    track.onended = null;
    track.stop();
  }
}
