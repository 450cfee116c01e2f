const together = 500;

class Announcer {
  text = $state("");
  #last = -together;

  /** Says `text` politely to screen readers. What comes at the same moment is said together. */
  say(text: string) {
    const now = performance.now();
    const joins = now - this.#last < together && this.text !== "";
    this.#last = now;
    if (joins) this.text = `${this.text}. ${text}`;
    else this.text = this.text === text ? `${text}\u00a0` : text;
  }
}

export const announcer = new Announcer();
export const announce = (text: string) => announcer.say(text);
