// Starts the real app in a real window, and does in it what a person does: by WebDriver.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join, resolve } from "node:path";
import { Builder, Capabilities, Key } from "selenium-webdriver";
import { appOn, familyOf, kill } from "./process.mjs";
import { texts } from "./texts.mjs";

export const BINARY = resolve(process.env.REGIE_BINARY ?? "target/debug/regie");
const PATIENCE = 15_000;
const OUT = resolve("out");
const seek = readFileSync(new URL("in-page.js", import.meta.url), "utf8");

/** What the app and its driver may know of this machine. */
export function environmentOf(profile, language, log = "warn") {
  return {
    ...process.env,
    ...profile.environment,
    LANG: language === "nl" ? "nl_NL.UTF-8" : "en_GB.UTF-8",
    LANGUAGE: "",
    LC_ALL: "",
    RUST_LOG: log,
  };
}

const STARTING = 20_000;
/** The driver does not take every session under load; what it printed is told, and another one is tried. */
const ATTEMPTS = 3;

/**
 * Starts the app on a profile. `language` is what the system says: "nl" or "en". `onstart` gets it before it is up,
 * so that it is ended even when it never comes up.
 */
export async function startApp(profile, options = {}) {
  const told = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const app = await tryToStart(profile, options);
    if (app.driver) return app;
    told.push(`attempt ${attempt}: ${app.printed()}`);
    console.error(`the driver took no session, ${told.at(-1)}`);
    await app.end();
  }
  throw new Error(`the app did not start; ${told.join("; ")}`);
}

