import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import { session } from "$app/state.svelte";
import type { TrendView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { untrack } from "svelte";
import { dimensionsOf, linesOf } from "./lines";
import { saySpan } from "./say";
import { isWhole, moved, newest, whole, within, zoomed, type Span } from "./span";

/** A hand that rests for so long has chosen. */
const rest = 180;

/** Results along time: which dimension, and which stretch of it. To be made while a component starts. */
export class Trend {
  view = $state.raw<TrendView | null>(null);
  failure = $state.raw<UiError | null>(null);
  span = $state.raw<Span | null>(null);
  #wanted = $state<string | null>(null);
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly all: Span | null = $derived.by(() => {
    const { first = null, last = null } = this.view ?? {};
    return first === null || last === null ? null : whole(first, last);
  });
  readonly dimensions = $derived(this.view ? dimensionsOf(this.view) : []);
  readonly dimension = $derived(
    this.dimensions.find(({ id }) => id === this.#wanted)?.id ?? this.dimensions[0]?.id ?? null,
  );
  readonly lines = $derived(this.view && this.dimension !== null ? linesOf(this.view, this.dimension) : []);

  constructor() {
    $effect(() => {
      void session.language;
      untrack(() => void this.load());
    });
    $effect(() => () => clearTimeout(this.#timer));
  }

  load = async () => {
    const asked = ++this.#asked;
    const { span, all } = this;
    const part = span && all && !isWhole(span, all) ? span : null;
    try {
      const view = await core.meterTrend(part && Math.floor(part.from), part && Math.ceil(part.to));
      if (asked !== this.#asked) return;
      this.view = view;
      this.failure = null;
      if (this.all) this.span = this.span ? within(this.span, this.all) : this.all;
    } catch (thrown) {
      if (asked === this.#asked) this.failure = asUiError(thrown);
    }
  };

  look(dimension: string) {
    this.#wanted = dimension;
  }

  show(days: number | null) {
    if (this.all) this.#go(days === null ? this.all : newest(days, this.all));
  }

  zoom(factor: number, around?: number) {
    const { span, all } = this;
    if (span && all) this.#go(zoomed(span, factor, around ?? (span.from + span.to) / 2, all));
  }

  move(share: number) {
    if (this.span && this.all) this.#go(moved(this.span, share, this.all));
  }

  /** What is on the screen moves at once; the core is asked for it in full when the hand rests. */
  #go(span: Span) {
    this.span = span;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      announce(saySpan(span));
      void this.load();
    }, rest);
  }
}
