// A test that tells a story in the real window, on a profile of its own.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { startApp } from "./app.mjs";

export const PASSPHRASE = "kaars muur zwemt lachend";
const TIMEOUT = 120_000;

// A program that a broken story left behind must not keep the whole run waiting.
after(() => setTimeout(() => process.exit(), 5_000).unref());

/** A profile with a home of its own, so that everything the app leaves behind can be found. */
async function makeProfile() {
  const root = await mkdtemp(join(tmpdir(), "regie-window-"));
  for (const folder of ["home", "tmp", "run"]) await mkdir(join(root, folder), { mode: 0o700 });
  return {
    root,
    folder: join(root, "profile"),
    environment: {
      HOME: join(root, "home"),
      TMPDIR: join(root, "tmp"),
      XDG_RUNTIME_DIR: join(root, "run"),
      XDG_DATA_HOME: join(root, "home/.local/share"),
      XDG_CACHE_HOME: join(root, "home/.cache"),
      XDG_CONFIG_HOME: join(root, "home/.config"),
    },
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}

/** `tell` gets the profile and `start`, which takes another profile as `on`; whatever it starts is ended with it. A failure leaves a picture in out/window. */
export function story(name, tell, timeout = TIMEOUT) {
  test(name, { timeout }, async (context) => {
    const profile = await makeProfile();
    const apps = [];
    const start = ({ on = profile, ...options } = {}) =>
      startApp(on, { ...options, onstart: (app) => apps.push(app) });
    context.after(async () => {
      for (const app of apps) await app.end();
      await profile.remove();
    });
    try {
      await tell({ profile, start, context });
    } catch (error) {
      for (const [number, app] of apps.entries()) {
        const file = `window/${name.replace(/[^a-z0-9]+/gi, "-").slice(0, 80)}${number === 0 ? "" : `-${number + 1}`}.png`;
        await app.picture(file).catch(() => {});
        const shown = await app.text().catch(() => "nothing");
        if (error instanceof Error) error.message += `\nThe window showed: ${shown}`;
      }
      throw error;
    }
  });
}

/** Makes a vault in the core, for stories that begin later. Returns the groups of the recovery code. */
export async function makeVault(app, { consent = true, rehearsed = true } = {}) {
  await app.ask("create_vault", { passphrase: PASSPHRASE, consents: consent ? ["keep_on_device"] : [] });
  const { groups, rehearse } = await app.ask("recovery_code");
  if (rehearsed)
    await app.ask("rehearse_recovery", {
      answers: rehearse.map((position) => ({ position, group: groups[position] })),
    });
  await app.ask("finish_first_run");
  await app.reload();
  await app.find("button", app.say("nav_diary"));
  return groups;
}

export async function unlock(app, passphrase = PASSPHRASE) {
  await app.fill(app.say("lock_passphrase"), passphrase);
  await app.press("Enter");
  await app.find("button", app.say("nav_diary"));
}
