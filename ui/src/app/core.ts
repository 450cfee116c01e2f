import { commands } from "$lib/bindings";
import { asUiError } from "$lib/errors";

type Command = (...input: never[]) => Promise<unknown>;

let returnToLock = () => {};

export function whenLocked(act: () => void) {
  returnToLock = act;
}

function guarded<C extends Command>(command: C): C {
  const call = async (...input: Parameters<C>) => {
    try {
      return await command(...input);
    } catch (thrown) {
      const error = asUiError(thrown);
      if (error.code === "locked") returnToLock();
      throw error;
    }
  };
  return call as C;
}

/** The commands; each rejects with a `UiError`, and "locked" brings the lock screen back. */
export const core = Object.fromEntries(
  Object.entries(commands).map(([name, command]) => [name, guarded(command as Command)]),
) as unknown as typeof commands;
