// A made-up desktop on a message bus of its own: it shows notifications, goes to sleep, and has a tray.

import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { pause } from "./app.mjs";

const run = promisify(execFile);
const PYTHON = "/usr/bin/python3";

export class Desktop {
  #children = [];
  #shown = [];

  /** Starts the bus and what answers on it; whoever is started with `environment` sees no other desktop. */
  static async start() {
    const desktop = new Desktop();
    const daemon = desktop.#spawn("dbus-daemon", ["--session", "--nofork", "--print-address"]);
    desktop.address = await new Promise((resolve, reject) => {
      daemon.stdout.once("data", (data) => resolve(data.toString().trim()));
      daemon.once("exit", () => reject(new Error("dbus-daemon did not start")));
    });
    const notifications = desktop.#spawn(PYTHON, ["-um", "dbusmock", "--template", "notification_daemon"]);
    notifications.stdout.on("data", (data) => desktop.#shown.push(data.toString()));
    desktop.#spawn(PYTHON, ["-um", "dbusmock", "--template", "logind"]);
    const watcher = "org.kde.StatusNotifierWatcher";
    desktop.#spawn(PYTHON, ["-um", "dbusmock", "--session", watcher, "/StatusNotifierWatcher", watcher]);
    for (const name of ["org.freedesktop.Notifications", "org.freedesktop.login1", watcher])
      await desktop.#owned(name);
    const mock = (method, ...words) => desktop.#mock(watcher, "/StatusNotifierWatcher", method, ...words);
    await mock("AddMethod", watcher, "RegisterStatusNotifierItem", "s", "", "");
    await mock("AddProperty", watcher, "IsStatusNotifierHostRegistered", "<true>");
    return desktop;
  }

  get environment() {
    return { DBUS_SESSION_BUS_ADDRESS: this.address, DBUS_SYSTEM_BUS_ADDRESS: this.address };
  }

  /** What was shown as notifications, as the made-up desktop wrote it down. */
  get notifications() {
    return this.#shown
      .join("")
      .split("\n")
      .filter((line) => line.includes(" Notify "));
  }

  /** As logind tells it before the computer sleeps. */
  sleep() {
    const manager = "org.freedesktop.login1.Manager";
    const words = [manager, "PrepareForSleep", "b", "[<true>]"];
    return this.#mock("org.freedesktop.login1", "/org/freedesktop/login1", "EmitSignal", ...words);
  }

  end() {
    for (const child of this.#children.reverse()) child.kill("SIGKILL");
  }

  #spawn(command, words) {
    const child = spawn(command, words, {
      env: { ...process.env, ...(this.address ? this.environment : {}) },
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#children.push(child);
    return child;
  }

  #call(destination, path, method, ...words) {
    const call = ["call", "--address", this.address, "--dest", destination, "--object-path", path];
    return run("gdbus", [...call, "--method", method, ...words]);
  }

  #mock(destination, path, method, ...words) {
    return this.#call(destination, path, `org.freedesktop.DBus.Mock.${method}`, ...words);
  }

  async #owned(name) {
    const bus = "org.freedesktop.DBus";
    for (let attempt = 0; attempt < 150; attempt++) {
      const { stdout } = await this.#call(bus, "/org/freedesktop/DBus", `${bus}.NameHasOwner`, name);
      if (stdout.includes("true")) return;
      await pause(100);
    }
    throw new Error(`nobody answers to ${name}`);
  }
}
