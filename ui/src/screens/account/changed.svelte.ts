/** The shell says when the account was looked at anew, such as after another device changed something, or the server was lost or found. */
export function whenChanged(act: () => unknown) {
  $effect(() => {
    const changed = () => void act();
    addEventListener("regie:account", changed);
    return () => removeEventListener("regie:account", changed);
  });
}
