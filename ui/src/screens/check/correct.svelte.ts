import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { navigation } from "$app/navigation.svelte";
import type { AnswerChoice, ResultView, RunView, StatementItem, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { SvelteMap } from "svelte/reactivity";

/** What a statement's field holds: a place on the scale, passed over, or nothing yet. */
export type Field = number | "skipped" | "open";

const field = (answer: AnswerChoice): Field => (answer.kind === "value" ? answer.value : "skipped");

/** A finished check put right: what is changed waits here until it is kept, all of it at once. */
export class Correction {
  run = $state.raw<RunView | null>(null);
  result = $state.raw<ResultView | null>(null);
  failure = $state.raw<UiError | null>(null);
  problem = $state<string | null>(null);
  busy = $state(false);
  /** The wall clock of the place where it was taken. */
  local = $state("");
  readonly #before = new SvelteMap<string, Field>();
  readonly #changed = new SvelteMap<string, Field>();

  constructor(private readonly id: string) {}

  async load() {
    this.failure = null;
    try {
      const [run, result] = await Promise.all([core.meterRun(this.id), core.meterResult(this.id)]);
      for (const { item, answer } of run.answers) this.#before.set(item, field(answer));
      this.local = result.takenAt.slice(0, 16);
      this.result = result;
      this.run = run;
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }

  chosen = ({ id }: StatementItem): Field => this.#changed.get(id) ?? this.#before.get(id) ?? "open";

  choose({ id }: StatementItem, to: Field) {
    this.problem = null;
    if (to === (this.#before.get(id) ?? "open")) this.#changed.delete(id);
    else this.#changed.set(id, to);
  }

  get differs() {
    return this.#changed.size > 0 || this.local !== this.result?.takenAt.slice(0, 16);
  }

  /** When it was taken, as it stands here: the result's own offset behind the clock that was chosen. */
  get takenAt() {
    return `${this.local}:00${this.result?.takenAt.slice(19) ?? ""}`;
  }

  async keep() {
    const { run } = this;
    if (this.busy || !run) return;
    const empty = run.items.every((item) => typeof this.chosen(item) !== "number");
    this.problem = !this.differs ? m.correct_none() : empty ? m.correct_empty() : null;
    if (this.problem) return;
    this.busy = true;
    this.failure = null;
    try {
      const answers = [...this.#changed].flatMap(([item, to]) => {
        if (to === "open") return [];
        const answer: AnswerChoice = to === "skipped" ? { kind: "skipped" } : { kind: "value", value: to };
        return [{ item, answer }];
      });
      await core.meterCorrect(this.id, answers, this.local);
      navigation.replace({ screen: "check", result: this.id });
      announce(m.correct_done());
    } catch (thrown) {
      this.failure = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}
