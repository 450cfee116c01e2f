// The system's own dialogs, driven by keys.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pause } from "./app.mjs";

export const SAVE = "Save File";
export const OPEN = "Open File";

export const xdotool = (...words) => promisify(execFile)("xdotool", words);

/** Number of windows of the system's dialogs with this title. */
export const dialogs = (title) =>
  xdotool("search", "--onlyvisible", "--name", title).then(
    ({ stdout }) => stdout.trim().split("\n").length,
    () => 0,
  );

/** Types a path into a dialog, and again: it takes keys only when it is ready, and nothing tells when that is. */
export async function typeInto(app, title, path, done) {
  await app.waitFor(() => dialogs(title), `the dialog ${title}`);
  await app.waitFor(
    async () => {
      if (await dialogs(title)) {
        await xdotool("search", "--onlyvisible", "--name", title, "windowfocus");
        if (title.startsWith("Open")) await xdotool("key", "ctrl+l");
        await xdotool("key", "ctrl+a");
        await xdotool("type", "--delay", "15", path);
        await xdotool("key", "Return");
        await pause(1000);
      }
      return done();
    },
    `the dialog ${title} to take ${path}`,
    40_000,
  );
}
