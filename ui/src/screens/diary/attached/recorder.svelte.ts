import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { beforeLock } from "$app/lock.svelte";
import { deleted } from "$app/undo.svelte";
import type { RecordingRules, UiError } from "$lib/bindings";
import { base64Of } from "$lib/bytes";
import { captureTroubles } from "$lib/capture";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import type { Addition } from "./attachments.svelte";
import { LevelMeter } from "./level";
import { waiting } from "./waiting.svelte";

/** Why nothing is heard (any more). */
export type RecordTrouble = "refused" | "none" | "busy" | "unable" | "failed" | "nothing";

type Phase = "off" | "asking" | "recording" | "paused" | "ending";

/** What the core can take apart, by what is smallest and plainest. */
const types = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4;codecs=mp4a.40.2", "audio/mp4"];

/** Between two looks at the clock. */
const glance = 250;
/** So long nothing was heard before the person is told. */
const silence = 4_000;
/** So long the web view may take to hand over the last words. */
const stopping = 3_000;
/** So often what was said could not be kept before the microphone goes off. */
const patience = 6;

const troubles: Record<string, RecordTrouble> = { ...captureTroubles, NotSupportedError: "unable" };

function usableType(): string | null {
  // Not every web view has it.
  const recorder = globalThis.MediaRecorder as typeof MediaRecorder | undefined;
  return types.find((type) => recorder?.isTypeSupported(type)) ?? null;
}

/** The entry behind it: which one it is, and how a recording comes into it. */
type Behind = { id: () => string | null; keep: (addition: Addition) => Promise<boolean> };

/**
 * Records a voice note for one entry. What was said goes to the core every few seconds. A pause ends a part and switches the microphone off;
 * going on begins another part.
 */
export class Recorder {
  phase = $state<Phase>("off");
  /** How much was said. */
  seconds = $state(0);
  /** How loud it is, from 0 to 1. */
  level = $state(0);
  /** Nothing is heard at all. */
  silent = $state(false);
  /** The end is near. */
  ending = $state(false);
  trouble = $state.raw<RecordTrouble | null>(null);
  /** Why it may not begin, or why what was said last is not kept yet: that is tried again. */
  failure = $state.raw<UiError | null>(null);
  offered = $state(false);

  #rules: RecordingRules | null = null;
  #stream: MediaStream | null = null;
  #recorder: MediaRecorder | null = null;
  #meter: LevelMeter | null = null;
  #clock: ReturnType<typeof setInterval> | undefined;
  #unregister = () => {};
  /** Milliseconds of the parts before this one, and since when this one goes. */
  #before = 0;
  #since: number | null = null;
  #heard = 0;
  #number = 0;
  #part = 0;
  #pieces: Blob[] = [];
  #failures = 0;
  #sent: Promise<void> = Promise.resolve();
  /** The end of a part, until it is kept or cannot be. */
  #doing: Promise<boolean> | null = null;
  /** Counts beginnings and ends: what was asked for before is dropped. */
  #round = 0;

  constructor(private readonly behind: Behind) {}

  /** Whether the button is shown. Nothing is switched on by asking. */
  async look() {
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    this.offered = Boolean(devices) && usableType() !== null && (await core.mayRecord().catch(() => false));
  }

  get active(): boolean {
    return this.phase !== "off";
  }

