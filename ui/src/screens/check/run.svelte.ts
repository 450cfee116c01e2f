import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { navigation } from "$app/navigation.svelte";
import type { AnswerChoice, RunView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { SvelteMap } from "svelte/reactivity";

/** Long enough to see what was chosen, short enough not to wait for it. */
const glance = 180;

const stillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** One check while it is answered. An answer counts once the core has it, and only then the next statement comes. */
export class Run {
  view = $state.raw<RunView | null>(null);
  position = $state(0);
  failure = $state.raw<UiError | null>(null);
  /** Chosen, and on its way to the vault. */
  pending = $state.raw<AnswerChoice | null>(null);
  readonly #answers = new SvelteMap<string, AnswerChoice>();

  constructor(private readonly id: string) {}

  get of() {
    return this.view?.items.length ?? 0;
  }

  get item() {
    return this.view?.items[this.position];
  }

  get chosen(): AnswerChoice | undefined {
    return this.pending ?? (this.item && this.#answers.get(this.item.id));
  }

  async load() {
    this.failure = null;
    try {
      const view = await core.meterRun(this.id);
      for (const { item, answer } of view.answers) this.#answers.set(item, answer);
      this.position = Math.max(0, Math.min(view.position, view.items.length - 1));
      this.view = view;
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }

  choose = (value: number) => {
    if (this.item?.options.some((option) => option.value === value))
      void this.#answer({ kind: "value", value });
  };

  skip = () => void this.#answer({ kind: "skipped" });

  back = () => {
    if (this.position === 0 || this.pending) return;
    this.failure = null;
    this.position -= 1;
    this.#sayWhere();
  };

  /** Forward again, past statements that have their answer already. */
  forward = () => {
    if (this.pending || this.chosen === undefined || this.position >= this.of - 1) return;
    this.position += 1;
    this.#sayWhere();
  };

  pause = () => {
    announce(m.check_paused());
    navigation.replace({ screen: "check" });
  };

  async #answer(answer: AnswerChoice) {
    const { item } = this;
    if (!item || this.pending) return;
    this.failure = null;
    this.pending = answer;
    const last = this.position === this.of - 1;
    try {
      const next = last ? this.position : this.position + 1;
      const seen = new Promise((done) => setTimeout(done, stillness() ? 0 : glance));
      await core.meterAnswer(this.id, item.id, answer, next);
      this.#answers.set(item.id, answer);
      await seen;
      if (last) await this.#finish();
      else this.position = next;
    } catch (thrown) {
      this.failure = asUiError(thrown);
    } finally {
      this.pending = null;
    }
    if (!last && !this.failure) this.#sayWhere();
  }

  async #finish() {
    const { id } = await core.meterFinish(this.id);
    navigation.replace({ screen: "check", result: id });
  }

  #sayWhere() {
    announce(m.check_step({ number: this.position + 1, of: this.of }));
  }
}
