import { announce } from "$app/announce.svelte";
import { m } from "$lib/messages";
import { sayWait } from "$lib/wait";

/** The wait after wrong attempts: shown by the second, spoken at its start and its end. */
export class Countdown {
  left = $state(0);
  #until = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  start(seconds: number) {
    this.stop();
    if (seconds <= 0) return;
    this.#until = performance.now() + seconds * 1000;
    this.left = seconds;
    announce(m.error_wait({ wait: sayWait(seconds) }));
    this.#timer = setInterval(() => this.#tick(), 250);
  }

  #tick() {
    this.left = Math.max(0, Math.ceil((this.#until - performance.now()) / 1000));
    if (this.left > 0) return;
    this.stop();
    announce(m.lock_wait_over());
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.left = 0;
  }
}