  /** How long it may still last. */
  get left(): number {
    return Math.max(0, (this.#rules?.mostSeconds ?? 0) - this.seconds);
  }

  async start() {
    if (this.active) return;
    this.#begin();
    const round = this.#round;
    try {
      const rules = await core.recordingBegin(this.behind.id());
      // Left meanwhile.
      if (round !== this.#round) return;
      this.#rules = rules;
    } catch (thrown) {
      // One that waits comes first; what else it is stands with it.
      await waiting.load();
      if (waiting.view === null) this.failure = asUiError(thrown);
      return this.#off();
    }
    if (await this.#listen()) announce(m.record_begun());
  }

  /** The microphone is off until the person goes on. */
  async pause() {
    if (this.phase !== "recording") return;
    this.phase = "ending";
    await this.#endPart();
    if (this.#rules === null) return;
    this.phase = "paused";
    announce(m.record_paused());
  }

  async resume() {
    if (this.phase !== "paused") return;
    // A part must not begin in the middle of another.
    if (!(await this.#keepRest())) return;
    this.phase = "asking";
    this.trouble = null;
    this.#part += 1;
    if (await this.#listen()) announce(m.record_resumed());
  }

  /** Ends it, and keeps it in the entry. */
  async stop() {
    const id = await this.#end();
    if (id === null) return;
    if (this.#number === 0) {
      this.trouble = "nothing";
      return this.#off();
    }
    const addition = (entry: string | null) => core.recordingKeep(id, entry);
    const kept = await this.behind.keep(addition).catch((thrown: unknown) => asUiError(thrown));
    if (kept === true) announce(m.record_kept());
    else {
      await waiting.load();
      if (typeof kept !== "boolean") waiting.failure = kept;
    }
    this.#off();
  }

  /** Ends it here; what was said waits in the vault. Rejects when the last of it could not be kept. */
  hold = async () => {
    const id = await this.#end();
    if (id !== null) {
      this.#off();
      await waiting.load();
    } else if (this.active && this.failure !== null) throw this.failure;
  };

  async throwAway() {
    await this.#doing;
    const id = this.#rules?.id;
    if (id === undefined || this.phase === "ending") return;
    this.phase = "ending";
    this.#pieces = [];
    if (this.#recorder) this.#recorder.ondataavailable = null;
    // What is on its way would come back.
    await this.#endPart();
    try {
      announce(deleted(m.record_thrown_away(), await core.recordingThrowAway(id)));
    } catch (thrown) {
      await waiting.load();
      waiting.failure = asUiError(thrown);
    }
    this.#off();
  }

  #begin() {
    this.phase = "asking";
    this.trouble = null;
    this.failure = null;
    this.ending = false;
    this.seconds = this.#before = this.#number = this.#part = this.#failures = 0;
    this.#pieces = [];
    this.#round += 1;
    this.#unregister = beforeLock(this.hold);
  }

  /** Whether the microphone is on now. */
  async #listen(): Promise<boolean> {
    const round = this.#round;
    try {
      await core.beginListening();
      const { channels } = this.#rules!;
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: channels },
        video: false,
      });
      // Ended while the system asked.
      if (round !== this.#round) {
        release(stream);
        return false;
      }
      this.#stream = stream;
      this.#record(stream);
      this.phase = "recording";
      return true;
    } catch (thrown) {
      if (round !== this.#round) return false;
      const trouble = troubles[(thrown as Error).name] ?? "failed";
      this.#silence();
      // What was said before stays, and can be gone on with.
      if (this.#part > 0) this.phase = "paused";
      else this.#off();
      this.trouble = trouble;
      return false;
    }
  }

  #record(stream: MediaStream) {
    const { bitsPerSecond, pieceSeconds } = this.#rules!;
    const recorder = new MediaRecorder(stream, {
      mimeType: usableType()!,
      audioBitsPerSecond: bitsPerSecond,
    });
    recorder.ondataavailable = ({ data }) => this.#hand(data);
    recorder.onerror = () => void this.#lost();
    for (const track of stream.getTracks()) track.onended = () => void this.#lost();
    recorder.start(pieceSeconds * 1_000);
    this.#recorder = recorder;
    this.#meter = new LevelMeter(stream);
    this.#since = this.#heard = performance.now();
    this.#clock = setInterval(() => this.#glance(), glance);
  }

  /** The microphone went, or the web view cannot go on: what was said so far waits. */
  async #lost() {
    if (this.phase !== "recording") return;
    await this.hold().catch(() => {});
    this.trouble = "failed";
  }

  #said(): number {
    return this.#before + (this.#since === null ? 0 : performance.now() - this.#since);
  }

  #glance() {
    const { mostSeconds, toldBeforeSeconds } = this.#rules!;
    this.seconds = Math.min(Math.floor(this.#said() / 1_000), mostSeconds);
    const level = this.#meter?.level() ?? null;
    this.level = level ?? 0;
    if (level !== 0) this.#heard = performance.now();
    this.silent = performance.now() - this.#heard > silence;
    if (!this.ending && this.left <= toldBeforeSeconds) {
      this.ending = true;
      announce(m.record_ending({ minutes: Math.ceil(this.left / 60) }));
    }
    if (this.seconds >= mostSeconds) void this.stop();
  }

  /** What was said since the last piece; what could not be kept before goes along. */
  #hand(data: Blob) {
    if (data.size === 0) return;
    const [entry, said] = [this.behind.id(), Math.round(this.#said())];
    this.#pieces.push(data);
    this.#sent = this.#sent.then(() => this.#send(entry, said));
  }

  async #send(entry: string | null, saidMs: number) {
    // More may come while these are on their way.
    const pieces = [...this.#pieces];
    if (pieces.length === 0 || this.#rules === null) return;
    try {
      await core.recordingPiece({
        recording: this.#rules.id,
        entry,
        number: this.#number,
        part: this.#part,
        saidMs,
        bytes: await base64Of(new Blob(pieces)),
      });
      this.#number += 1;
      this.#pieces = this.#pieces.slice(pieces.length);
      this.#failures = 0;
      this.failure = null;
    } catch (thrown) {
      this.failure = asUiError(thrown);
      this.#failures += 1;
      if (this.failure.code === "locked") this.#off();
      else if (this.#failures === patience) void this.hold().catch(() => {});
    }
  }

  /** The part ends; whether all of it is kept. */
  #endPart(): Promise<boolean> {
    this.#doing = this.#stopPart()
      .then(() => this.#keepRest())
      .finally(() => (this.#doing = null));
    return this.#doing;
  }

  async #stopPart() {
    const recorder = this.#recorder;
    this.#recorder = null;
    this.#before = this.#said();
    this.#since = null;
    if (recorder && recorder.state !== "inactive") {
      const stopped = new Promise((resolve) => (recorder.onstop = resolve));
      recorder.stop();
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, stopping))]);
      // What comes later belongs to nothing.
      recorder.ondataavailable = recorder.onerror = null;
    }
    this.#silence();
    this.seconds = Math.floor(this.#before / 1_000);
  }

  /** Whether all that was said is kept by now. */
  async #keepRest(): Promise<boolean> {
    await this.#sent;
    if (this.#pieces.length > 0) await this.#send(this.behind.id(), Math.round(this.#before));
    return this.#pieces.length === 0;
  }

  /** Which recording it was; null when there is none to end, or the last of it is not kept: then it stands paused. */
  async #end(): Promise<string | null> {
    await this.#doing;
    if (this.phase === "off" || this.phase === "ending") return null;
    if (this.#rules === null) {
      this.#off();
      return null;
    }
    this.phase = "ending";
    this.#round += 1;
    if (await this.#endPart()) return this.#rules?.id ?? null;
    // The lock may have closed with it.
    if (this.#rules !== null) this.phase = "paused";
    return null;
  }

  #silence() {
    clearInterval(this.#clock);
    this.#meter?.end();
    this.#meter = null;
    if (this.#stream) release(this.#stream);
    this.#stream = null;
    this.level = 0;
    this.silent = false;
  }

  #off() {
    this.#round += 1;
    this.#silence();
    this.#recorder = null;
    this.#since = null;
    this.#rules = null;
    this.#pieces = [];
    this.#unregister();
    this.phase = "off";
  }
}

function release(stream: MediaStream) {
  for (const track of stream.getTracks()) {
    track.onended = null;
    track.stop();
  }
}
