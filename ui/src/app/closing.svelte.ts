import { core } from "$app/core";
import { flushAll } from "$app/unsaved";

/** The shell asks before it closes the window, and waits a moment; what is under the pen goes first. */
export function watchClosing(): () => void {
  const closing = () =>
    void flushAll()
      .catch(() => {})
      .then(() => core.closeWindow())
      .catch(() => {});
  addEventListener("regie:closing", closing);
  return () => removeEventListener("regie:closing", closing);
}
