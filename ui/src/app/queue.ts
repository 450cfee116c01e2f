/** Work done one after another, so that each change starts from what the one before left. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  add(work: () => Promise<void>): Promise<void> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }
}
