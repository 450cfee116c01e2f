// The processes of an app, read from /proc.

import { readFileSync, readdirSync, readlinkSync } from "node:fs";

function everyProcess() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        return [
          { pid: Number(name), parent, words: readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0") },
        ];
      } catch {
        return [];
      }
    });
}

/** The app that runs on this profile's folder, if any. */
export function appOn(folder) {
  return everyProcess().find(({ words }) => /\/regie(-leaky)?$/.test(words[0]) && words.includes(folder))?.pid;
}

/** The process and all below it. */
export function familyOf(pid) {
  const all = everyProcess();
  const family = [];
  const visit = (each) => {
    family.push(each);
    all.filter(({ parent }) => parent === each.pid).forEach(visit);
  };
  all.filter((each) => each.pid === pid).forEach(visit);
  return family;
}

/** The web processes of the app: each holds the pages of a window. */
export function webProcesses(pid) {
  return familyOf(pid)
    .filter(({ words }) => words[0].endsWith("WebKitWebProcess"))
    .map((each) => each.pid);
}

/** Regular files that a process holds open. */
export function openFiles(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      try {
        const path = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
        const { 1: octal } =
          /flags:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, "utf8")) ?? [];
        return path.startsWith("/") ? [{ path, writable: (Number.parseInt(octal ?? "0", 8) & 3) !== 0 }] : [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

export function kill(pid, signal = "SIGKILL") {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}
