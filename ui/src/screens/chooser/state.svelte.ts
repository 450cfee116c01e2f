import { core } from "$app/core";
import { session } from "$app/state.svelte";
import type { PeopleView, StartView, UiError } from "$lib/bindings";
import { asUiError } from "$lib/errors";

/** Who shares this computer: choosing, adding, leaving. */
export class People {
  view = $state.raw<PeopleView | null>(session.view?.people ?? null);
  error = $state.raw<UiError | null>(null);
  /** What the error is about, so that it is shown beside it. */
  doing = $state<"list" | "add" | "rename">("list");
  busy = $state(false);

  shared = $derived((this.view?.people.length ?? 0) > 1);
  me = $derived(this.view?.people.find(({ id }) => id === this.view?.chosen) ?? null);

  load() {
    return this.#attempt("list", async () => {
      this.view = await core.people();
    });
  }

  choose(id: string) {
    return this.#go(() => core.choosePerson(id));
  }

  leave() {
    return this.#go(() => core.leavePerson());
  }

  remove() {
    return this.#go(() => core.removePerson());
  }

  /** Whether it worked. */
  add(ownName: string | null, otherName: string) {
    return this.#attempt("add", async () => {
      this.view = await core.addPerson(ownName, otherName);
    });
  }

  rename(name: string) {
    return this.#attempt("rename", async () => {
      this.view = await core.renamePerson(name);
    });
  }

  #go(work: () => Promise<StartView>) {
    return this.#attempt("list", async () => session.show(await work()));
  }

  async #attempt(doing: People["doing"], work: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.doing = doing;
    this.busy = true;
    this.error = null;
    try {
      await work();
      return true;
    } catch (thrown) {
      this.error = asUiError(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
