import { flushSync } from "svelte";
import { core } from "$app/core";
import { afterPainting } from "$app/drawn";
import { locking } from "$app/lock.svelte";
import { navigation, type Place } from "$app/navigation.svelte";
import { session } from "$app/state.svelte";

/** Pressed anywhere, it hides. */
export const hideKey = "F9";
const patience = 3_000;

/** Where the person was: a place, and how far it was scrolled. No words. */
type Spot = { place: Place; page: number; list: number };

const list = () => document.querySelector("[data-scroller]");

/** A neutral screen at once; behind it what was typed is kept, the vault locks, and the window is replaced. */
class Hiding {
  covered = $state(false);

  /** What this window shows, or what it was opened with. */
  get on() {
    return this.covered || session.view?.hidden === true;
  }

  onkeydown = (event: KeyboardEvent) => {
    if (event.key !== hideKey || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    void this.hide();
  };

  async hide() {
    if (this.on || !session.unlocked) return;
    // The first run goes on by itself; its end is not where the person was.
    const far = session.stage?.kind === "open";
    const scrolled = far
      ? { page: Math.round(scrollY), list: Math.round(list()?.scrollTop ?? 0) }
      : { page: 0, list: 0 };
    // A new entry gets its name when it is kept, just before the lock.
    const spot = (): Spot => ({ place: navigation.place, ...scrolled });
    // On the screen before anything that takes time.
    flushSync(() => (this.covered = true));
    await locking.hide(() => JSON.stringify(spot()));
  }

  /** The person wants to go on: the lock screen, or what could not be kept. */
  async leave() {
    if (locking.doubtful) return;
    if (this.covered && session.unlocked) {
      await locking.hide(null);
      return;
    }
    this.covered = false;
    await core.leaveHiding();
    if (session.view) session.view = { ...session.view, hidden: false };
  }

  /** Back to where the person was, once, after unlocking. */
  async goBack() {
    const told = await core.takeSpot();
    if (told === null) return;
    const spot = JSON.parse(told) as Spot;
    navigation.go(spot.place);
    const until = performance.now() + patience;
    const settle = () => {
      const scroller = list();
      scrollTo(0, spot.page);
      if (scroller) scroller.scrollTop = spot.list;
      const there = Math.abs(scrollY - spot.page) < 2 && Math.abs((scroller?.scrollTop ?? 0) - spot.list) < 2;
      if (!there && performance.now() < until) afterPainting(settle);
    };
    afterPainting(settle);
  }
}

export const hiding = new Hiding();
