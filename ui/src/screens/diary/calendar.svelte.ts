import { core } from "$app/core";
import type { DayView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";
import { m } from "$lib/messages";
import { monthOf, nameOfDay, numberOf, todayHere, type Day } from "./days";

/** The calendar: a month with its marks, and what the chosen day holds. */
export class CalendarState {
  day = $state<Day>(todayHere());
  chosen = $state<Day | null>(null);
  marks = $state.raw<Record<Day, string>>({});
  view = $state.raw<DayView | null>(null);
  failure = $state.raw<UiError | null>(null);

  #month = "";

  async move(day: Day) {
    this.day = day;
    if (monthOf(day) === this.#month) return;
    await this.refresh();
  }

  async refresh() {
    const month = monthOf(this.day);
    this.#month = month;
    await this.#try(async () => {
      const days = await core.diaryDays(numberOf(month));
      if (month !== this.#month) return;
      this.marks = Object.fromEntries(
        days.map(({ day, entries, results }) => [nameOfDay(day), sayMark(entries, results)]),
      );
    });
    if (this.chosen) await this.choose(this.chosen);
  }

  async choose(day: Day) {
    this.chosen = day;
    await this.#try(async () => {
      const view = await core.diaryDay(numberOf(day));
      if (this.chosen === day) this.view = view;
    });
  }

  async #try(work: () => Promise<void>) {
    try {
      await work();
      this.failure = null;
    } catch (thrown) {
      this.failure = asUiError(thrown);
    }
  }
}

function sayMark(entries: number, results: number): string {
  const said = [];
  if (entries > 0) said.push(m.diary_entries({ count: entries }));
  if (results > 0) said.push(m.diary_checks({ count: results }));
  return said.join(", ");
}
