/** From a quiet room to the loudest that people come to, in decibels below full. */
const [softest, loudest] = [-60, -12];
/** Softer than any microphone that is on. */
const nothing = 1e-10;

/** How loud it is in front of a microphone. Nothing is played or kept. */
export class LevelMeter {
  #context: AudioContext | null = null;
  #analyser: AnalyserNode | null = null;
  #samples = new Float32Array(0);

  constructor(stream: MediaStream) {
    try {
      this.#context = new AudioContext();
      this.#analyser = this.#context.createAnalyser();
      // A third of a second: no word falls between two looks.
      this.#analyser.fftSize = 16_384;
      this.#samples = new Float32Array(this.#analyser.fftSize);
      this.#context.createMediaStreamSource(stream).connect(this.#analyser);
    } catch {
      // Recording goes on without.
      this.end();
    }
  }

  /** From 0 to 1; 0 for nothing at all, and null where it cannot be told. */
  level(): number | null {
    // Where no sound comes out, no graph runs.
    if (this.#analyser === null || this.#context?.state !== "running" || this.#context.currentTime === 0)
      return null;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const square = this.#samples.reduce((sum, sample) => sum + sample * sample, 0) / this.#samples.length;
    if (square < nothing) return 0;
    const decibels = 10 * Math.log10(square);
    return Math.min(1, Math.max(0.01, (decibels - softest) / (loudest - softest)));
  }

  end() {
    void this.#context?.close().catch(() => {});
    this.#context = null;
    this.#analyser = null;
  }
}
