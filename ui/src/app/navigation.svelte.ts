/** Below the account's own page. */
export type AccountPage =
  | "devices"
  | "log"
  | "requests"
  | "leave"
  | "join"
  | "catchUp"
  | "logIn"
  | "terms"
  | "newTerms"
  | "factor"
  | "details"
  | "copy"
  | "recipients";

export type Place =
  | { screen: "today" }
  | { screen: "check"; run?: string; result?: string; correct?: string; page?: string; chosen?: number }
  | { screen: "trend" }
  | { screen: "workedOut" }
  | { screen: "diary"; entry?: string; fresh?: boolean; prompt?: string }
  | { screen: "largest" }
  | { screen: "myData" }
  | { screen: "settings"; at?: "instruments" }
  | { screen: "recovery" }
  | { screen: "backup"; restore?: boolean }
  | { screen: "keys"; page?: "check" }
  | { screen: "deleteData" }
  | { screen: "deleteEverything" }
  | { screen: "help" }
  | { screen: "statement"; version?: number }
  | { screen: "statementChanges"; since?: number }
  | { screen: "choices" }
  | { screen: "onHold" }
  | { screen: "employer" }
  | { screen: "people" }
  | { screen: "account"; page?: AccountPage }
  | { screen: "guide"; page?: string }
  | { screen: "export" }
  | { screen: "import" };

export type Section = "today" | "check" | "diary";

const remembered = 20;

/** Where the person is. Lives in memory only: no address, no history that outlasts the lock. */
class Navigation {
  place = $state.raw<Place>({ screen: "today" });
  /** Hides the bottom bar on phones, for screens that ask for one thing only. */
  immersive = $state(false);
  /** The screen is as high as the window, and something in it scrolls. */
  fills = $state(false);
  #behind = $state.raw<Place[]>([]);

  get canGoBack() {
    return this.#behind.length > 0;
  }

  go(place: Place) {
    this.#behind = [...this.#behind, this.place].slice(-remembered);
    this.place = place;
  }

  /** For a place that takes the other's stead: going back skips the one that is left. */
  replace(place: Place) {
    this.place = place;
  }

  back(otherwise: Place = { screen: "today" }) {
    this.place = this.#behind.at(-1) ?? otherwise;
    this.#behind = this.#behind.slice(0, -1);
  }

  reset() {
    this.place = { screen: "today" };
    this.#behind = [];
    this.immersive = false;
  }
}

export const navigation = new Navigation();