async function tryToStart(profile, { language = "en", width = 1180, height = 820, log, onstart, binary = BINARY }) {
  const [port, nativePort] = [await freePort(), await freePort()];
  const driverProcess = spawn("tauri-driver", ["--port", `${port}`, "--native-port", `${nativePort}`], {
    env: environmentOf(profile, language, log),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const app = new App(driverProcess, profile, texts(language));
  onstart?.(app);
  await portOpens(port);
  const capabilities = new Capabilities();
  capabilities.set("tauri:options", { application: binary, args: ["--profile", profile.folder] });
  capabilities.setBrowserName("wry");
  const session = new Builder()
    .withCapabilities(capabilities)
    .usingServer(`http://127.0.0.1:${port}/`)
    .build();
  // A driver that hangs up took none either.
  app.driver = await within(
    STARTING,
    session.then(undefined, () => null),
  );
  if (!app.driver) return app;
  await app.attach();
  if (width !== null) await app.resize(width, height);
  return app;
}

export class App {
  #output = [];

  constructor(driverProcess, profile, say) {
    Object.assign(this, { driverProcess, profile, say, driver: null });
    for (const stream of [driverProcess.stdout, driverProcess.stderr])
      stream.on("data", (data) => this.#output.push(data));
  }

  /** What the app and its driver printed so far. */
  printed() {
    return Buffer.concat(this.#output);
  }

  get pid() {
    return appOn(this.profile.folder);
  }

  /** Takes up the window that shows this page: locking replaces the main one, a question has its own. */
  async attach(page = "index.html") {
    await this.waitFor(async () => {
      for (const handle of await this.driver.getAllWindowHandles()) {
        try {
          await this.driver.switchTo().window(handle);
          const [state, path, text] = await this.run(
            "return [document.readyState, location.pathname, document.body?.innerText]",
          );
          if (state === "complete" && (path === "/" ? "index.html" : path.slice(1)) === page && text)
            return true;
        } catch {
          // A window on its way out.
        }
      }
      return false;
    }, `the window with ${page}`);
  }

  async waitFor(condition, what, patience = PATIENCE) {
    const end = Date.now() + patience;
    let last;
    do {
      try {
        const value = await condition();
        if (value) return value;
      } catch (error) {
        last = error;
      }
      await pause(40);
    } while (Date.now() < end);
    throw new Error(`waited in vain for ${what}${last ? ` (${last.name}: ${last.message})` : ""}`);
  }

  run(script, ...input) {
    return this.driver.executeScript(script, ...input);
  }

  /** Calls a command as the page could; resolves with `{ ok }` or `{ error }`. */
  invoke(command, input = {}) {
    return this.driver.executeAsyncScript(
      `const [command, input, done] = arguments;
       window.__TAURI_INTERNALS__.invoke(command, input).then((ok) => done({ ok }), (error) => done({ error }));`,
      command,
      input,
    );
  }

  /** As `invoke`, for a call that must succeed. */
  async ask(command, input) {
    const { ok, error } = await this.invoke(command, input);
    if (error) throw new Error(`${command}: ${JSON.stringify(error)}`);
    return ok;
  }

  /** The page begins anew, as it does after a start. */
  async reload() {
    await this.run("location.reload()").catch(() => {});
    await this.attach();
  }

  // What a person does.

  find(role, name = null) {
    return this.waitFor(async () => (await this.all(role, name))[0], `${role} ${name}`);
  }

  all(role, name = null) {
    return this.run(seek, role, wanted(name));
  }

  /** The accessible names of everything visible with this role. */
  names(role) {
    return this.run(seek, role, null, "names");
  }

  async click(role, name) {
    const pressed = await this.waitFor(async () => {
      const [element] = await this.all(role, name);
      if (!element || !(await element.isEnabled())) return false;
      // A press goes to where the element is on the screen, which follows the scrolling by a frame or two.
      await this.driver.executeAsyncScript(
        `const [element, done] = arguments;
         const before = element.getBoundingClientRect().top;
         element.scrollIntoView({ block: "center" });
         if (element.getBoundingClientRect().top === before) done();
         else requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)));`,
        element,
      );
      try {
        await element.click();
      } catch (error) {
        if (/Intercepted|Stale|NotInteractable/.test(error.name)) throw error;
        // It was pressed, and the window went with it: a second press would hit whatever comes after.
        return { error };
      }
      return {};
    }, `${role} ${name} to press`);
    if (pressed.error) throw pressed.error;
  }

  /** Puts text in the field with this label, in place of what was there. */
  async fill(label, text) {
    const field = await this.find("field", label);
    await field.clear();
    await field.sendKeys(text);
  }

  /** Types where the focus is. */
  write(text) {
    return this.driver.actions().sendKeys(text).perform();
  }

  /** "Enter", "Control+b", "Control+Shift+8". */
  async press(...combinations) {
    for (const combination of combinations) {
      const keys = combination
        .split("+")
        .map((key) => Key[key.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase()] ?? key);
      const actions = this.driver.actions();
      for (const key of keys) actions.keyDown(key);
      for (const key of keys.reverse()) actions.keyUp(key);
      await actions.perform();
    }
  }

  /** Goes there with Tab alone. */
  async tabTo(role, name, key = "Tab") {
    for (let step = 0; step < 60; step++) {
      if ((await this.run(seek, role, wanted(name), "focused")).length > 0) return;
      await this.press(key);
    }
    throw new Error(`Tab does not lead to ${role} ${name}`);
  }

  async text() {
    return (await this.run("return document.body.innerText")).replace(/\s+/g, " ");
  }

  /** Waits until the page says it. */
  sees(text, patience) {
    return this.waitFor(
      async () =>
        text instanceof RegExp ? text.test(await this.text()) : (await this.text()).includes(text),
      `the words ${text}`,
      patience,
    );
  }

  /** Waits for the screen with this main heading. */
  at(title) {
    return this.find("heading", title);
  }

  resize(width, height) {
    return this.driver.manage().window().setRect({ x: 0, y: 0, width, height });
  }

  /** A picture of the page once it has been painted. */
  async picture(path) {
    await this.driver.executeAsyncScript("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))");
    const file = join(OUT, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, await this.driver.takeScreenshot(), "base64");
  }

  /** Does what locks, and takes up the window that replaces this one. */
  async whileLocking(act) {
    const before = await this.driver.getWindowHandle();
    await lastAct(act);
    await this.waitFor(
      async () => !(await this.driver.getAllWindowHandles()).includes(before),
      "the old window to go",
    );
    await this.attach();
    // The window may have gone before the key came up, and the driver would hold it down in the next one.
    await this.driver.actions().clear();
  }

  /** Answers the question in the small window by `act`, and comes back to the page. */
  async answering(act) {
    await this.attach("ask.html");
    await lastAct(act);
    await this.waitFor(
      async () => (await this.driver.getAllWindowHandles()).length === 1,
      "the question to go",
    );
    await this.attach();
  }

  // Ends.

  /** As a power cut ends it. */
  async crash() {
    for (const { pid } of familyOf(this.pid)) kill(pid);
    await this.waitFor(() => this.pid === undefined, "the app to be gone");
    await this.end();
  }

  /** As closing the session ends it. */
  async quit() {
    const family = familyOf(this.driverProcess.pid);
    await within(
      4000,
      this.driver?.quit().catch(() => {}),
    );
    await this.end(family);
  }

  /** Ends whatever is left of it. */
  async end(family = familyOf(this.driverProcess.pid)) {
    for (const { pid } of family) kill(pid);
    if (this.driverProcess.exitCode === null && this.driverProcess.signalCode === null)
      await new Promise((resolve) => this.driverProcess.once("exit", resolve));
    // An orphan that still holds the other end must not keep the tests waiting.
    for (const stream of [this.driverProcess.stdout, this.driverProcess.stderr]) stream.destroy();
  }
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What the promise brings, or nothing when it takes too long. */
async function within(milliseconds, promise) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The window goes with this key or press, and the driver may answer with an error or not at all. */
function lastAct(act) {
  return within(
    5000,
    act().catch(() => {}),
  );
}

function wanted(name) {
  if (name === null) return null;
  return name instanceof RegExp ? { pattern: name.source, flags: name.flags } : { text: name };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function portOpens(port) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("connect", () => socket.end());
    });
    if (open) return;
    await pause(50);
  }
  throw new Error("tauri-driver did not start");
}
