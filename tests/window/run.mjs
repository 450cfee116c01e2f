// Runs the window tests side by side on displays of their own. Names of files narrow them down:
// node tests/window/run.mjs diary lock

import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.mjs"))
  .filter((name) => wanted.length === 0 || wanted.some((each) => name.startsWith(each)))
  .map((name) => folder + name)
  .sort((one, other) => statSync(other).size - statSync(one).size);

/** A window waits more than it works: two share two cores. On one display they would take the focus from each other. */
const LANES = 2;
const lanes = Array.from({ length: Math.min(LANES, files.length) }, () => []);
// The longest first, there and back, so that the lanes end at about the same time.
files.forEach((file, place) => {
  const round = place % (2 * lanes.length);
  lanes[Math.min(round, 2 * lanes.length - 1 - round)].push(file);
});

const running = lanes.map((files, lane) => {
  const reports = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
  if (process.env.REGIE_JUNIT)
    reports.push("--test-reporter=junit", `--test-reporter-destination=${process.env.REGIE_JUNIT}-${lane}.xml`);
  // Each looks from a number of its own: two that look at once would take the same.
  const display = ["-n", `${110 + 20 * lane}`, "-a", "-s", "-screen 0 1280x900x24 -nolisten tcp"];
  const tests = [process.execPath, "--test", "--test-concurrency=1", ...reports, ...files];
  return spawn("xvfb-run", [...display, ...tests], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: "inherit",
  });
});
for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => running.forEach((run) => run.kill(signal)));
for (const run of running)
  run.on("exit", (code) => {
    if (code !== 0) process.exitCode = 1;
  });
