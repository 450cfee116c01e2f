import { core } from "$app/core";
import type { UiError } from "$lib/bindings";
import { bytesOf } from "$lib/bytes";
import { asUiError } from "$lib/errors";

let heard: Player | null = null;

/** What the core packs recordings into, told by how it begins. */
export function mediaOf(bytes: Uint8Array): string {
  const [first, second] = [bytes[0] ?? 0, bytes[1] ?? 0];
  if (first === 0x4f && second === 0x67) return "audio/ogg; codecs=opus";
  if (first !== 0xff) return "";
  return (second & 0xf6) === 0xf0 ? "audio/aac" : "audio/mpeg";
}

/** Plays one recording; whichever plays stops when another begins. */
export class Player {
  playing = $state(false);
  /** It is being opened, or fetched. */
  opening = $state(false);
  /** Seconds from the beginning. */
  at = $state(0);
  /** The platform has no decoder for it. */
  unplayable = $state(false);
  error = $state.raw<UiError | null>(null);
  #audio: HTMLAudioElement | null = null;
  #address: string | null = null;
  #ended = false;

  constructor(
    private readonly id: string,
    private readonly makeAudio: () => HTMLAudioElement = () => new Audio(),
  ) {}

  async toggle() {
    if (this.playing) this.pause();
    else await this.play();
  }

  async play() {
    if (this.opening) return;
    if (heard !== this) heard?.pause();
    heard = this;
    this.error = null;
    if (this.#audio === null) await this.#open();
    // Meanwhile another may have begun, or the person may have left.
    if (this.#audio === null || heard !== this) return;
    try {
      await this.#audio.play();
    } catch (thrown) {
      if ((thrown as DOMException).name === "NotSupportedError") this.#cannot();
    }
  }

  pause() {
    this.#audio?.pause();
  }

  seek(seconds: number) {
    this.at = seconds;
    if (this.#audio) this.#audio.currentTime = seconds;
  }

  /** Lets go of the recording. */
  end() {
    this.#ended = true;
    if (heard === this) heard = null;
    this.#letGo();
  }

  async #open() {
    this.opening = true;
    try {
      const bytes = bytesOf(await core.attachmentOriginal(this.id));
      if (!this.#ended) this.#prepare(bytes);
    } catch (thrown) {
      this.error = asUiError(thrown);
    } finally {
      this.opening = false;
    }
  }

  #prepare(bytes: Uint8Array<ArrayBuffer>) {
    const type = mediaOf(bytes);
    const audio = this.makeAudio();
    if (type !== "" && audio.canPlayType(type) === "") {
      this.unplayable = true;
      return;
    }
    this.#address = URL.createObjectURL(new Blob([bytes], { type: type.split(";")[0]! }));
    audio.onplay = () => (this.playing = true);
    audio.onpause = () => (this.playing = false);
    audio.ontimeupdate = () => (this.at = audio.currentTime);
    audio.onended = () => {
      this.playing = false;
      this.at = 0;
    };
    audio.onerror = () => this.#cannot();
    audio.src = this.#address;
    if (this.at > 0) audio.currentTime = this.at;
    this.#audio = audio;
  }

  #cannot() {
    this.unplayable = true;
    this.#letGo();
  }

  #letGo() {
    const audio = this.#audio;
    this.#audio = null;
    this.playing = false;
    if (audio) {
      // Without its source the element would still speak up, of an error.
      audio.onerror = null;
      audio.pause();
      audio.removeAttribute("src");
    }
    if (this.#address !== null) URL.revokeObjectURL(this.#address);
    this.#address = null;
  }
}
