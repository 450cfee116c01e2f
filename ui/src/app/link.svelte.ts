import { core } from "$app/core";
import { navigation } from "$app/navigation.svelte";
import type { HandedLink } from "$lib/bindings";

// Few ever need it: it does not come with the first screen.
const loadJoining = async () => (await import("$screens/account/join.svelte")).joining();

/** A link that the system handed over. It is asked about first: whoever writes does not lose their place by it. */
class Links {
  handed = $state.raw<HandedLink | null>(null);
  /** A joining that was begun goes on; the link is not for it. */
  underWay = $state(false);

  /** Looks for one, now and whenever the shell says so; returns how to stop. */
  watch(): () => void {
    const look = () => void this.#look();
    addEventListener("regie:link", look);
    look();
    return () => removeEventListener("regie:link", look);
  }

  async #look() {
    const handed = await core.takeLink().catch(() => null);
    if (!handed) return;
    this.underWay = handed.kind === "invitation" && (await loadJoining()).begun;
    this.handed = handed;
  }

  /** Fills in the screen of joining, on which everything is looked at and confirmed. */
  async fillIn() {
    const { handed } = this;
    this.handed = null;
    if (handed?.kind !== "invitation" || this.underWay) return;
    (await loadJoining()).fillIn(handed.link);
    navigation.go({ screen: "account", page: "join" });
  }

  putAway = () => {
    this.handed = null;
  };
}

export const links = new Links();
